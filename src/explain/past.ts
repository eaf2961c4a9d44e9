/**
 * The depot as it was at some instant, and what led there: the state by reducing the journal, the values that an
 * explanation follows, what readers were told, what nobody understood.
 */
import type { Config } from '../config/index.js';
import { stateOf } from '../depot/index.js';
import { type DepotState, type Instant, instantAt, type JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Json, LoadedGeneration } from '../mapping/index.js';
import {
  type Base,
  beginBefore,
  endsOf,
  Identities,
  type Look,
  placeOf,
  pushEntry,
  type Recording,
  type Side,
  type Step,
  thingsIn,
  type When,
} from '../replay/index.js';
import { History } from './history.js';

/** What an explanation follows while the journal is read. */
export interface Watch {
  /** Parts of a state on which the values depend: while all are the same objects, no value is looked at. */
  parts(state: DepotState): readonly unknown[];
  values(look: Look, now: Instant): ReadonlyMap<string, Json>;
}

/** Something that was said and counts for nothing. */
export interface Misheard {
  readonly entry: JournalEntry;
  readonly stationId?: string;
  readonly presystemId?: string;
  readonly code: string;
  readonly message: string;
  /** The mapping that failed; absent: the frame was refused. */
  readonly mapping?: string;
  readonly count: number;
}

/** A plan, and the state that it was made of. */
export interface Planned {
  readonly entry: JournalEntry;
  readonly before: DepotState;
}

export interface Past {
  readonly at: Instant;
  /** The newest entry that is in it, and its time in milliseconds since 1970. */
  readonly last: JournalId;
  readonly lastAt: number;
  readonly look: Look;
  readonly base: Base;
  /** When the stretch begins that was read: changes from before are not known. */
  readonly since: Instant;
  readonly history: History;
  /** By process and by point. */
  readonly plans: ReadonlyMap<string, Planned>;
  /** What chargers said that they apply, by point. */
  readonly readBacks: ReadonlyMap<string, JournalEntry>;
  readonly misheard: readonly Misheard[];
  /** The newest telling of each thing to each reader, by `<reader> <thing>`; snapshots are the thing ``. */
  readonly tellings: ReadonlyMap<string, JournalEntry>;
  /** When the bridge was started last. */
  readonly started?: JournalEntry;
  /** Frames that were read by other tables when they came. */
  readonly otherTables: number;
  readonly unkeptIdentities: readonly string[];
}

export interface PastOptions {
  readonly recording: Recording;
  readonly config: Config;
  readonly generation: LoadedGeneration;
  /** Left out: now. */
  readonly at?: When;
  readonly watch: Watch;
}

/** Changes of the last half an hour before an instant are told exactly, at the least. */
const LOOK_BACK_MS = 30 * 60_000;

/** @throws BridgeError CLI_TIME if the journal is empty or begins later */
export async function pastAt(options: PastOptions): Promise<Past> {
  const { recording, config, generation, at } = options;
  const ends = await endsOf(recording);
  if (!ends) throw new BridgeError('CLI_TIME', 'the journal is empty: there is nothing to explain');
  const last = at === undefined ? ends.last.id : await placeOf(recording, at, 'last');
  const entry = last === undefined ? undefined : await nearest(recording, last);
  if (!entry) {
    const message = `the journal begins later, at ${instantAt(ends.first.at)}`;
    throw new BridgeError('CLI_TIME', message);
  }
  const now = at === undefined ? await recording.now() : undefined;
  const instant = now?.at ?? (at && 'at' in at ? at.at : instantAt(entry.at));
  const identities = new Identities(config, recording);
  const before = await beginning(recording, Date.parse(instant), entry.id);
  const begun = await beginBefore(recording, config, generation, identities, before);
  if (!begun) throw new BridgeError('CLI_TIME', 'the journal is empty: there is nothing to explain');
  const reading = new Reading(options, begun.side, identities);
  const after = begun.after === undefined ? {} : { after: begun.after };
  reading.begin(begun.base.at);
  for await (const each of recording.entries({ ...after, to: entry.id })) await reading.take(each);
  // As it is now, it is known better than any replay can tell.
  const state = now ? stateOf(now.state) : begun.side.state;
  const look = { state, generation, identity: begun.side.identity };
  return {
    ...{ at: instant, last: entry.id, lastAt: entry.at, look, base: begun.base, since: begun.base.at },
    ...reading.found,
    unkeptIdentities: identities.unkept,
  };
}

