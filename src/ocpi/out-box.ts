/**
 * What one partner is still to be told, in order, each thing once: newest state wins, because it is read when it is
 * sent. While the partner fails, nothing else is sent to it but one repetition at a time, later and later.
 */

/** `done`: sent, or not to be sent any more. `refused`: a clear no. `failed`: may pass. */
export type PushOutcome = 'done' | 'refused' | 'failed' | { readonly retryAfterMs: number };

export interface OutBoxOptions {
  /** Never rejects. */
  readonly send: (job: string) => Promise<PushOutcome>;
  /** A job was refused too often and is given up. */
  readonly refused: (job: string) => void;
  readonly firstPauseMs?: number;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const REFUSALS = 3;

export class OutBox {
  readonly #options: OutBoxOptions;
  /** Jobs in order, with how often each was refused. */
  readonly #jobs = new Map<string, number>();
  #isSending = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: OutBoxOptions) {
    this.#options = options;
  }

  /** Puts a job in, unless it waits already. */
  put(job: string): void {
    if (!this.#jobs.has(job)) this.#jobs.set(job, 0);
    if (!this.#timer) this.#next();
  }

  /** Tries at once, as if nothing had failed: the partner has registered again. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
    this.#next();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #next(): void {
    const [entry] = this.#jobs;
    if (!entry || this.#isSending || this.#isStopped) return;
    const [job, refusals] = entry;
    // A change that comes while this is sent is a job of its own.
    this.#jobs.delete(job);
    this.#isSending = true;
    void this.#options.send(job).then((outcome) => {
      this.#isSending = false;
      this.#settle(job, refusals, outcome);
    });
  }

  #settle(job: string, refusals: number, outcome: PushOutcome): void {
    if (outcome === 'done') {
      this.#failures = 0;
      this.#next();
    } else if (outcome === 'refused') {
      this.#refuse(job, refusals + 1);
    } else {
      this.#repeat(job, outcome === 'failed' ? 0 : outcome.retryAfterMs);
    }
  }

  /** A no concerns this job alone: the others go first, and it is given up in the end. */
  #refuse(job: string, refusals: number): void {
    const isNewer = this.#jobs.has(job);
    if (refusals < REFUSALS) this.#jobs.set(job, refusals);
    else if (!isNewer) this.#options.refused(job);
    this.#pause(this.#firstPause());
  }

  #repeat(job: string, atLeastMs: number): void {
    this.#putBack(job);
    this.#failures += 1;
    const doubled = this.#firstPause() * 2 ** Math.min(this.#failures - 1, 16);
    const pause = Math.min(doubled, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
    this.#pause(Math.max(pause, atLeastMs));
  }

  /** To the front: its turn was now. */
  #putBack(job: string): void {
    const later = [...this.#jobs].filter(([other]) => other !== job);
    this.#jobs.clear();
    for (const [key, refusals] of [[job, 0] as const, ...later]) this.#jobs.set(key, refusals);
  }

  #pause(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, ms);
    this.#timer.unref();
  }

  #firstPause(): number {
    return this.#options.firstPauseMs ?? FIRST_PAUSE_MS;
  }
}
