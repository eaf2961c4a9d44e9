/** Makes objects for partners: a view through the tables of a version, checked against that version's schema. */
import { fieldSources, type Runtime } from '../depot/index.js';
import type { JournalId, Source } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { FieldSource } from '../journal/index.js';
import type { Generation, IdentityResolver, Json, JsonObject, MapResult } from '../mapping/index.js';
import { validatorOf } from '../schemas/index.js';
import type { Lineage } from './recorder.js';
import { mappingName, type OcpiVersion } from './version.js';

/** An object ready to go out, and where it came from. */
export interface Made {
  readonly value: JsonObject;
  readonly lineage: Lineage;
}

export type ObjectName =
  | 'location'
  | 'evse'
  | 'session'
  | 'tariff'
  | 'cdr'
  | 'command-response'
  | 'command-result';

/** A view through the tables of a version, unchecked; null: the version cannot express it, and its tables say so. Pure. */
export function translated(
  generation: Generation,
  identity: IdentityResolver,
  version: OcpiVersion,
  name: ObjectName,
  view: object,
): MapResult | null {
  const mapping = generation.mapping(mappingName(version, name));
  return mapping.run({ [sourceAlias(name)]: view as Json }, { identity });
}

/** What tables call the view of an object. */
export function sourceAlias(name: ObjectName): string {
  return MAIN_SOURCE[name];
}

const MAIN_SOURCE: Readonly<Record<ObjectName, string>> = {
  location: 'lv',
  evse: 'ev',
  session: 'sv',
  tariff: 'tv',
  cdr: 'cv',
  'command-response': 'c',
  'command-result': 'c',
};

export class Maker {
  readonly #runtime: Pick<Runtime, 'tables' | 'identity' | 'log' | 'metrics'>;

  constructor(runtime: Pick<Runtime, 'tables' | 'identity' | 'log' | 'metrics'>) {
    this.#runtime = runtime;
  }

  /**
   * Null: the version cannot express this object, and its tables say so.
   * @throws BridgeError OCPI_OUTBOUND_INVALID; nothing of the object may be sent
   */
  make(
    version: OcpiVersion,
    name: ObjectName,
    view: object,
    sources: Readonly<Record<string, Source>> = {},
    causes: readonly JournalId[] = [],
  ): Made | null {
    const { identity, metrics } = this.#runtime;
    const result = translated(this.#runtime.tables(), identity, version, name, view);
    if (result === null) return null;
    if (!result.ok) {
      const mapping = mappingName(version, name);
      metrics.unmapped.inc({ mapping, code: result.error.code });
      throw this.#invalid(mapping, `${result.error.code}: ${result.error.message}`);
    }
    this.check(result.target, result.value, name);
    const { value, provenance } = result;
    return {
      value,
      get lineage() {
        const frames = Object.values(sources).map(({ raw }) => raw);
        const fields = fieldSources(value, provenance, sources, sourceAlias(name));
        return {
          causes: [...new Set([...causes, ...frames])],
          generation: provenance.generation,
          rules: provenance.rules(),
          fields,
        };
      },
    };
  }

  /**
   * The last look at what goes out.
   * @param schema `ocpi-2.2.1.EVSE.patch`
   * @throws BridgeError OCPI_OUTBOUND_INVALID
   */
  check(schema: string, value: unknown, action: string): void {
    const [issue] = validatorOf(schema)(value);
    if (!issue) return;
    this.#runtime.metrics.schemaViolations.inc({ protocol: 'ocpi', action });
    throw this.#invalid(schema, issue.message);
  }

  #invalid(mapping: string, reason: string): BridgeError {
    const error = new BridgeError(
      'OCPI_OUTBOUND_INVALID',
      `${mapping} made nothing that may be sent: ${reason}`,
    );
    this.#runtime.log.error(
      { code: error.code, mapping, reason },
      'an object for a partner could not be made',
    );
    return error;
  }
}

/** The lineage of a list: each object's fields under its place in `data`. */
export function listLineage(made: readonly Made[]): Lineage {
  const lineages = made.map(({ lineage }) => lineage);
  const fields = lineages.flatMap((lineage, index) => lineage.fields?.map(under(`data[${index}].`)) ?? []);
  const generation = lineages[0]?.generation;
  return {
    causes: [...new Set(lineages.flatMap(({ causes }) => causes))],
    rules: [...new Set(lineages.flatMap(({ rules }) => rules ?? []))],
    fields,
    ...(generation === undefined ? {} : { generation }),
  };
}

/** The lineage of an answer whose data is an object, or the part of one that is at `path` (`evses[0]`). */
export function answerLineage({ lineage }: Made, path = ''): Lineage {
  const start = path && `${path}.`;
  const fields = (lineage.fields ?? [])
    .filter((field) => field.path.startsWith(start))
    .map((field) => ({ ...field, path: field.path.slice(start.length) }))
    .map(under('data.'));
  return path === '' ? { ...lineage, fields } : { ...lineage, fields, causes: fields.map(({ raw }) => raw) };
}

function under(prefix: string): (field: FieldSource) => FieldSource {
  return (field) => ({ ...field, path: `${prefix}${field.path}` });
}
