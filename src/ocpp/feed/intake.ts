/**
 * Takes what a CSMS hands over: checked item by item, put in order, each once, journalled and in the state before the CSMS
 * is told so. One body after the other, so that frames count in the order they came.
 */
import type { Runtime } from '../../depot/index.js';
import { BridgeError, catalogue, type ErrorCode } from '../../errors/index.js';
import type { Heard } from '../station/index.js';
import { NO_JSON } from './body.js';
import type { Unmarked } from './earlier.js';
import type { FedStation } from './fed-station.js';
import { flawOfItem, type Item, inOrder, isEvent, type Placed } from './items.js';
import { type Gap, Sequences } from './sequence.js';
import { keysOf, type Taken } from './taken.js';

/** What became of one item. */
export interface Verdict {
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly id?: string;
  readonly seq?: number;
  /** Where it stands in the journal. */
  readonly journalId?: string;
  /** Why it was rejected; or what is wrong with an accepted one, which is on record all the same. */
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly fix?: string;
}

export interface IntakeFacts {
  readonly runtime: Runtime;
  readonly fed: ReadonlyMap<string, FedStation>;
  readonly taken: Taken;
  readonly unmarked: Unmarked;
  readonly maxFrameBytes: number;
  /** Somebody that nobody configured. */
  readonly stranger: (item: Item, remoteAddress: string) => void;
}

/** What was counted since the start. */
export interface IntakeCounts {
  accepted: number;
  duplicate: number;
  rejected: number;
}

/** Bodies that wait for the one that is being taken. */
const MOST_WAITING = 16;
/** Items that are journalled in one turn. */
const CHUNK = 500;
/** A CSMS whose clock is ahead by more is told of in the log. */
const AHEAD_MS = 60_000;
/** Of what is rejected so much is kept for the record. */
const MOST_REJECTED_KEPT = 20;
const LONGEST_KEPT = 255;
/** An earlier time comes from a clock that was never set. */
const FIRST_PLAUSIBLE_MS = Date.UTC(2020, 0);

interface Processed extends Placed {
  readonly fed: FedStation;
  readonly keys: readonly string[];
  readonly heard: Heard;
}

export class Intake {
  readonly counts: IntakeCounts = { accepted: 0, duplicate: 0, rejected: 0 };
  readonly #facts: IntakeFacts;
  readonly #sequences: Sequences;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** How late the newest item was. */
  lagMs: number | undefined;

  constructor(facts: IntakeFacts) {
    this.#facts = facts;
    this.#sequences = new Sequences(facts.taken.seqs);
  }

  get gaps(): readonly Gap[] {
    return this.#sequences.gaps;
  }

  /**
   * Takes a body. @returns what became of each item, in its order
   * @throws BridgeError FEED_BUSY, FEED_NOT_STORED: then it has to come again
   */
  async take(items: readonly unknown[], remoteAddress: string): Promise<Verdict[]> {
    if (this.#waiting >= MOST_WAITING)
      throw new BridgeError('FEED_BUSY', `${this.#waiting} bodies wait to be taken`);
    this.#waiting += 1;
    const mine = this.#turn.then(() => this.#take(items, remoteAddress));
    this.#turn = mine.catch(() => undefined);
    return mine.finally(() => {
      this.#waiting -= 1;
    });
  }

  async #take(items: readonly unknown[], remoteAddress: string): Promise<Verdict[]> {
    const { runtime, taken } = this.#facts;
    if (runtime.depot.journal.gap()) throw notStored();
    const verdicts: Verdict[] = [];
    const good: Placed[] = [];
    for (const [index, value] of items.entries()) {
      const refusal = this.#refusal(value, remoteAddress);
      if (refusal) verdicts[index] = refusal;
      else good.push({ index, item: value as Item });
    }
    const seqs = new Map(taken.seqs);
    const gapsBefore = this.#sequences.gaps;
    this.#count(good);
    const ordered = inOrder(good);
    try {
      for (let from = 0; from < ordered.length; from += CHUNK)
        await this.#takeChunk(ordered.slice(from, from + CHUNK), verdicts);
    } catch (error) {
      taken.seqs.clear();
      for (const [source, seq] of seqs) taken.seqs.set(source, seq);
      throw error;
    }
    this.#tellGaps(gapsBefore);
    this.#tellRejected(items, verdicts, remoteAddress);
    for (const { status } of verdicts) this.counts[status] += 1;
    return verdicts;
  }

