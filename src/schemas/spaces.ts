import { readFileSync } from 'node:fs';
import { modelSchema } from '../domain/index.js';
import { receiving } from './ocpi/inbound.js';
import { annotations16, annotations21, annotations201 } from './ocpp/annotations.js';
import { zoneOptional } from './ocpp/inbound.js';
import { ocppSpace } from './ocpp/space.js';
import { bundleSpace, type JsonSchema, type SchemaSpace } from './schema-space.js';
import { withoutUri } from './vdv463/inbound.js';

/** Makes something on first use and keeps it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function generated(file: string): JsonSchema {
  return JSON.parse(
    readFileSync(new URL(`./data/generated/${file}.json`, import.meta.url), 'utf8'),
  ) as JsonSchema;
}

const vdv463 = (dialect: string) =>
  once((): SchemaSpace => ({ ...bundleSpace(generated(`vdv463-${dialect}`)), inbound: withoutUri }));

const ocpi = (version: string) =>
  once((): SchemaSpace => ({ ...bundleSpace(generated(`ocpi-${version}`)), inbound: receiving }));

/** Every space by its prefix; each is loaded when first asked for. */
export const spaces: Readonly<Record<string, () => SchemaSpace>> = {
  bridge: once(() => bundleSpace(modelSchema)),
  ocpp16: once(() => ({ ...ocppSpace('ocpp16', 'ocpp1_6', annotations16), inbound: zoneOptional })),
  ocpp201: once(() => ocppSpace('ocpp201', 'ocpp2_0_1', annotations201)),
  ocpp21: once(() => ocppSpace('ocpp21', 'ocpp2_1', annotations21)),
  'vdv463-1.0.0': vdv463('1.0.0'),
  'vdv463-1.1.0': vdv463('1.1.0'),
  'vdv463-draft-2025-05': vdv463('draft-2025-05'),
  'vdv463-2.0.0': vdv463('2.0.0'),
  'ocpi-2.1.1': ocpi('2.1.1'),
  'ocpi-2.2.1': ocpi('2.2.1'),
  'ocpi-2.3.0': ocpi('2.3.0'),
};

/** Splits `vdv463-1.1.0.DepotInfo` at the dot after the space's prefix (prefixes hold dots themselves). */
export function spaceOf(name: string): { space: SchemaSpace; definition: string } | undefined {
  for (const [prefix, space] of Object.entries(spaces))
    if (name.startsWith(`${prefix}.`)) return { space: space(), definition: name.slice(prefix.length + 1) };
  return undefined;
}
