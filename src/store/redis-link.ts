import { Cluster, Redis } from 'ioredis';
import { BridgeError } from '../errors/index.js';
import type { Durability, StoreLogger } from './port.js';
import { checkServer } from './redis-check.js';
import { scripts } from './redis-scripts.js';

/** The longest that an operation takes, connected or not. */
const OPERATION_MS = 2_000;
/** A connection on which an answer is overdue this long is given up and made anew. */
const SILENCE_MS = 3_000;

export interface RedisLinkOptions {
  readonly url: string;
  readonly cluster: boolean;
  readonly durability: Durability;
  readonly logger: StoreLogger | undefined;
}

interface Waiting {
  readonly send: () => void;
}

/**
 * The connection to a Redis or a Redis Cluster: reconnects by itself, keeps the order of calls, sends nothing twice
 * (a command whose answer was lost is reported, not repeated), and answers each call in bounded time.
 */
export class RedisLink {
  readonly #client: Redis | Cluster;
  readonly #place: string;
  readonly #options: RedisLinkOptions;
  readonly #waiting = new Set<Waiting>();
  #ready = false;
  #closed = false;
  #said = false;
  #lastError: Error | undefined;

  private constructor(options: RedisLinkOptions) {
    this.#options = options;
    const url = parseUrl(options.url);
    this.#place = url.host;
    this.#client = options.cluster ? clusterClient(url) : singleClient(options.url);
    this.#client.on('ready', () => this.#onReady());
    this.#client.on('close', () => this.#onAway());
    this.#client.on('end', () => this.#onAway());
    this.#client.on('error', (error: Error) => this.#onError(error));
  }

  /**
   * Connects. If the server cannot be reached in two seconds the link is given all the same, and connects when it can.
   * @throws BridgeError STORE_REFUSED, STORE_TOO_OLD
   */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options);
    try {
      await link.#connect();
      return link;
    } catch (error) {
      link.#closed = true;
      link.#client.disconnect();
      throw error;
    }
  }

  /**
   * Sends a command, or as soon as the connection stands again.
   * @throws BridgeError STORE_UNAVAILABLE after two seconds at most, STORE_REFUSED
   */
  run<T>(command: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new BridgeError('STORE_UNAVAILABLE', 'the store is closed'));
        return;
      }
      const failed = (error: unknown) => {
        // The connection broke and its event is yet to come: nothing was sent, so this may wait like any other.
        if (wasNotSent(error) && !timedOut) {
          this.#ready = false;
          this.#waiting.add(waiting);
          return;
        }
        settled = true;
        clearTimeout(timer);
        reject(this.#explain(error));
      };
      const waiting: Waiting = {
        send: () =>
          command(this.#client).then((result) => {
            settled = true;
            clearTimeout(timer);
            resolve(result);
          }, failed),
      };
      let settled = false;
      let timedOut = false;
      const expire = () => {
        if (settled) return;
        timedOut = true;
        this.#waiting.delete(waiting);
        reject(
          this.#unavailable(
            this.#ready ? `no answer in ${OPERATION_MS} ms` : 'not connected',
            this.#lastError,
          ),
        );
      };
      // A process that was busy for so long has not read what came meanwhile: it does so before it gives up.
      const timer = setTimeout(() => setImmediate(expire), OPERATION_MS);
      if (this.#ready) waiting.send();
      else this.#waiting.add(waiting);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const quit = this.#ready ? this.run((client) => client.quit()) : Promise.resolve();
    this.#closed = true;
    await quit.catch(() => undefined);
    this.#client.disconnect();
  }

  async #connect(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, OPERATION_MS);
      this.#client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#client.on('error', (error: Error) => {
        if (refusalIn(error) === undefined) return;
        clearTimeout(timer);
        reject(this.#explain(error));
      });
      // What it rejects with, the events above have told.
      this.#client.connect().catch(() => undefined);
    });
    if (this.#ready) await this.#check();
    else this.#onAway();
  }

  async #check(): Promise<void> {
    const { logger } = this.#options;
    const servers = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
    try {
      for (const server of servers) await this.run(() => checkServer(server, this.#options));
    } catch (error) {
      if (error instanceof BridgeError && error.code !== 'STORE_UNAVAILABLE') throw error;
      logger?.warn(
        { err: error, store: this.#place },
        'the settings of the Redis server could not be checked',
      );
    }
  }

  #onReady(): void {
    this.#ready = true;
    this.#lastError = undefined;
    if (this.#said) this.#options.logger?.info({ store: this.#place }, 'the store is back');
    this.#said = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { send } of waiting) send();
  }

  #onAway(): void {
    this.#ready = false;
    if (this.#said || this.#closed) return;
    this.#said = true;
    const facts = { store: this.#place, err: this.#lastError };
    this.#options.logger?.warn(facts, 'the store does not answer; the bridge keeps trying');
  }

  #onError(error: Error): void {
    this.#lastError = error;
  }

  #explain(error: unknown): BridgeError {
    if (error instanceof BridgeError) return error;
    const refusal = refusalIn(error);
    if (refusal === undefined)
      return this.#unavailable(error instanceof Error ? error.message : String(error), error);
    return new BridgeError('STORE_REFUSED', `Redis at ${this.#place}: ${refusal}`, {}, { cause: error });
  }

  #unavailable(reason: string, cause: unknown): BridgeError {
    return new BridgeError('STORE_UNAVAILABLE', `Redis at ${this.#place}: ${reason}`, {}, { cause });
  }
}

/** What ioredis says of a command on a broken connection, since it is to keep no queue of its own. */
function wasNotSent(error: unknown): boolean {
  return error instanceof Error && error.message.includes('enableOfflineQueue options is false');
}

/** Why the server or its cluster will not have us, if that is what the error says. */
function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // A cluster that could not be entered tells why in the error of the last node it tried.
  if ('lastNodeError' in error) return refusalIn(error.lastNodeError);
  const refused = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH)\b|cluster support disabled/.test(error.message);
  return refused ? error.message : undefined;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname) return url;
  throw new BridgeError('STORE_REFUSED', 'store.url must look like redis://user:password@host:6379/0');
}

const backoff = (attempt: number): number => Math.min(25 * 2 ** attempt, 500);

// Nothing is sent again after a lost connection: an append would be stored twice.
const ONCE = { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false } as const;

function singleClient(url: string): Redis {
  return new Redis(url, {
    ...ONCE,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: backoff,
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    socketTimeout: SILENCE_MS,
    scripts,
  });
}

function clusterClient(url: URL): Cluster {
  if (url.pathname.length > 1 && url.pathname !== '/0') {
    throw new BridgeError(
      'STORE_REFUSED',
      `a Redis Cluster has database 0 only, store.url names ${url.pathname}`,
    );
  }
  return new Cluster([{ host: url.hostname, port: Number(url.port || 6379) }], {
    lazyConnect: true,
    clusterRetryStrategy: backoff,
    retryDelayOnFailover: 0,
    slotsRefreshInterval: 5_000,
    scripts,
    redisOptions: {
      ...ONCE,
      socketTimeout: SILENCE_MS,
      ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
      ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
}