  /** Journals and applies some items in one turn, and waits until they are stored. */
  async #takeChunk(items: readonly Placed[], verdicts: Verdict[]): Promise<void> {
    const { taken, runtime } = this.#facts;
    const nowMs = runtime.now().getTime();
    const done: Processed[] = [];
    const keys: string[] = [];
    const known = new Set<string>();
    for (const placed of items) {
      const { item, index } = placed;
      const saidMs = instantIn(item);
      const itsKeys = keysOf(item, saidMs);
      if (itsKeys.some((key) => known.has(key) || taken.has(key))) {
        verdicts[index] = { status: 'duplicate', ...namesOf(item) };
        continue;
      }
      const fed = this.#facts.fed.get(item.station);
      if (!fed) continue;
      const heard = this.#hear(fed, item, Math.min(saidMs ?? nowMs, nowMs));
      for (const key of itsKeys) known.add(key);
      keys.push(...itsKeys);
      done.push({ ...placed, fed, keys: itsKeys, heard });
      verdicts[index] = { status: 'accepted', ...namesOf(item), ...recordOf(heard) };
      if (saidMs !== undefined) this.#look(nowMs - saidMs);
    }
    if (done.length > 0) await this.#stored(done, keys);
  }

  #hear(fed: FedStation, item: Item, atMs: number): Heard {
    if (isEvent(item)) return fed.event(item, atMs);
    const before = this.#facts.unmarked.take(item.station, item.from, item.frame);
    return fed.frame(item, atMs, before);
  }

  /** @throws BridgeError FEED_NOT_STORED: all of them have to come again */
  async #stored(done: readonly Processed[], keys: readonly string[]): Promise<void> {
    const { taken, runtime } = this.#facts;
    const { newest } = runtime.depot.journal;
    try {
      const kept = await Promise.all([
        ...done.map(({ heard }) => heard.begun?.stored ?? false),
        ...done.map(({ heard }) => heard.stored?.then(() => true) ?? true),
      ]);
      if (kept.every((isKept) => isKept)) return await taken.mark(keys, newest);
    } catch (err) {
      runtime.log.warn({ err }, catalogue.FEED_NOT_STORED.title);
    }
    taken.forget(keys);
    await this.#undo(done);
    throw notStored();
  }

  /** All of it comes again: calls are open again, and what is on record all the same is not written twice. */
  async #undo(done: readonly Processed[]): Promise<void> {
    for (const { fed, item, heard } of [...done].reverse()) {
      if (isEvent(item)) continue;
      fed.undo(item, heard);
      const { begun } = heard;
      if (begun && (await begun.stored)) this.#facts.unmarked.add(item.station, item.from, begun.entry);
    }
  }

  #refusal(value: unknown, remoteAddress: string): Verdict | undefined {
    if (value === NO_JSON) return rejected('FEED_BAD_ITEM', 'the line is no JSON');
    const flaw = flawOfItem(value);
    if (flaw) return { ...rejected('FEED_BAD_ITEM', flaw), ...namesOf(value as Partial<Item> | null) };
    const item = value as Item;
    const { maxFrameBytes, runtime, fed, stranger } = this.#facts;
    const named = namesOf(item);
    if (!isEvent(item) && Buffer.byteLength(item.frame) > maxFrameBytes)
      return { ...rejected('FEED_TOO_LARGE', `the frame has more than ${maxFrameBytes} bytes`), ...named };
    if (fed.has(item.station)) return undefined;
    const isKnown = [...runtime.identity.stations.values()].some(
      ({ ocpp }) => ocpp.identity === item.station,
    );
    if (isKnown) return { ...rejected('FEED_NOT_FED', `${item.station} is attached otherwise`), ...named };
    stranger(item, remoteAddress);
    return { ...rejected('OCPP_UNKNOWN_STATION', `${item.station} is not configured`), ...named };
  }

  #count(items: readonly Placed[]): void {
    const at = this.#facts.runtime.now().toISOString();
    for (const { item } of items)
      if (item.seq !== undefined) this.#sequences.take(item.source ?? '', item.seq, at);
  }

  #tellGaps(before: readonly Gap[]): void {
    const { runtime } = this.#facts;
    for (const gap of this.#sequences.gaps) {
      if (before.includes(gap)) continue;
      const { source, from, to } = gap;
      runtime.log.warn({ code: 'FEED_GAP', source, from, to }, catalogue.FEED_GAP.title);
      this.#note('FeedGap', gap, 'FEED_GAP');
    }
  }

  /** What was rejected is on record, too: as much of it as tells what it was. */
  #tellRejected(items: readonly unknown[], verdicts: readonly Verdict[], remoteAddress: string): void {
    const bad = verdicts.flatMap(({ status, code, message }, index) =>
      status === 'rejected' ? [{ index, code, message }] : [],
    );
    if (bad.length === 0) return;
    const [first] = bad;
    const shown = bad
      .slice(0, MOST_REJECTED_KEPT)
      .map((each) => ({ ...each, item: outlineOf(items[each.index]) }));
    this.#note('FeedRejected', { remoteAddress, count: bad.length, items: shown }, first?.code);
    this.#facts.runtime.log.warn(
      { code: first?.code, remoteAddress, count: bad.length, first: first?.message },
      'items of the feed were rejected',
    );
  }

  #note(action: string, value: object, error: ErrorCode | undefined): void {
    const { depot } = this.#facts.runtime;
    void depot.journal.appendOrGap({
      ...{ depotId: depot.id, link: 'feed', protocol: 'bridge', direction: 'internal', action },
      ...{ raw: JSON.stringify(value), causes: [], error },
    });
  }

  #look(lagMs: number): void {
    if (lagMs < -AHEAD_MS && (this.lagMs ?? 0) >= -AHEAD_MS)
      this.#facts.runtime.log.warn(
        { aheadSeconds: Math.round(-lagMs / 1000) },
        'the clock of the CSMS is ahead: what it hands over counts as received now',
      );
    this.lagMs = lagMs;
  }
}

