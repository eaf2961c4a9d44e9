/** Answers to calls of ours among the frames of a station: known by message ids that nobody else uses. */
import { randomUUID } from 'node:crypto';

interface Waiting {
  resolve(payload: unknown): void;
  reject(why: Error): void;
}

/** Message ids of ours begin so, and have 36 characters, as many as OCPP-J allows: one that comes late is known by it. */
const OURS = 'dpb-';
const OUR_ID = /^dpb-[0-9a-f]{32}$/;

/** The station answered with a CALLERROR. */
class RpcError extends Error {
  readonly rpcErrorCode: string;

  constructor(code: string, description: string) {
    super(description);
    this.rpcErrorCode = code;
  }
}

/** Whether a message id has the form of ours, of whichever connection it is. */
export function isOurForm(messageId: string): boolean {
  return messageId.startsWith(OURS) && OUR_ID.test(messageId);
}

export class OwnAnswers {
  readonly #waiting = new Map<string, Waiting>();

  /** An id for a call, and the answer to it. Rejects with the error `Call timeout` when none comes in time. */
  expect(timeoutMs: number): { readonly messageId: string; readonly answer: Promise<unknown> } {
    const messageId = `${OURS}${randomUUID().replaceAll('-', '')}`;
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => this.#take(messageId)?.reject(new Error('Call timeout')), timeoutMs);
      timer.unref();
      this.#waiting.set(messageId, {
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
    // If the call cannot be sent nobody waits for it.
    answer.catch(() => undefined);
    return { messageId, answer };
  }

  /** Whether somebody waits for it. */
  has(messageId: string): boolean {
    return this.#waiting.has(messageId);
  }

  /** Takes an answer, a frame of type 3 or 4. One that nobody waits for any more changes nothing. */
  settle(messageId: string, raw: string): void {
    const waiting = this.#take(messageId);
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
    for (const messageId of [...this.#waiting.keys()]) this.#take(messageId)?.reject(why);
  }

  #take(messageId: string): Waiting | undefined {
    const waiting = this.#waiting.get(messageId);
    this.#waiting.delete(messageId);
    return waiting;
  }
}
