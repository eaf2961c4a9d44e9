/**
 * Commands of ours that the CSMS sends for us. Each goes to its webhook under an id; the answer comes with the webhook's
 * own answer, or later by itself, or as a copy of the station's frame, whichever is first.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Runtime } from '../../depot/index.js';
import { BridgeError, catalogue, type ErrorCode } from '../../errors/index.js';
import type { Beginning, JournalEntry } from '../../journal/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { CallFacts } from '../rpc/index.js';
import type { Heard, RelayedConnection, Speaker, Station } from '../station/index.js';
import { type Answer, answerIn, frameOf, RpcError } from './answer.js';
import type { Delivered, Webhook } from './webhook.js';

export interface Command extends CallFacts {
  readonly station: Station;
  readonly owner: RelayedConnection;
  readonly action: string;
  readonly payload: object;
  readonly timeoutMs: number;
}

/** A frame that was handed over; it may be a copy of what we had the CSMS send. */
export interface HandedFrame {
  readonly station: Station;
  readonly protocol: OcppProtocol;
  readonly by: Speaker;
  readonly raw: string;
  readonly atMs: number;
}

/** What became of an answer that was handed in. */
export type Answered = 'taken' | 'late' | 'repeated';

interface Sent extends Command {
  readonly id: string;
  readonly protocol: OcppProtocol;
  readonly over: AbortController;
  readonly resolve: (payload: unknown) => void;
  readonly reject: (why: Error) => void;
  state: 'open' | 'answered' | 'over';
  /** The CSMS has sent it under this message id. */
  messageId?: string;
  /** Why it is not known whether the CSMS has it. */
  unclear?: string;
}

/** A command of an earlier run whose answer is not on record. */
export interface EarlierCommand {
  readonly station: Station;
  readonly entry: JournalEntry;
}

/** So many commands are remembered after their time: for late answers, and for copies of their frames. */
const MOST_REMEMBERED = 1_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

export class CommandDesk {
  readonly #runtime: Runtime;
  readonly #webhook: Webhook | undefined;
  readonly #sent = new Map<string, Sent>();
  readonly #earlier = new Map<string, EarlierCommand>();

  constructor(runtime: Runtime, webhook: Webhook | undefined) {
    this.#runtime = runtime;
    this.#webhook = webhook;
  }

  /** Knows a command of an earlier run, should its answer come now. */
  remember(command: EarlierCommand): void {
    if (command.entry.messageId !== undefined) this.#earlier.set(command.entry.messageId, command);
  }

