/** A WebSocket by which frames are handed over: one item or a list per message, each message acknowledged once it is stored. */
import type { WebSocket } from '@fastify/websocket';
import type { Logger } from 'pino';
import { BridgeError, catalogue } from '../../errors/index.js';
import { itemsIn } from './body.js';
import type { Verdict } from './intake.js';

export interface FeedSocketFacts {
  readonly log: Logger;
  readonly remoteAddress: string;
  readonly pingMs: number;
  readonly take: (items: readonly unknown[]) => Promise<Verdict[]>;
  /** It is there. */
  readonly sign: () => void;
}

/** Messages that wait for the one that is being taken; then the socket is read no further. */
const MOST_WAITING = 4;
/** Try again later (the IANA registry of close codes). */
const TRY_AGAIN = 1013;

export class FeedSocket {
  readonly #socket: WebSocket;
  readonly #facts: FeedSocketFacts;
  readonly #pings: NodeJS.Timeout;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #messages = 0;
  #answersPings = true;
  #failed = false;

  constructor(socket: WebSocket, facts: FeedSocketFacts) {
    this.#socket = socket;
    this.#facts = facts;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    socket.on('ping', () => facts.sign());
    socket.on('pong', () => {
      this.#answersPings = true;
    });
    socket.on('error', ({ message }) =>
      facts.log.warn(
        { remoteAddress: facts.remoteAddress, why: message },
        'a feed broke the rules of the wire',
      ),
    );
    this.#pings = setInterval(() => this.#ping(), facts.pingMs);
    this.#pings.unref();
    socket.on('close', () => clearInterval(this.#pings));
    facts.sign();
  }

  #ping(): void {
    if (!this.#answersPings) this.#socket.terminate();
    this.#answersPings = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #message(data: Buffer, isBinary: boolean): void {
    this.#facts.sign();
    this.#messages += 1;
    this.#waiting += 1;
    const message = this.#messages;
    if (this.#waiting >= MOST_WAITING) this.#socket.pause();
    this.#turn = this.#turn
      .then(() => this.#take(message, data, isBinary))
      .finally(() => {
        this.#waiting -= 1;
        if (this.#waiting < MOST_WAITING) this.#socket.resume();
      });
  }

  /** Nothing behind a message that was not stored is taken: it would count before it. */
  async #take(message: number, data: Buffer, isBinary: boolean): Promise<void> {
    if (this.#failed) return;
    try {
      if (isBinary) throw new BridgeError('FEED_BAD_BODY', 'a binary message is not taken: send text');
      this.#say({ message, ...acknowledgement(await this.#facts.take(itemsIn(data, false))) });
    } catch (error) {
      if (!(error instanceof BridgeError)) {
        this.#facts.log.error({ err: error }, 'a message of the feed could not be taken');
        return this.#end(1011, 'internal error');
      }
      const { code, message: why } = error;
      this.#say({ message, error: { code, message: why, fix: catalogue[code].fix } });
      if (code === 'FEED_NOT_STORED' || code === 'FEED_BUSY') this.#end(TRY_AGAIN, code);
    }
  }

  #end(code: number, reason: string): void {
    this.#failed = true;
    this.#socket.close(code, reason);
  }

  #say(value: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(value));
  }
}

/** What was taken; only items that are worth a word are named. */
function acknowledgement(verdicts: readonly Verdict[]): object {
  const count = (status: Verdict['status']) => verdicts.filter((each) => each.status === status).length;
  const seqs = verdicts.flatMap(({ status, seq }) =>
    status === 'rejected' || seq === undefined ? [] : [seq],
  );
  const items = verdicts.flatMap((verdict, index) =>
    verdict.status !== 'accepted' || verdict.code ? [{ index, ...verdict }] : [],
  );
  return {
    ...{ accepted: count('accepted'), duplicate: count('duplicate'), rejected: count('rejected') },
    ...(seqs.length > 0 ? { seq: seqs.reduce((most, seq) => Math.max(most, seq)) } : {}),
    ...(items.length > 0 ? { items } : {}),
  };
}