async function nearest(recording: Recording, id: JournalId): Promise<JournalEntry | undefined> {
  for await (const entry of recording.entries({ to: id, reverse: true, count: 1 })) return entry;
  return undefined;
}

/** The place before which a kept state is looked for. */
async function beginning(recording: Recording, ms: number, last: JournalId): Promise<JournalId> {
  const place = await placeOf(recording, { at: instantAt(ms - LOOK_BACK_MS) }, 'first');
  return place ?? last;
}

/** What is found while entries are read. */
class Reading {
  readonly #options: PastOptions;
  readonly #side: Side;
  readonly #identities: Identities;
  readonly #history = new History();
  readonly #plans = new Map<string, Planned>();
  readonly #readBacks = new Map<string, JournalEntry>();
  readonly #misheard = new Map<string, Misheard>();
  readonly #tellings = new Map<string, JournalEntry>();
  #started: JournalEntry | undefined;
  #otherTables = 0;
  #parts: readonly unknown[] = [];

  constructor(options: PastOptions, side: Side, identities: Identities) {
    this.#options = options;
    this.#side = side;
    this.#identities = identities;
  }

  begin(at: Instant): void {
    this.#observe(at);
  }

  async take(entry: JournalEntry): Promise<void> {
    const { recording, generation } = this.#options;
    const before = this.#side.state;
    const [step] = await pushEntry(entry, [this.#side], { recording, identities: this.#identities });
    if (entry.direction === 'in' && entry.generation !== undefined && entry.generation !== generation.id)
      this.#otherTables += 1;
    if (step) this.#mishear(entry, step);
    if (entry.direction === 'internal') this.#decided(entry, before);
    for (const { reader, id } of thingsIn(entry)) this.#tellings.set(`${reader} ${id}`, entry);
    this.#observe(instantAt(entry.at), entry.id);
  }

  get found(): Omit<Past, 'at' | 'last' | 'lastAt' | 'look' | 'base' | 'since' | 'unkeptIdentities'> {
    return {
      history: this.#history,
      plans: this.#plans,
      readBacks: this.#readBacks,
      misheard: [...this.#misheard.values()],
      tellings: this.#tellings,
      otherTables: this.#otherTables,
      ...(this.#started ? { started: this.#started } : {}),
    };
  }

  #observe(at: Instant, id?: JournalId): void {
    const { watch } = this.#options;
    const { state, generation, identity } = this.#side;
    const parts = watch.parts(state);
    if (parts.length === this.#parts.length && parts.every((part, i) => part === this.#parts[i])) return;
    this.#parts = parts;
    this.#history.observe(watch.values({ state, generation, identity }, at), at, id);
  }

  #decided(entry: JournalEntry, before: DepotState): void {
    if (entry.action === 'BridgeStarted') this.#started = entry;
    if (entry.action === 'LimitReadBack') {
      const { pointId = '' } = JSON.parse(entry.raw) as { pointId?: string };
      this.#readBacks.set(pointId, entry);
    }
    if (entry.action !== 'PlanMade') return;
    const { processes = [], points = [] } = JSON.parse(entry.raw) as {
      processes?: readonly { processId: string }[];
      points?: readonly { pointId: string }[];
    };
    for (const { processId } of processes) this.#plans.set(processId, { entry, before });
    for (const { pointId } of points) this.#plans.set(pointId, { entry, before });
  }

  #mishear(entry: JournalEntry, { failures, refused, stationId, presystemId }: Step): void {
    const subject = {
      ...(stationId === undefined ? {} : { stationId }),
      ...(presystemId === undefined ? {} : { presystemId }),
    };
    const found = [
      ...failures.map(({ code, message, mapping }) => ({ code: String(code), message, mapping })),
      ...(refused ? [refused] : []),
    ];
    for (const each of found) {
      const key = JSON.stringify([subject, each.code, 'mapping' in each ? each.mapping : entry.action]);
      const count = (this.#misheard.get(key)?.count ?? 0) + 1;
      this.#misheard.delete(key);
      this.#misheard.set(key, { entry, ...subject, ...each, count });
    }
  }
}
