/** The tables in force, and how new ones take their place: all at once, or not at all. */
import { fileURLToPath } from 'node:url';
import type { Runtime } from './depot/index.js';
import { BridgeError } from './errors/index.js';
import { formatDiagnostic, type LoadedGeneration, loadGeneration } from './mapping/index.js';

/** The folder of the tables that ship with the bridge. */
export const BUILTIN_TABLES = fileURLToPath(new URL('../mappings', import.meta.url));

/** Paths of table folders as configured; `builtin` stands for those that ship with the bridge. */
export function tableFolders(mappings: readonly string[]): string[] {
  return mappings.map((path) => (path === 'builtin' ? BUILTIN_TABLES : path));
}

export class Tables {
  readonly #folders: readonly string[];
  #current: LoadedGeneration;

  private constructor(folders: readonly string[], current: LoadedGeneration) {
    this.#folders = folders;
    this.#current = current;
  }

  /** @throws BridgeError MAP_REFUSED with every diagnostic, if the tables do not pass */
  static load(mappings: readonly string[]): Tables {
    const folders = tableFolders(mappings);
    return new Tables(folders, read(folders));
  }

  get current(): LoadedGeneration {
    return this.#current;
  }

  /**
   * Reads everything again, checks it, journals the change and swaps one reference. A message keeps the
   * generation it began with.
   *
   * @throws BridgeError MAP_REFUSED; the tables in force stay
   */
  async reload({ depot, log }: Runtime): Promise<{ generation: string; changed: boolean }> {
    const next = read(this.#folders);
    const changed = next.id !== this.#current.id;
    if (changed) {
      await depot.journal.append({
        depotId: depot.id,
        link: 'bridge',
        protocol: 'bridge',
        direction: 'internal',
        action: 'TablesChanged',
        raw: JSON.stringify({ from: this.#current.id, to: next.id }),
        causes: [],
        generation: next.id,
      });
      this.#current = next;
      log.info({ generation: next.id }, 'new tables are in force');
    }
    return { generation: next.id, changed };
  }
}

function read(folders: readonly string[]): LoadedGeneration {
  const result = loadGeneration(folders);
  if ('generation' in result) return result.generation;
  const shown = result.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n');
  throw new BridgeError('MAP_REFUSED', `${result.diagnostics.length} faults in the tables:\n${shown}`);
}
