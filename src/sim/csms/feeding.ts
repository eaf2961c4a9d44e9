import { randomUUID } from 'node:crypto';
import type { CsmsSimulator } from './csms-simulator.js';
import type { CsmsFrame } from './kept.js';
import type { StationRecord } from './records.js';

export interface FeedingOptions {
  /** Of the feed: `http://127.0.0.1:7464`. */
  readonly url: string;
  readonly token?: string;
  /** How long frames are collected before they are handed over together, ms: 50 if left out. */
  readonly collectMs?: number;
  /** Says that it is there when there is nothing to hand over, ms: 20 000 if left out. */
  readonly pingMs?: number;
  /** Told when something goes wrong, once until it works again. */
  readonly trouble?: (what: string) => void;
}

const MOST_AT_ONCE = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Hands over what a simulated CSMS and its stations say to each other: in order, each at least once, again until it was
 * taken. Nothing of it reaches the stations.
 */
export class Feeding {
  readonly #csms: CsmsSimulator;
  readonly #options: FeedingOptions;
  /** Numbers count anew in each run. */
  readonly #source = randomUUID().slice(0, 8);
  readonly #waiting: object[] = [];
  readonly #off: () => void;
  readonly #pings: NodeJS.Timeout;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;
  #handing: Promise<void> = Promise.resolve();
  #troubled = false;
  #stopped = false;
  /** Items that were not taken, because the bridge would not have them. */
  rejected = 0;

  constructor(csms: CsmsSimulator, options: FeedingOptions) {
    this.#csms = csms;
    this.#options = options;
    const onFrame = (frame: CsmsFrame) => this.#frame(frame);
    const onConnected = (station: StationRecord) => this.#event(station, 'connected');
    const onDisconnected = (station: StationRecord) => {
      // Of two connections of one station the other may be there.
      if (!station.connected) this.#event(station, 'disconnected');
    };
    const { events } = csms;
    events.on('frame', onFrame).on('connected', onConnected).on('disconnected', onDisconnected);
    this.#off = () =>
      events.off('frame', onFrame).off('connected', onConnected).off('disconnected', onDisconnected);
    this.#pings = setInterval(() => this.#soon(), options.pingMs ?? 20_000);
    this.#pings.unref();
    this.#soon();
  }

  /** Resolves when all that was said so far has been handed over. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped) {
      this.#soon(0);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await this.#handing;
    }
  }

  /** Hands nothing over any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#off();
    clearInterval(this.#pings);
    clearTimeout(this.#timer);
    await this.#handing;
  }

  #frame({ identity, direction, text, at, isBinary }: CsmsFrame): void {
    // OCPP-J is text.
    if (isBinary || text === '') return;
    const from = direction === 'received' ? 'station' : 'csms';
    this.#add(this.#csms.station(identity), { from, frame: text, at: new Date(at).toISOString() });
  }

  #event(station: StationRecord, event: 'connected' | 'disconnected'): void {
    this.#add(station, { event, at: new Date().toISOString() });
  }

  #add({ identity, protocol }: StationRecord, said: object): void {
    this.#seq += 1;
    const id = `${this.#source}-${this.#seq}`;
    this.#waiting.push({ station: identity, protocol, ...said, id, seq: this.#seq, source: this.#source });
    this.#soon(this.#options.collectMs ?? 50);
  }

  #soon(afterMs = 0): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#handing = this.#hand().finally(() => {
        this.#timer = undefined;
        if (this.#waiting.length > 0) this.#soon();
      });
    }, afterMs);
  }

  async #hand(): Promise<void> {
    const items = this.#waiting.slice(0, MOST_AT_ONCE);
    for (let pauseMs = 250; !this.#stopped; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const problem = await this.#post(items).catch((error: Error) => String(error.cause ?? error.message));
      if (problem === undefined) {
        this.#waiting.splice(0, items.length);
        this.#troubled = false;
        return;
      }
      if (!this.#troubled) this.#options.trouble?.(problem);
      this.#troubled = true;
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
  }

  /** @returns why they have to be handed over again */
  async #post(items: readonly object[]): Promise<string | undefined> {
    const { url, token, trouble } = this.#options;
    const response = await fetch(`${url.replace(/\/+$/, '')}/feed/v1/frames`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(items),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) return `the feed answered ${response.status}: ${(await response.text()).slice(0, 300)}`;
    const told = (await response.json()) as {
      rejected: number;
      items: { code?: string; message?: string }[];
    };
    this.rejected += told.rejected;
    const first = told.items.find(({ code }) => code !== undefined);
    if (told.rejected > 0) trouble?.(`${told.rejected} items were rejected: ${first?.message}`);
    return undefined;
  }
}
