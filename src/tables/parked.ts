/** Objects that no table could make whole: kept with the id of their raw payload, run again after a fix. */
import type { Logger } from 'pino';
import type { Runtime } from '../depot/index.js';
import type { DomainEvent, JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { MapFailure } from '../mapping/index.js';
import { depotKey, type Store } from '../store/index.js';
import { type ParkedPeer, ParkedShelf, type ParkedTally, rawOf } from './parked-shelf.js';
import { type Replayed, replayEntry } from './replay.js';

/** One raw payload and what of it could not be translated. */
export interface ParkedObject extends ParkedPeer {
  /** Journal id of the raw payload. */
  readonly raw: JournalId;
  readonly failures: readonly MapFailure[];
}

/**
 * What running a parked payload again came to. `applied`: what failed before is in the state now, and no longer parked.
 * `would-apply`: the same, in a dry run. `fails`: still not whole; it stays. `superseded`: a newer message of the same
 * kind replaced it, so it is no longer parked. `gone`: its payload has expired. `unsupported`: no table reads it on the way in.
 */
export type RerunOutcome = 'applied' | 'would-apply' | 'fails' | 'superseded' | 'gone' | 'unsupported';

export interface Rerun {
  readonly raw: JournalId;
  readonly outcome: RerunOutcome;
  readonly message?: string;
  /** What the payload becomes now, of what had failed. */
  readonly events: readonly { readonly type: string; readonly payload: unknown }[];
  readonly failures: readonly MapFailure[];
}

/** What to run again; all of it if nothing is said. */
export interface RerunOptions {
  readonly raw?: JournalId;
  readonly station?: string;
  readonly dryRun?: boolean;
}

/** What a rerun needs of the bridge. */
export type RerunWorld = Pick<Runtime, 'config' | 'depot' | 'identity' | 'tables'>;

export class Parked {
  readonly #shelf: ParkedShelf;
  readonly #log: Logger;

  private constructor(shelf: ParkedShelf, log: Logger) {
    this.#shelf = shelf;
    this.#log = log;
  }

  /** The parked objects of a depot. */
  static async open(store: Store, depotId: string, log: Logger): Promise<Parked> {
    const failed = (error: unknown, field: string) =>
      log.error(
        { err: error, field },
        'the list of parked objects could not be stored; payloads are in the journal',
      );
    return new Parked(await ParkedShelf.open(store, depotKey(depotId, 'parked'), failed), log);
  }

  /** How many failures are parked. */
  get size(): number {
    return this.#shelf.size;
  }

  /** What came since the bridge started, by peer, code and mapping. */
  tallies(): readonly ParkedTally[] {
    return this.#shelf.tallies();
  }

  /** Keeps a failure. Never fails itself: the raw payload is in the journal. */
  park(raw: JournalId, failure: MapFailure, peer: ParkedPeer = {}): void {
    const hasRoom = this.#shelf.add(raw, { ...failure, ...peer });
    const facts = { ...failure, ...peer, journalId: raw };
    // A peer that sends the same fault all the time is told of as long as there is room for it.
    if (hasRoom) this.#log.warn(facts, 'an object could not be translated and is parked');
    else this.#log.debug(facts, 'an object could not be translated and takes the place of an older one');
  }

  /** Parked payloads, of one station or of all, oldest first. */
  async list(wanted: Pick<ParkedPeer, 'station'> = {}): Promise<ParkedObject[]> {
    const byRaw = new Map<JournalId, ParkedObject>();
    for (const [field, { station, presystem, ...failure }] of await this.#shelf.all()) {
      if (wanted.station !== undefined && station !== wanted.station) continue;
      const raw = rawOf(field);
      byRaw.set(raw, {
        raw,
        ...(station === undefined ? {} : { station }),
        ...(presystem === undefined ? {} : { presystem }),
        failures: [...(byRaw.get(raw)?.failures ?? []), failure],
      });
    }
    return [...byRaw.values()];
  }

  /** @throws BridgeError MAP_NOT_PARKED */
  async find(raw: JournalId): Promise<ParkedObject> {
    const found = (await this.list()).find((parked) => parked.raw === raw);
    if (found) return found;
    throw new BridgeError('MAP_NOT_PARKED', `nothing of ${raw} is parked`, { journalId: raw });
  }

  /** Forgets a parked payload without running it. @throws BridgeError MAP_NOT_PARKED */
  async remove(raw: JournalId): Promise<void> {
    await this.find(raw);
    await this.#shelf.remove(raw);
  }

  /**
   * Runs parked payloads through the tables in force: one, those of a station, or all of them, oldest first. What is whole now is applied to
   * the state, journalled as `ParkedRerun`, and no longer parked.
   *
   * @throws BridgeError MAP_NOT_PARKED
   */
  async rerun(world: RerunWorld, options: RerunOptions = {}): Promise<Rerun[]> {
    const wanted = options.raw === undefined ? await this.list(options) : [await this.find(options.raw)];
    const results: Rerun[] = [];
    for (const parked of wanted) results.push(await this.#rerunOne(world, parked, options.dryRun ?? false));
    return results;
  }

  async #rerunOne(world: RerunWorld, { raw, failures }: ParkedObject, dryRun: boolean): Promise<Rerun> {
    const nothing = { raw, events: [], failures: [] };
    const entry = await readEntry(world, raw);
    if (!entry) return this.#done({ ...nothing, outcome: 'gone' }, dryRun);
    const generation = world.tables();
    const replayed = replayEntry(entry, generation, world);
    if (!replayed) return { ...nothing, outcome: 'unsupported', failures };
    const { message } = replayed;
    if (await isSuperseded(world, entry))
      return this.#done({ ...nothing, message, outcome: 'superseded' }, dryRun);
    const events = eventsOf(replayed, failures);
    const told = events.map(({ type, payload }) => ({ type, payload }));
    if (replayed.failures.length > 0)
      return { raw, message, outcome: 'fails', events: told, failures: replayed.failures };
    if (dryRun) return { raw, message, outcome: 'would-apply', events: told, failures: [] };
    const draft = {
      depotId: world.depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: 'ParkedRerun',
      raw: JSON.stringify({ raw, mappings: failures.map(({ mapping }) => mapping) }),
      causes: [raw],
      generation: generation.id,
      rules: [...new Set(events.map((event) => event.ruleOf('')))],
    } as const;
    await world.depot.record(draft, () => events);
    return this.#done({ raw, message, outcome: 'applied', events: told, failures: [] }, dryRun);
  }

  async #done(rerun: Rerun, dryRun: boolean): Promise<Rerun> {
    if (!dryRun) await this.#shelf.remove(rerun.raw);
    return rerun;
  }
}

/** What had failed and is whole now; the rest of the payload is in the state already. */
function eventsOf({ events }: Replayed, failures: readonly MapFailure[]): DomainEvent[] {
  const failed = new Set(failures.map(({ mapping }) => mapping));
  const part = events.filter((event) => failed.has(event.ruleOf('')));
  // Refused as a whole, before any mapping ran.
  return part.length > 0 ? part : [...events];
}

/** An old list of requests must not come back over a newer one. */
async function isSuperseded({ depot }: RerunWorld, entry: JournalEntry): Promise<boolean> {
  if (entry.protocol !== 'vdv463') return false;
  const { link, action, id } = entry;
  const newer = depot.journal.entries({ link, action, after: id, direction: 'in' });
  for await (const later of newer) if (!later.error) return true;
  return false;
}

async function readEntry({ depot }: RerunWorld, raw: JournalId): Promise<JournalEntry | undefined> {
  try {
    return await depot.journal.read(raw);
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'JOURNAL_NO_ENTRY') return undefined;
    throw error;
  }
}
