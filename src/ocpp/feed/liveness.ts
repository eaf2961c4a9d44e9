/** Whether the CSMS still hands anything over: a feed that is silent says nothing of who is connected. */
import type { Runtime } from '../../depot/index.js';
import type { Instant } from '../../domain/index.js';
import { catalogue } from '../../errors/index.js';

const LOOK_MS = 5_000;

export interface LivenessFacts {
  readonly runtime: Runtime;
  readonly silenceMs: number;
  /** The feed is there: for the first time, or again. */
  readonly back: () => void;
  readonly silent: (reason: string) => void;
  /** From time to time while it is there. */
  readonly look: () => void;
}

export class Liveness {
  readonly #facts: LivenessFacts;
  readonly #timer: NodeJS.Timeout;
  #isAlive = false;
  #lastAt = performance.now();
  /** When it last said something; undefined: it never did since the start. */
  lastSign: Instant | undefined;
  /** Since when it is silent; undefined: it is not, or has not been there yet. */
  silentSince: Instant | undefined;

  constructor(facts: LivenessFacts) {
    this.#facts = facts;
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_MS, facts.silenceMs / 4));
    this.#timer.unref();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** The CSMS has said something. */
  sign(): void {
    const { runtime, back } = this.#facts;
    this.#lastAt = performance.now();
    this.lastSign = runtime.now().toISOString();
    if (this.#isAlive) return;
    this.#isAlive = true;
    if (this.silentSince !== undefined) {
      this.#note('FeedBack', { since: this.silentSince });
      runtime.log.info({ silentSince: this.silentSince }, 'the CSMS hands over frames again');
    }
    this.silentSince = undefined;
    back();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { runtime, silenceMs, silent, look } = this.#facts;
    const silentMs = performance.now() - this.#lastAt;
    if (silentMs <= silenceMs) {
      if (this.#isAlive) look();
      return;
    }
    // A feed that never came is silent, too.
    if (this.silentSince !== undefined) return;
    this.#isAlive = false;
    this.silentSince = new Date(runtime.now().getTime() - silentMs).toISOString();
    runtime.log.warn({ code: 'FEED_SILENT', since: this.silentSince }, catalogue.FEED_SILENT.title);
    this.#note('FeedSilent', { since: this.silentSince }, 'FEED_SILENT');
    silent('the feed of the CSMS is silent');
  }

  #note(action: string, value: object, error?: 'FEED_SILENT'): void {
    const { depot } = this.#facts.runtime;
    void depot.journal.appendOrGap({
      ...{ depotId: depot.id, link: 'feed', protocol: 'bridge', direction: 'internal', action },
      ...{ raw: JSON.stringify(value), causes: [], error },
    });
  }
}
