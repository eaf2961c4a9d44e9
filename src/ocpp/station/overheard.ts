/**
 * What a station and its CSMS say to each other, as a listener takes it: journalled as it was on the wire, then, where it
 * tells something of the depot, through the tables into the state. A listener answers nothing and refuses nothing; what
 * it cannot read is parked.
 */
import type { DomainEvent, JournalId } from '../../domain/index.js';
import type { ErrorCode } from '../../errors/index.js';
import type { Beginning, JournalEntry } from '../../journal/index.js';
import { passwordsIn } from '../hidden.js';
import { flawOf } from '../inspect.js';
import { isCarriedOut, isOrder } from '../orders.js';
import { isAction } from '../protocol.js';
import type { FrameJournal } from './frames.js';
import { eventsOf, InboundRefusal, type ReadingContext, readCall } from './inbound.js';

/** Whose words a frame has. */
export type Speaker = 'station' | 'csms';

/** A CALL that waits for its answer. */
export interface OverheardCall {
  readonly by: Speaker;
  readonly action: string;
  readonly payload: unknown;
  readonly begun: Beginning | null;
  readonly passwords: readonly string[];
  /** Events that count once the answer has told the rest (the transaction id of 1.6). */
  readonly events?: readonly DomainEvent[];
}

export interface OverheardHost {
  /** The journal of what the CSMS says; what the station says goes to the context's. */
  readonly csmsFrames: FrameJournal;
  /** Events of a frame, before they are applied. */
  learn(events: readonly DomainEvent[]): void;
  /** A call was answered: `answer` is the payload, undefined for a CALLERROR. */
  answered(call: OverheardCall, answer: unknown): void;
  /** A frame of the station is no OCPP. */
  bad(by: Speaker, reason: string): void;
  /** Calls back when the patience with a CSMS is over, and gives how to forget it; absent: after a minute. */
  wait?(giveUp: () => void): () => void;
}

/** How a frame came, and what became of it, where that is not as usual. */
export interface Handed {
  /** Not text; what is no UTF-8 is told in base64. */
  readonly isBinary?: boolean;
  /** It did not reach the other side, which was gone. */
  readonly isLost?: boolean;
  /** When it was on the wire, milliseconds since 1970. */
  readonly at?: number;
  /** Its journal entry, if it has one already. */
  readonly begun?: Beginning;
}

/** What became of a frame. */
export interface Heard {
  /** Its journal entry; null: the store lost it. */
  readonly begun: Beginning | null;
  /** The state has what it tells; rejects STORE_UNAVAILABLE. Absent: it tells nothing. */
  readonly stored?: Promise<void> | undefined;
  /** The call that it answers. */
  readonly call?: OverheardCall | undefined;
}

const AT_ONCE: Handed = {};

/** What a frame says of itself, for the journal. */
interface Draft {
  readonly action: string;
  readonly messageId?: string;
  readonly raw: string;
  readonly error?: ErrorCode;
}

/** A frame taken apart, or why it is none. */
function partsOf(raw: string): readonly [kind: unknown, messageId: string, ...rest: unknown[]] | string {
  let frame: unknown;
  try {
    frame = JSON.parse(raw);
  } catch {
    return 'not JSON';
  }
  if (!Array.isArray(frame)) return 'not a list';
  return typeof frame[1] === 'string' ? (frame as [unknown, string, ...unknown[]]) : 'no message id';
}

/** The number that a 1.6 station writes of a transaction to which nobody gave one (errata 3.18). */
const NO_NUMBER = '-1';
/** A CSMS that has not answered the start of a transaction by then will hardly do so: the station charges all the same. */
const UNANSWERED_MS = 60_000;
/** So many calls of each side wait for their answers; an older one is taken for forgotten. */
const MOST_OPEN = 64;
const LONGEST_ACTION = 50;
/** Under this action the journal knows starts of transactions that a CSMS did not answer. */
export const UNANSWERED = 'StartUnanswered';

function later(giveUp: () => void): () => void {
  const timer = setTimeout(giveUp, UNANSWERED_MS);
  timer.unref();
  return () => clearTimeout(timer);
}

