/** Answers to calls of ours among the frames of a station: known by message ids that nobody else uses. */
import { randomUUID } from 'node:crypto';

interface Waiting {
  resolve(payload: unknown): void;
  reject(why: Error): void;
}

/** So many calls are remembered after their time: a late answer is ours all the same, and not for the CSMS. */
const MOST_KNOWN = 64;

/** The station answered with a CALLERROR. */
class RpcError extends Error {
  readonly rpcErrorCode: string;

  constructor(code: string, description: string) {
    super(description);
    this.rpcErrorCode = code;
  }
}

export class OwnAnswers {
  /** By message id; undefined once nobody waits any more. */
  readonly #known = new Map<string, Waiting | undefined>();

  /** An id for a call, and the answer to it. Rejects with the error `Call timeout` when none comes in time. */
  expect(timeoutMs: number): { readonly messageId: string; readonly answer: Promise<unknown> } {
    const messageId = randomUUID();
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => this.#forget(messageId, new Error('Call timeout')), timeoutMs);
      timer.unref();
      this.#known.set(messageId, {
        resolve: (payload) => {
          clearTimeout(timer);
          resolve(payload);
        },
        reject: (why) => {
          clearTimeout(timer);
          reject(why);
        },
      });
    });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return { messageId, answer };
  }

  has(messageId: string): boolean {
    return this.#known.has(messageId);
  }

  /** Takes an answer, a frame of type 3 or 4. A second one to the same call changes nothing. */
  settle(messageId: string, raw: string): void {
    const waiting = this.#known.get(messageId);
    this.#known.set(messageId, undefined);
    if (!waiting) return;
    let frame: unknown;
    try {
      frame = JSON.parse(raw);
    } catch (error) {
      waiting.reject(error as Error);
      return;
    }
    const [kind, , ...rest] = frame as [number, string, ...unknown[]];
    if (kind === 3) waiting.resolve(rest[0]);
    else waiting.reject(new RpcError(String(rest[0]), String(rest[1] ?? '')));
  }

  /** Nobody will answer any more. */
  end(why: Error): void {
    for (const messageId of this.#known.keys()) this.#forget(messageId, why);
  }

  #forget(messageId: string, why: Error): void {
    const waiting = this.#known.get(messageId);
    this.#known.set(messageId, undefined);
    waiting?.reject(why);
  }
}
