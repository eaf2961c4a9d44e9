/** One kind of thing that partners are sent beside EVSEs and sessions. */
import type { CallAnswer } from './client.js';
import type { PushOutcome } from './out-box.js';
import type { World } from './world.js';

export interface Courier {
  readonly kind: string;
  /** Before the EVSEs that may name it, or after everything else. */
  readonly turn: 'first' | 'last';
  /** What the partner does not have yet. */
  due(world: World): readonly string[];
  send(world: World, id: string): Promise<PushOutcome>;
  /** The partner refuses it; gives after how many milliseconds it is offered again, or undefined: not before it changes. */
  refused?(world: World, id: string): number | undefined;
}

/** The partner says that it does not know what we speak of. */
export function isUnknownThere({ http, statusCode }: CallAnswer): boolean {
  return http === 404 || (http === 200 && statusCode === 2003);
}

/** A clear no is not asked for ever; anything else may pass. */
export function outcomeOf({ http, statusCode, retryAfterS }: CallAnswer): PushOutcome {
  const isNo =
    (http >= 400 && http < 500 && http !== 429 && http !== 401) ||
    (http === 200 && isClientError(statusCode));
  if (isNo) return 'refused';
  return retryAfterS === undefined ? 'failed' : { retryAfterMs: retryAfterS * 1000 };
}

function isClientError(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 2000 && statusCode < 3000;
}