function rejected(code: ErrorCode, message: string): Verdict {
  return { status: 'rejected', code, message, fix: catalogue[code].fix };
}

function namesOf(item: Partial<Item> | null): Pick<Verdict, 'id' | 'seq'> {
  const { id, seq } = item ?? {};
  return {
    ...(typeof id === 'string' ? { id: id.slice(0, 200) } : {}),
    ...(typeof seq === 'number' ? { seq } : {}),
  };
}

function recordOf({ begun }: Heard): Partial<Verdict> {
  if (!begun) return {};
  const { id, error } = begun.entry;
  if (error !== 'OCPP_BAD_FRAME') return { journalId: id };
  const { title, fix } = catalogue[error];
  return { journalId: id, code: error, message: title, fix };
}

/** When the CSMS saw it; a clock that was never set says nothing. */
function instantIn({ at }: Item): number | undefined {
  const ms = at === undefined ? Number.NaN : Date.parse(at);
  return ms >= FIRST_PLAUSIBLE_MS ? ms : undefined;
}

const KEPT = ['station', 'from', 'event', 'at', 'protocol', 'id', 'seq', 'source'];

/** What tells which item it was. Its frame is not kept: who knows what is in it. */
function outlineOf(item: unknown): object {
  if (typeof item !== 'object' || item === null) return { kind: item === NO_JSON ? 'no JSON' : typeof item };
  const members = Object.keys(item)
    .slice(0, 20)
    .map((name) => name.slice(0, 50));
  const told = KEPT.flatMap((name) => {
    const value = Object.hasOwn(item, name) ? (item as Record<string, unknown>)[name] : undefined;
    return typeof value === 'string' || typeof value === 'number'
      ? [[name, String(value).slice(0, LONGEST_KEPT)]]
      : [];
  });
  return { ...Object.fromEntries(told), members };
}

function notStored(): BridgeError {
  return new BridgeError('FEED_NOT_STORED', 'the body was not stored: send it again');
}
