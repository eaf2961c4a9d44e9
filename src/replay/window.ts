/**
 * Pushes a window of a recording through tables and compares: with what was recorded then, or with what the present tables
 * make of it. The recording is streamed; what is kept is one state per side and the differences that fit.
 */
import type { Config } from '../config/index.js';
import { type StatePoint, stateOf } from '../depot/index.js';
import { compareJournalIds, type Instant, instantAt, type JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation } from '../mapping/index.js';
import { compareStates, compareSteps, type StatesCompared } from './compare.js';
import { type Difference, Differences } from './differences.js';
import { Identities } from './identities.js';
import { type Base, beginBefore, pushEntry } from './lead.js';
import { type Note, Notes } from './notes.js';
import { Readers, type ReadersCompared } from './readers.js';
import type { Recording } from './recording.js';
import { endsOf, placeOf, type When } from './seek.js';
import type { Side } from './side.js';
import { Tally, type WindowCounts } from './tally.js';
import { Roamers } from './views.js';

export interface ReplayOptions {
  readonly recording: Recording;
  readonly config: Config;
  /** The tables in force. */
  readonly present: Generation;
  /** Other tables, compared with the present ones; absent: the present ones are compared with what was recorded. */
  readonly other?: Generation;
  /** Left out: from the beginning, up to now. */
  readonly from?: When;
  readonly to?: When;
  /** Only differences of this station. */
  readonly station?: string;
  /** Differences that are kept; 10,000 if not given. */
  readonly most?: number;
}

export interface ReplayReport {
  readonly window: {
    readonly from: Instant;
    readonly to: Instant;
    readonly first?: JournalId;
    readonly last?: JournalId;
  };
  /** Where the state at the beginning of the window came from, and how many entries led there. */
  readonly base: Base & { readonly entries: number };
  /** What is compared with what: ids of tables, or `recorded`. */
  readonly sides: { readonly left: string; readonly right: string };
  readonly counts: WindowCounts;
  /** What could not be replayed, and why; what to know of what was. */
  readonly notes: readonly Note[];
  readonly compared: {
    /** Entries whose events were compared; with what was recorded there is nothing to compare them with. */
    readonly entries: number;
    readonly readers: readonly ReadersCompared[];
    /** Absent: the window ends before the journal does, and only the present state is on record. */
    readonly state?: StatesCompared;
  };
  readonly differences: readonly Difference[];
  /** How many more there are. */
  readonly more: number;
}

const MOST = 10_000;

/** @throws BridgeError CLI_TIME if the journal holds nothing of the window */
export async function replayWindow(options: ReplayOptions): Promise<ReplayReport> {
  return new Window(options).run();
}

