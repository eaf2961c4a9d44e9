/** Makes objects for partners: a view through the tables of a version, checked against that version's schema. */
import type { Runtime } from '../depot/index.js';
import type { JournalId, Source } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { Json, JsonObject } from '../mapping/index.js';
import { validatorOf } from '../schemas/index.js';
import type { Lineage } from './recorder.js';
import { mappingName, type OcpiVersion } from './version.js';

/** An object ready to go out, and where it came from. */
export interface Made {
  readonly value: JsonObject;
  readonly lineage: Lineage & { readonly rules: readonly string[]; readonly generation: string };
}

export type ObjectName = 'location' | 'evse' | 'session' | 'command-response' | 'command-result';

const MAIN_SOURCE: Readonly<Record<ObjectName, string>> = {
  location: 'lv',
  evse: 'ev',
  session: 'sv',
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
  make(version: OcpiVersion, name: ObjectName, view: object, causes: readonly JournalId[]): Made | null {
    const { identity, metrics } = this.#runtime;
    const mapping = this.#runtime.tables().mapping(mappingName(version, name));
    const result = mapping.run({ [MAIN_SOURCE[name]]: view as Json }, { identity });
    if (result === null) return null;
    if (!result.ok) {
      metrics.unmapped.inc({ mapping: mapping.name, code: result.error.code });
      throw this.#invalid(mapping.name, `${result.error.code}: ${result.error.message}`);
    }
    this.check(result.target, result.value, name);
    const { generation } = result.provenance;
    return { value: result.value, lineage: { causes, generation, rules: result.provenance.rules() } };
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

/** The raw frames behind a view, each once. */
export function causesOf(sources: Readonly<Record<string, Source>>): JournalId[] {
  return [...new Set(Object.values(sources).map(({ raw }) => raw))];
}

/** The lineage of several objects in one body. */
export function merged(lineages: readonly Lineage[]): Lineage {
  const rules = [...new Set(lineages.flatMap((lineage) => lineage.rules ?? []))];
  const generation = lineages.find((lineage) => lineage.generation)?.generation;
  return {
    causes: [...new Set(lineages.flatMap(({ causes }) => causes))],
    ...(rules.length > 0 ? { rules } : {}),
    ...(generation === undefined ? {} : { generation }),
  };
}
