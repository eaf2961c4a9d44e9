import type { Binding } from '../bindings.js';
import { SimulatorError } from '../errors.js';

type ChangeStatus = 'Accepted' | 'Rejected' | 'NotSupported';

/** The configuration keys of a 1.6 station, as a view of its settings. */
export class Configuration {
  readonly #bindings: ReadonlyMap<string, Binding>;
  /** Keys of the scenario that steer nothing in the simulator: kept as they are. */
  readonly #other = new Map<string, string>();

  /** `delivered`: values the station leaves the factory with, read-only keys included. */
  constructor(bindings: readonly Binding[], delivered: Readonly<Record<string, string>> = {}) {
    this.#bindings = new Map(bindings.flatMap((each) => (each.key === undefined ? [] : [[each.key, each]])));
    for (const [key, value] of Object.entries(delivered)) {
      const binding = this.#bindings.get(key);
      if (!binding) this.#other.set(key, value);
      else if (!binding.write(value)) throw new SimulatorError(`key ${key} does not take "${value}"`);
    }
  }

  /** GetConfiguration's answer; no keys asked for means all. */
  read(keys: readonly string[] | undefined): object {
    const own = [...this.#bindings].filter(([, binding]) => binding.mutability !== 'WriteOnly');
    const known = [
      ...own.map(([key, each]) => ({ key, readonly: each.mutability === 'ReadOnly', value: each.read() })),
      ...[...this.#other].map(([key, value]) => ({ key, readonly: false, value })),
    ];
    if (!keys || keys.length === 0) return { configurationKey: known };
    const unknownKey = keys.filter((key) => !known.some((entry) => entry.key === key));
    return {
      configurationKey: known.filter((entry) => keys.includes(entry.key)),
      ...(unknownKey.length > 0 ? { unknownKey } : {}),
    };
  }

  /** ChangeConfiguration's status. */
  change(key: string, value: string): ChangeStatus {
    const binding = this.#bindings.get(key);
    if (binding) return binding.mutability !== 'ReadOnly' && binding.write(value) ? 'Accepted' : 'Rejected';
    if (!this.#other.has(key)) return 'NotSupported';
    this.#other.set(key, value);
    return 'Accepted';
  }
}
