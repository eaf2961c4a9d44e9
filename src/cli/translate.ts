/** `depotbridge translate`: one payload through the tables, with the rules that fired and what was lost. */
import { readFileSync } from 'node:fs';
import { loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import { IdentityRegistry } from '../identity/index.js';
import type { Json, JsonObject, Mapping, MapResult, Selector } from '../mapping/index.js';
import { Tables } from '../tables/index.js';

export interface TranslateOptions {
  readonly config: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly station?: string;
}

/**
 * `name` is a mapping (`ocpp16.status`) or a message (`ocpp16.StatusNotification`: every mapping that reads it). The
 * payload is that of the first source; an object whose keys are all aliases of the mapping gives several sources.
 */
export async function translate(name: string, file: string, options: TranslateOptions): Promise<number> {
  const config = loadConfig(options.config);
  const generation = Tables.load(config.mappings).current;
  const payload = readPayload(file);
  const byMessage = generation.forMessage(name);
  const mappings = byMessage.length > 0 ? byMessage : [generation.mapping(name)];
  const identity = new IdentityRegistry(config);
  const select = selectorOf(options);
  let failed = false;
  for (const mapping of mappings) {
    const inputs = inputsOf(mapping, payload, options);
    const message = Object.values(mapping.from)[0] ?? '';
    const first = Object.keys(mapping.from)[0] ?? '';
    const { payload: repaired, repairs } = generation.repair(message, inputs[first] as JsonObject, select);
    const results = mapping.runAll({ ...inputs, [first]: repaired }, { identity, select });
    print(mapping, results, repairs);
    failed ||= results.some((result) => !result.ok);
  }
  return failed ? 1 : 0;
}

function readPayload(file: string): JsonObject {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  try {
    return JSON.parse(text) as JsonObject;
  } catch (cause) {
    throw new BridgeError(
      'MAP_INPUT',
      `the payload is not JSON: ${(cause as Error).message}`,
      { file },
      { cause },
    );
  }
}

function inputsOf(mapping: Mapping, payload: JsonObject, options: TranslateOptions): Record<string, Json> {
  const aliases = Object.keys(mapping.from);
  const keys = Object.keys(payload);
  if (keys.length > 0 && keys.every((key) => aliases.includes(key))) return payload;
  const [first = ''] = aliases;
  const envelope = Object.entries(mapping.from).find(([, source]) => source === 'bridge.Envelope')?.[0];
  const now = new Date().toISOString();
  const protocol = mapping.name.startsWith('ocpp16') ? 'ocpp1.6' : 'ocpp2.0.1';
  return {
    [first]: payload,
    ...(envelope ? { [envelope]: { stationId: options.station ?? 'N1', receivedAt: now, protocol } } : {}),
  };
}

function selectorOf({ vendor, model, firmware, station }: TranslateOptions): Selector {
  return {
    ...(vendor ? { vendor } : {}),
    ...(model ? { model } : {}),
    ...(firmware ? { firmware } : {}),
    ...(station ? { station } : {}),
  };
}

function print(mapping: Mapping, results: readonly MapResult[], repairs: readonly string[]): void {
  const write = (line: string) => process.stdout.write(`${line}\n`);
  write(`${mapping.name} → ${mapping.target}`);
  for (const repair of repairs) write(`  repaired: ${repair}`);
  if (results.length === 0) write('  does not apply to this payload');
  for (const result of results) {
    if (!result.ok) {
      const { code, message, rule, path } = result.error;
      write(`  ${code} ${message}${rule ? ` (rule ${rule})` : ''}${path ? ` at ${path}` : ''}`);
      continue;
    }
    write(JSON.stringify(result.value, null, 2).replaceAll(/^/gm, '  '));
    write(`  rules: ${result.provenance.rules().join(', ')}`);
    for (const note of result.notes ?? []) write(`  ${note.code} ${note.path}: ${note.detail}`);
  }
}