  /** @throws RpcError of the station; BridgeError OCPP_CONTROL, FEED_WEBHOOK_*; Error if nobody knows */
  async send(command: Command): Promise<unknown> {
    const { station, action, payload, timeoutMs, owner } = command;
    const webhook = this.#webhook;
    if (!webhook)
      throw new BridgeError('OCPP_CONTROL', `${action} was not sent: ocpp.feed has no webhook`, {
        station: station.config.id,
      });
    const id = randomUUID();
    const { promise, resolve, reject } = deferred();
    const sent: Sent = {
      ...command,
      ...{ id, protocol: owner.rpc.protocol, over: new AbortController(), resolve, reject, state: 'open' },
    };
    this.#know(sent);
    owner.onSent(id, JSON.stringify([2, id, action, payload]));
    const timer = setTimeout(() => this.#end(sent, timedOut(sent)), timeoutMs);
    timer.unref();
    void this.#deliver(webhook, sent).catch((error: Error) => this.#end(sent, error));
    return promise.finally(() => clearTimeout(timer));
  }

  /** The connection of these commands has ended; what they came to may still be told. */
  abandon(owner: RelayedConnection): void {
    for (const sent of this.#sent.values())
      if (sent.owner === owner) this.#end(sent, new Error('the station went before it answered'));
  }

  /**
   * Takes an answer that the CSMS hands in.
   *
   * @throws BridgeError FEED_NO_COMMAND, FEED_BAD_BODY
   */
  answer(id: string, body: unknown): Answered {
    const answer = answerIn(body);
    if (!answer)
      throw new BridgeError(
        'FEED_BAD_BODY',
        'the body has neither answer nor error, or not what they must be',
      );
    const sent = this.#sent.get(id);
    if (sent) return this.#settle(sent, answer);
    const earlier = this.#earlier.get(id);
    if (!earlier) throw new BridgeError('FEED_NO_COMMAND', `no command ${id.slice(0, 60)} is known here`);
    this.#earlier.delete(id);
    const { station, entry } = earlier;
    const { action, protocol } = entry;
    const draft = { action, messageId: id, raw: frameOf(id, answer), direction: 'in' as const };
    station.frames.frame({ ...draft, protocol: protocol as OcppProtocol }, [entry.id]);
    return 'late';
  }

  /** Journals a frame that is a copy of a command of ours or of its answer; undefined if it is none. */
  copy(handed: HandedFrame): Heard | undefined {
    if (this.#sent.size === 0) return undefined;
    const frame = parsed(handed.raw);
    if (!frame) return undefined;
    const [kind, messageId] = frame;
    if (handed.by === 'csms') {
      const sent = kind === 2 ? this.#meant(handed.station, frame) : undefined;
      if (!sent) return undefined;
      sent.messageId = messageId;
      return { begun: this.#journalCopy(handed, sent, messageId) };
    }
    const sent = kind === 3 || kind === 4 ? this.#byMessage(handed.station, messageId) : undefined;
    if (!sent) return undefined;
    const begun = this.#journalCopy(handed, sent, messageId);
    const answer =
      kind === 3
        ? answerIn({ answer: frame[2] })
        : answerIn({ error: { code: frame[2], description: frame[3] } });
    if (answer) this.#settle(sent, answer);
    return { begun };
  }

  #know(sent: Sent): void {
    this.#sent.set(sent.id, sent);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MOST_REMEMBERED && oldest !== undefined) this.#sent.delete(oldest);
  }

  /** Has the CSMS take it, again where that does no harm, until it is answered or over. */
  async #deliver(webhook: Webhook, sent: Sent): Promise<void> {
    const body = this.#bodyOf(sent);
    let pauseMs = FIRST_PAUSE_MS;
    while (sent.state === 'open') {
      const delivered = await webhook.post(sent.id, body, this.#runtime.now().getTime(), sent.over.signal);
      if (sent.state !== 'open') return;
      this.#noteDelivery(sent, delivered);
      if (!this.#goesOn(sent, delivered)) return;
      await pause(pauseMs, sent.over.signal);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** Whether it is to be sent again. */
  #goesOn(sent: Sent, delivered: Delivered): boolean {
    if (delivered.kind === 'taken') return false;
    if (delivered.kind === 'refused') {
      this.#end(sent, failed('FEED_WEBHOOK_REFUSED', sent, delivered.why));
      return false;
    }
    if (delivered.kind === 'answered') {
      const answer = answerIn(delivered.body);
      if (answer) this.#settle(sent, answer);
      // It was carried out, perhaps: the copy of the station's frame may still tell.
      else sent.unclear = 'the webhook answered with what is no answer';
      return false;
    }
    if (delivered.kind === 'undelivered') {
      sent.unclear ??= '';
      return true;
    }
    sent.unclear = delivered.why;
    return sent.repeatable === true;
  }

  #noteDelivery({ station, id, action, intent }: Sent, delivered: Delivered): void {
    if (delivered.kind === 'answered' || delivered.kind === 'taken') return;
    const { kind, why } = delivered;
    const stationId = station.config.id;
    const causes = intent === undefined ? [] : [intent];
    void station.frames.note({ action: 'Webhook', value: { commandId: id, action, kind, why }, causes });
    const code = kind === 'refused' ? 'FEED_WEBHOOK_REFUSED' : 'FEED_WEBHOOK_FAILED';
    this.#runtime.log.warn({ code, stationId, action, commandId: id, why }, catalogue[code].title);
  }

  #bodyOf({ id, station, protocol, action, payload, intent, timeoutMs }: Sent): string {
    const expiresAt = new Date(this.#runtime.now().getTime() + timeoutMs).toISOString();
    const { identity } = station.config.ocpp;
    const body = { commandId: id, station: identity, protocol, action, payload, expiresAt };
    return JSON.stringify(intent === undefined ? body : { ...body, intent });
  }

  #settle(sent: Sent, answer: Answer): Answered {
    if (sent.state === 'answered') return 'repeated';
    const late = sent.state === 'over';
    sent.state = 'answered';
    sent.over.abort();
    // On record before anybody acts on it.
    sent.owner.onAnswer(sent.id, frameOf(sent.id, answer));
    if ('payload' in answer) sent.resolve(answer.payload);
    else sent.reject(new RpcError(answer.code, answer.description));
    return late ? 'late' : 'taken';
  }

  #end(sent: Sent, why: Error): void {
    if (sent.state !== 'open') return;
    sent.state = 'over';
    sent.over.abort();
    sent.reject(why);
  }

  /** The command of ours that a CALL of the CSMS carries: by our id, else by what it says. */
  #meant(station: Station, [, messageId, action, payload]: Frame): Sent | undefined {
    const byId = this.#sent.get(messageId);
    if (byId) return byId.station === station ? byId : undefined;
    for (const sent of this.#sent.values())
      if (
        sent.station === station &&
        sent.messageId === undefined &&
        sent.action === action &&
        isDeepStrictEqual(JSON.parse(JSON.stringify(sent.payload)), payload)
      )
        return sent;
    return undefined;
  }

  #byMessage(station: Station, messageId: string): Sent | undefined {
    for (const sent of this.#sent.values())
      if (sent.station === station && sent.messageId === messageId) return sent;
    return undefined;
  }

  #journalCopy(
    { by, station, protocol, raw, atMs }: HandedFrame,
    sent: Sent,
    messageId: string,
  ): Beginning | null {
    const { action, intent } = sent;
    const journal = by === 'station' ? station.frames : station.csmsFrames;
    const draft = { protocol, action, messageId, raw, at: atMs, direction: 'in' as const };
    return journal.frame(draft, intent === undefined ? [] : [intent]);
  }
}

type Frame = readonly [kind: number, messageId: string, third: unknown, fourth: unknown];

function parsed(raw: string): Frame | undefined {
  try {
    const frame = JSON.parse(raw) as unknown;
    return Array.isArray(frame) && typeof frame[1] === 'string' ? (frame as unknown as Frame) : undefined;
  } catch {
    return undefined;
  }
}

function timedOut(sent: Sent): Error {
  const { unclear } = sent;
  if (unclear === '') return failed('FEED_WEBHOOK_FAILED', sent, 'the webhook could not be reached in time');
  // The words by which a station that does not answer is known.
  return new Error(unclear === undefined ? 'Call timeout' : unclear);
}

function failed(code: ErrorCode, { station, action }: Sent, why: string): BridgeError {
  return new BridgeError(code, `${action}: ${why}`, { station: station.config.id });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

function deferred(): {
  readonly promise: Promise<unknown>;
  readonly resolve: (payload: unknown) => void;
  readonly reject: (why: Error) => void;
} {
  let resolve: (payload: unknown) => void = () => undefined;
  let reject: (why: Error) => void = () => undefined;
  const promise = new Promise<unknown>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  return { promise, resolve, reject };
}
