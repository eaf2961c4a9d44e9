/** The tables in force, and how new ones take their place: all at once, or not at all. */
import type { Runtime } from '../depot/index.js';
import { BridgeError } from '../errors/index.js';
import {
  countOf,
  formatDiagnostic,
  type LoadedGeneration,
  type LoadOptions,
  loadGeneration,
  type Need,
  type RowCounts,
} from '../mapping/index.js';
import { tableFolders } from './folders.js';
import { type ShadowReport, shadowReplay } from './shadow.js';

/** What a reload came to. */
export interface Reloaded {
  readonly generation: string;
  readonly previous: string;
  readonly changed: boolean;
  /** What the new tables make otherwise of the last payloads; absent if nothing changed. */
  readonly shadow?: ShadowReport;
}

type TablesOptions = Pick<LoadOptions, 'examples' | 'needs'>;

export class Tables {
  /** Where the tables are read from. */
  readonly folders: readonly string[];
  #current: LoadedGeneration;
  /** What rows decided in earlier generations, less what shadow replays added to this one. */
  readonly #counted = new Map<string, number>();
  #reloading: Promise<unknown> = Promise.resolve();

  readonly #needs: readonly Need[] | undefined;

  private constructor(folders: readonly string[], current: LoadedGeneration, needs: TablesOptions['needs']) {
    this.folders = folders;
    this.#current = current;
    this.#needs = needs;
  }

  /**
   * @param options `examples: false` leaves out what only `check` and a start need: it takes most of the time;
   *   `needs`: what the set must have, here and at each reload
   * @throws BridgeError MAP_REFUSED with every diagnostic, if the tables do not pass
   */
  static load(mappings: readonly string[], options: TablesOptions = {}): Tables {
    const folders = tableFolders(mappings);
    return new Tables(folders, read(folders, options), options.needs);
  }

  get current(): LoadedGeneration {
    return this.#current;
  }

  /** How often each row decided since the start, over all generations. */
  rowCounts(): RowCounts {
    return summed(this.#counted, this.#current.rowCounts());
  }

  /**
   * Reads everything again, checks it, replays the last payloads through both, journals the change and swaps one
   * reference. A message keeps the generation it began with. One reload at a time.
   *
   * @throws BridgeError MAP_REFUSED; the tables in force stay
   */
  reload(runtime: Runtime): Promise<Reloaded> {
    const reloading = this.#reloading.then(() => this.#reload(runtime));
    this.#reloading = reloading.catch(() => undefined);
    return reloading;
  }

  #count(counts: RowCounts, sign: 1 | -1): void {
    for (const [rule, count] of counts)
      this.#counted.set(rule, (this.#counted.get(rule) ?? 0) + sign * count);
  }

  async #reload(runtime: Runtime): Promise<Reloaded> {
    const { metrics } = runtime;
    const previous = this.#current;
    let next: LoadedGeneration;
    try {
      next = read(this.folders, this.#needs === undefined ? {} : { needs: this.#needs });
    } catch (error) {
      metrics.tableReloads.inc({ outcome: 'refused' });
      throw error;
    }
    const ids = { generation: next.id, previous: previous.id };
    if (next.id === previous.id) {
      metrics.tableReloads.inc({ outcome: 'unchanged' });
      return { ...ids, changed: false };
    }
    const live = previous.rowCounts();
    const shadow = await shadowReplay(previous, next, runtime, runtime.config.tables.shadowReplay);
    await recordChange(runtime, ids, shadow);
    // What rows decided for the shadow replay is no traffic.
    this.#count(live, 1);
    this.#count(next.rowCounts(), -1);
    this.#current = next;
    metrics.tableReloads.inc({ outcome: 'changed' });
    tell(runtime, ids, shadow);
    return { ...ids, changed: true, shadow };
  }
}

async function recordChange(
  { depot }: Runtime,
  { generation, previous }: Pick<Reloaded, 'generation' | 'previous'>,
  shadow: ShadowReport,
): Promise<void> {
  await depot.journal.append({
    depotId: depot.id,
    link: 'bridge',
    protocol: 'bridge',
    direction: 'internal',
    action: 'TablesChanged',
    raw: JSON.stringify({ from: previous, to: generation, shadow }),
    causes: [],
    generation,
  });
}

function tell({ log }: Runtime, ids: object, { differences, skipped, ...counts }: ShadowReport): void {
  for (const each of skipped) log.warn(each, 'a payload could not be replayed through the new tables');
  for (const difference of differences) log.info(difference, 'the new tables make this otherwise');
  log.info({ ...ids, ...counts, skipped: skipped.length }, 'new tables are in force');
}

function summed(one: RowCounts, another: RowCounts): RowCounts {
  const sum = new Map(one);
  for (const [rule, count] of another) sum.set(rule, (sum.get(rule) ?? 0) + count);
  return sum;
}

function read(folders: readonly string[], options: TablesOptions): LoadedGeneration {
  const result = loadGeneration(folders, options);
  if ('generation' in result) return result.generation;
  const shown = result.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n');
  throw new BridgeError(
    'MAP_REFUSED',
    `${countOf(result.diagnostics.length, 'fault')} in the tables:\n${shown}`,
  );
}