export class Overheard {
  readonly #context: ReadingContext;
  readonly #host: OverheardHost;
  readonly #open: Readonly<Record<Speaker, Map<string, OverheardCall>>> = {
    station: new Map(),
    csms: new Map(),
  };
  /** Starts of transactions that nobody has numbered, each with the end of the patience with the CSMS. */
  readonly #starts = new Map<OverheardCall, () => void>();

  constructor(context: ReadingContext, host: OverheardHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Takes a frame of OCPP-J. Never throws. */
  frame(by: Speaker, raw: string, how = AT_ONCE): Heard {
    try {
      return this.#frame(by, raw, how);
    } catch (err) {
      const { runtime, stationId } = this.#context;
      runtime.log.error({ err, stationId, by }, 'a frame could not be heard: this is a defect of the bridge');
      return { begun: null };
    }
  }

  /** Calls of a side that were heard and could not be passed on. */
  undelivered(by: Speaker, messageIds: readonly string[]): void {
    const calls = messageIds.flatMap((messageId) => this.#open[by].get(messageId) ?? []);
    const causes = calls.flatMap(({ begun }) => (begun ? [begun.entry.id] : []));
    const value = { by, messageIds: messageIds.slice(0, MOST_OPEN) };
    void this.#journalOf(by).note({ action: 'NotDelivered', value, causes, error: 'OCPP_NOT_DELIVERED' });
  }

  /** The connection has ended: nobody answers any more. */
  end(): void {
    for (const call of [...this.#starts.keys()]) this.#giveUp(call);
  }

  #frame(by: Speaker, raw: string, how: Handed): Heard {
    const parts = partsOf(raw);
    if (typeof parts === 'string') return this.#bad(by, { action: 'BadFrame', raw }, parts, how);
    const [kind, messageId, third, fourth] = parts;
    const action = typeof third === 'string' ? third.slice(0, LONGEST_ACTION) : 'Unknown';
    // OCPP-J has text frames only: what the other side makes of it, if anything, nobody knows.
    if (how.isBinary) return this.#bad(by, { action, messageId, raw }, 'not text', how);
    if (kind === 2 && typeof third === 'string')
      return this.#call(by, { messageId, action: third, payload: fourth, raw }, how);
    if (kind === 3) return this.#answer(by, { messageId, payload: third, raw }, how);
    if (kind === 4) return this.#answer(by, { messageId, payload: undefined, raw }, how);
    // SEND and CALLRESULTERROR of 2.1, and whatever comes after it.
    return { begun: this.#journal(by, { action, messageId, raw }, how, []) };
  }

  /** Lets a call wait again that was not answered after all: what its answer told was not stored. */
  reopen(messageId: string, call: OverheardCall): void {
    this.#remember(call.by, messageId, call);
    if (call.events) this.#hold(call);
  }

  /** Knows a call again that was journalled before, by an earlier run perhaps; it counted then. */
  recall(by: Speaker, entry: JournalEntry): void {
    const parts = partsOf(entry.raw);
    if (typeof parts === 'string' || parts[0] !== 2 || typeof parts[2] !== 'string') return;
    const [, messageId, named, payload] = parts;
    const begun = { entry, stored: Promise.resolve(true) };
    const action = named.slice(0, LONGEST_ACTION);
    const heard: OverheardCall = { by, action, payload, begun, passwords: passwordsIn(action, payload) };
    const waits = by === 'station' && this.#waits(named);
    this.#remember(by, messageId, waits ? { ...heard, events: this.#read(named, payload, begun) } : heard);
  }

  /** Text that is no frame, or bytes that are no text. */
  #bad(by: Speaker, draft: Draft, reason: string, how: Handed): Heard {
    const begun = this.#journal(by, { ...draft, error: 'OCPP_BAD_FRAME' }, how, []);
    this.#host.bad(by, reason);
    return { begun };
  }

  #call(
    by: Speaker,
    said: { messageId: string; action: string; payload: unknown; raw: string },
    how: Handed,
  ): Heard {
    const { messageId, payload, raw } = said;
    const action = said.action.slice(0, LONGEST_ACTION);
    const begun = this.#journal(by, { action, messageId, raw }, how, []);
    const passwords = passwordsIn(action, payload);
    const heard: OverheardCall = { by, action, payload, begun, passwords };
    // What only a CSMS orders is no order if a station says it.
    const isRead = by === 'station' && begun && !isOrder(action);
    const events = isRead ? this.#read(said.action, payload, begun) : [];
    const waits = this.#waits(action) && events.length > 0;
    const call = waits ? { ...heard, events } : heard;
    this.#remember(by, messageId, call);
    if (waits) this.#hold(call);
    return { begun, stored: waits ? undefined : this.#apply(events, begun) };
  }

  /** Whether what a call tells is whole only with its answer. */
  #waits(action: string): boolean {
    return action === 'StartTransaction' && this.#context.protocol === 'ocpp1.6';
  }

  #answer(by: Speaker, answer: { messageId: string; payload: unknown; raw: string }, how: Handed): Heard {
    const { messageId, payload, raw } = answer;
    const open = this.#open[by === 'station' ? 'csms' : 'station'];
    const call = open.get(messageId);
    open.delete(messageId);
    const causes = call?.begun ? [call.begun.entry.id] : [];
    const draft = { action: call?.action ?? 'Unasked', messageId, raw };
    const begun = this.#journal(by, draft, how, causes, call?.passwords);
    if (!call) return { begun };
    const stored = this.#apply(this.#toldBy(call, payload), begun);
    this.#host.answered(call, payload);
    return { begun, stored, call };
  }

  /** Keeps what a start tells until its number is told, or until nobody is likely to tell one. */
  #hold(call: OverheardCall): void {
    const wait = this.#host.wait ?? later;
    this.#starts.set(
      call,
      wait(() => this.#giveUp(call)),
    );
  }

  #settle(call: OverheardCall): void {
    this.#starts.get(call)?.();
    this.#starts.delete(call);
  }

  /** A clock decides that nobody will number a start: journalled where it counts, so that a replay knows. */
  #giveUp(call: OverheardCall): void {
    this.#settle(call);
    const causes = call.begun ? [call.begun.entry.id] : [];
    const value = { transactionId: NO_NUMBER };
    const begun = this.#context.frames.beginNote({ action: UNANSWERED, value, causes });
    this.#apply(begunAs(call, NO_NUMBER), begun ?? call.begun);
  }

  /** The start of a transaction, by its journal entry, is not answered any more. */
  unanswered(raw: JournalId): void {
    for (const call of [...this.#starts.keys()]) if (call.begun?.entry.id === raw) this.#giveUp(call);
  }

  /** What is so since a call was answered. */
  #toldBy(call: OverheardCall, payload: unknown): readonly DomainEvent[] {
    this.#settle(call);
    // Whatever the CSMS says of it, the station charges.
    if (call.events) return begunAs(call, numberIn(payload));
    if (call.by === 'csms' && call.begun && isCarriedOut(call.action, payload))
      return this.#read(call.action, call.payload, call.begun);
    return [];
  }

  /** What the tables make of a call of the station; nothing if it cannot be read, which is on record then. */
  #read(action: string, payload: unknown, begun: Beginning): readonly DomainEvent[] {
    const { runtime, maxDepth, protocol, stationId } = this.#context;
    const flaw = flawOf(payload, maxDepth);
    if (flaw) {
      this.#host.bad('station', flaw);
      return [];
    }
    // What a vendor added is between station and CSMS.
    if (!isAction(protocol, action)) return [];
    try {
      return eventsOf(this.#context, readCall(this.#context, { action, payload, begun }));
    } catch (err) {
      if (err instanceof InboundRefusal) return [];
      runtime.log.error(
        { err, stationId, action, journalId: begun.entry.id },
        'a frame could not be read: this is a defect of the bridge',
      );
      return [];
    }
  }

  #apply(events: readonly DomainEvent[], begun: Beginning | null): Promise<void> | undefined {
    if (events.length === 0 || !begun) return undefined;
    const { runtime, stationId } = this.#context;
    this.#host.learn(events);
    const stored = runtime.depot.apply(events, begun.stored);
    stored.catch((err: unknown) => runtime.log.error({ err, stationId }, 'state was not stored'));
    return stored;
  }

  #remember(by: Speaker, messageId: string, call: OverheardCall): void {
    const open = this.#open[by];
    open.set(messageId, call);
    if (open.size <= MOST_OPEN) return;
    // One that begins a transaction is needed longest: a feed may bring the answers of an hour later.
    for (const [id, { events }] of open) {
      if (events && open.size <= 2 * MOST_OPEN) continue;
      open.delete(id);
      return;
    }
  }

  #journal(
    by: Speaker,
    draft: Draft,
    { at, begun, isLost }: Handed,
    causes: readonly JournalId[],
    passwords?: readonly string[],
  ): Beginning | null {
    if (begun) return begun;
    const { protocol } = this.#context;
    const error = draft.error ?? (isLost ? ('OCPP_NOT_DELIVERED' as const) : undefined);
    // Written out: a copy of the draft would cost as much as the rest of this.
    const { action, messageId, raw } = draft;
    const frame = { protocol, direction: 'in' as const, action, messageId, raw, at, error };
    return this.#journalOf(by).frame(frame, causes, passwords);
  }

  #journalOf(by: Speaker): FrameJournal {
    return by === 'station' ? this.#context.frames : this.#host.csmsFrames;
  }
}

/** The number that an answer gives a transaction. */
function numberIn(answer: unknown): string {
  const number = (answer as { transactionId?: unknown } | null | undefined)?.transactionId;
  return typeof number === 'number' && Number.isInteger(number) ? String(number) : NO_NUMBER;
}

/** A transaction of 1.6 has begun; without a number it may get one later, or by a retry. */
function begunAs({ events = [] }: OverheardCall, transactionId: string): readonly DomainEvent[] {
  return events.map((event) =>
    event.type === 'TransactionStarted' ? { ...event, payload: { ...event.payload, transactionId } } : event,
  );
}