class Window {
  readonly #options: ReplayOptions;
  readonly #identities: Identities;
  readonly #found: Differences;
  readonly #tally = new Tally();
  readonly #notes = new Notes();
  #leadEntries = 0;
  #comparedEntries = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#identities = new Identities(options.config, options.recording);
    this.#found = new Differences(options.most ?? MOST);
  }

  async run(): Promise<ReplayReport> {
    const { recording, config, present, other } = this.#options;
    // Where the bridge runs, the journal goes on: the window ends with the state that is known.
    const now = this.#options.to ? undefined : await recording.now();
    const bounds = await boundsOf(this.#options, now?.after);
    const begun = await beginBefore(recording, config, present, this.#identities, bounds.from);
    if (!begun) throw empty();
    const left = begun.side;
    await this.#lead(left, begun.after, bounds.from);
    const sides = other ? [left, left.fork(other)] : [left];
    const roamers = new Roamers(config, this.#identities.present, await recording.partners());
    const readers = new Readers({
      ...{ config, roamers, sides, found: this.#found, wanted: this.#isWanted },
      find: (id) => recording.find(id),
    });
    const ends = await this.#push(sides, readers, bounds);
    const place = {
      raw: ends.last?.id ?? bounds.from,
      at: instantAt(ends.last?.at ?? Date.parse(bounds.at.to)),
    };
    readers.end(place);
    const state = this.#compareStates(sides, now, place);
    this.#noteWhatIsMissing(begun.base, left);
    return {
      window: {
        ...bounds.at,
        ...(ends.first ? { first: ends.first.id } : {}),
        ...(ends.last ? { last: ends.last.id } : {}),
      },
      base: { ...begun.base, entries: this.#leadEntries },
      sides: { left: other ? present.id : 'recorded', right: (other ?? present).id },
      counts: this.#tally.counts,
      notes: this.#notes.list,
      compared: { entries: this.#comparedEntries, readers: readers.compared, ...(state ? { state } : {}) },
      differences: this.#found.list,
      more: this.#found.more,
    };
  }

  readonly #isWanted = (stationId: string): boolean => {
    const { station } = this.#options;
    return station === undefined || station === stationId;
  };

  /** What came before the window makes the state at its beginning, by the present tables for both sides. */
  async #lead(side: Side, after: JournalId | undefined, before: JournalId): Promise<void> {
    const { recording } = this.#options;
    const world = { recording, identities: this.#identities };
    // What was told changes no state.
    const bounds = { except: 'out', ...(after === undefined ? {} : { after }) } as const;
    for await (const entry of recording.entries(bounds)) {
      if (compareJournalIds(entry.id, before) >= 0) return;
      this.#leadEntries += 1;
      await pushEntry(entry, [side], world);
    }
  }

  async #push(
    sides: readonly Side[],
    readers: Readers,
    { from, to }: Bounds,
  ): Promise<{ first?: JournalEntry; last?: JournalEntry }> {
    const { recording, present } = this.#options;
    const world = { recording, identities: this.#identities };
    let first: JournalEntry | undefined;
    let last: JournalEntry | undefined;
    for await (const entry of recording.entries({ from })) {
      if (compareJournalIds(entry.id, to) > 0) break;
      first ??= entry;
      last = entry;
      this.#notes.look(entry, present.id);
      await readers.told(entry);
      const steps = await pushEntry(entry, sides, world);
      this.#tally.count(entry, steps[0]);
      if (steps.length === 0 || steps.every((step) => step === undefined)) continue;
      const place = { raw: entry.id, at: instantAt(entry.at) };
      const subject = steps[0] ?? steps[1];
      if (sides.length === 2 && this.#isOfStation(subject?.stationId)) {
        this.#comparedEntries += 1;
        compareSteps(steps[0], steps[1], entry.link, place, this.#found);
      }
      readers.changed(subject, place);
    }
    return { ...(first ? { first } : {}), ...(last ? { last } : {}) };
  }

  #isOfStation(stationId: string | undefined): boolean {
    return this.#options.station === undefined || (stationId !== undefined && this.#isWanted(stationId));
  }

  #compareStates(
    [left, right]: readonly Side[],
    now: StatePoint | undefined,
    place: { readonly raw: JournalId; readonly at: Instant },
  ): StatesCompared | undefined {
    if (!left) return undefined;
    const wanted = (subject: string) =>
      this.#isWanted(subject) || this.#isWanted(left.state.processes.get(subject)?.stationId ?? subject);
    if (right) return compareStates(left.state, right.state, place, this.#found, wanted);
    if (!now) return undefined;
    return compareStates(stateOf(now.state), left.state, place, this.#found, wanted);
  }

  #noteWhatIsMissing(base: Base, side: Side): void {
    if (base.kind === 'expired') this.#notes.add('expired', base.id);
    for (const version of this.#identities.unkept) this.#notes.add('identity', version);
    const { station } = this.#options;
    if (station !== undefined && !side.state.stations.has(station))
      this.#notes.add('unknown-station', station);
  }
}

interface Bounds {
  readonly from: JournalId;
  readonly to: JournalId;
  readonly at: { readonly from: Instant; readonly to: Instant };
}

async function boundsOf(
  { recording, from, to }: ReplayOptions,
  newest: JournalId | undefined,
): Promise<Bounds> {
  const ends = await endsOf(recording);
  if (!ends) throw empty();
  const fromId = from ? await placeOf(recording, from, 'first') : ends.first.id;
  const toId = to ? await placeOf(recording, to, 'last') : (newest ?? ends.last.id);
  if (fromId === undefined || toId === undefined || compareJournalIds(toId, fromId) < 0) {
    const range = `${instantAt(ends.first.at)} to ${instantAt(ends.last.at)}`;
    throw new BridgeError('CLI_TIME', `the journal holds nothing of this window; it reaches from ${range}`);
  }
  return {
    from: fromId,
    to: toId,
    at: {
      from: from && 'at' in from ? from.at : instantAt(ends.first.at),
      to: to && 'at' in to ? to.at : instantAt(ends.last.at),
    },
  };
}

function empty(): BridgeError {
  return new BridgeError('CLI_TIME', 'the journal is empty: there is nothing to replay');
}
