/** Who may open a connection: path, HTTP Basic, and the presystems a user speaks for. All of it before the upgrade. */
import type { IncomingMessage } from 'node:http';
import { type SecretTest, secretTest, type UpstreamConfig } from '../config/index.js';
import type { Lockout, LockoutRule } from '../depot/index.js';

/** The way in for a presystem, or the HTTP answer that refuses it. */
export type Passage =
  | { readonly ok: true; readonly upstream: UpstreamConfig }
  | {
      readonly ok: false;
      readonly status: 401 | 403 | 404 | 429;
      readonly reason: string;
      readonly retryAfterS?: number;
    };

const PATH = '/vdv463/';

/** Five failures in a row, each within a minute of the one before, and nobody is heard from there for a minute. */
export const LOGIN_LOCKOUT: LockoutRule = { most: 5, windowMs: 60_000, counts: 'last', shuts: 'last' };

interface Door {
  readonly upstream: UpstreamConfig;
  readonly test: SecretTest;
}

export class Gate {
  readonly #doors: readonly Door[];
  readonly #lockout: Lockout;
  /** Tested for users that do not exist, so that they take as long as those that do. */
  readonly #nobody: SecretTest;

  /** @throws BridgeError CONFIG_PASSWORD for a malformed hashed password */
  constructor(upstreams: readonly UpstreamConfig[], lockout: Lockout) {
    this.#doors = upstreams.map((upstream) => ({
      upstream,
      test: secretTest(upstream.password, upstream.presystemId),
    }));
    this.#lockout = lockout;
    this.#nobody = this.#doors[0]?.test ?? (async () => false);
  }

  /** Judges an upgrade request. */
  async judge(request: Pick<IncomingMessage, 'url' | 'headers' | 'socket'>): Promise<Passage> {
    const presystemId = presystemOfPath(request.url ?? '');
    if (presystemId === undefined)
      return { ok: false, status: 404, reason: `the path is ${PATH}<presystemId>` };
    const given = basicCredentials(request.headers.authorization);
    if (!given) return { ok: false, status: 401, reason: 'HTTP Basic credentials are missing' };
    const key = `${request.socket.remoteAddress ?? ''} ${given.user}`;
    const lockedMs = this.#lockout.waitMs(key);
    if (lockedMs > 0) {
      const retryAfterS = Math.ceil(lockedMs / 1_000);
      return { ok: false, status: 429, reason: 'too many failed attempts', retryAfterS };
    }
    const open = await this.#doorsOf(given.user, given.password);
    if (open.length === 0) {
      this.#lockout.failed(key);
      return {
        ok: false,
        status: 401,
        reason: `user or password is wrong (user ${JSON.stringify(given.user)})`,
      };
    }
    this.#lockout.forgive(key);
    const door = open.find(({ upstream }) => upstream.presystemId === presystemId);
    if (door) return { ok: true, upstream: door.upstream };
    const known = this.#doors.some(({ upstream }) => upstream.presystemId === presystemId);
    return known
      ? { ok: false, status: 403, reason: `user ${given.user} does not speak for ${presystemId}` }
      : { ok: false, status: 404, reason: `${presystemId} is not configured` };
  }

  async #doorsOf(user: string, password: string): Promise<Door[]> {
    const named = this.#doors.filter(({ upstream }) => upstream.user === user);
    if (named.length === 0) await this.#nobody(password);
    const results = await Promise.all(named.map(({ test }) => test(password)));
    return named.filter((_, index) => results[index]);
  }
}

/** The presystemId of `/vdv463/<presystemId>`; undefined for any other path. */
function presystemOfPath(url: string): string | undefined {
  const [path = ''] = url.split('?', 1);
  if (!path.startsWith(PATH) || path.length === PATH.length) return undefined;
  try {
    return decodeURIComponent(path.slice(PATH.length));
  } catch {
    return undefined;
  }
}

/** User and password of RFC 7617; the user ends at the first colon. */
function basicCredentials(header: string | undefined): { user: string; password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '') ?? [];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
