/**
 * Commands that come twice. OCPI 2.2.1 §13: the response_url *might* contain a unique id, so it names no command; many
 * partners always give the same. A repetition is known by other signs: the X-Request-ID of an HTTP request that is sent
 * again, or the same words while the first command is still in work.
 */
import { createHash } from 'node:crypto';
import type { Heard } from './server.js';

const MOST_REMEMBERED = 1_000;

/** Something to do once, whoever asks for it first. */
export class Work<T> {
  readonly #act: () => Promise<T>;
  #done: Promise<T> | undefined;

  constructor(act: () => Promise<T>) {
    this.#act = act;
  }

  /** Begins unless it has begun, and gives what comes of it. */
  outcome(): Promise<T> {
    this.#done ??= this.#act();
    return this.#done;
  }
}

/** What was remembered in the last while, bounded; the oldest goes first. */
export class Recent<T> {
  readonly #forMs: number;
  readonly #held = new Map<string, { readonly value: T; readonly since: number }>();

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  get(key: string): T | undefined {
    const found = this.#held.get(key);
    if (found && performance.now() - found.since <= this.#forMs) return found.value;
    this.#held.delete(key);
    return undefined;
  }

  set(key: string, value: T): void {
    this.#held.set(key, { value, since: performance.now() });
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_REMEMBERED && oldest !== undefined) this.#held.delete(oldest);
  }

  /** Forgets the key if it still stands for this value. */
  delete(key: string, value: T): void {
    if (this.#held.get(key)?.value === value) this.#held.delete(key);
  }
}

/** As short as no id is that is made to be unique (a UUID has 36 characters). */
const SHORTEST_UNIQUE = 16;

/** Whether an X-Request-ID can be taken for unique: some partners send `1` all the time. */
export function isUnique(requestId: string): boolean {
  return requestId.length >= SHORTEST_UNIQUE;
}

/** By which two commands are the same words of the same partner. */
export function wordsOf({ partner, version, body }: Heard, command: string): string {
  const said = JSON.stringify([partner.id, version, command, body]);
  return createHash('sha256').update(said).digest('base64');
}
