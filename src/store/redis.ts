import type { ChainableCommander } from 'ioredis';
import { BridgeError } from '../errors/index.js';
import { checkField, checkKey, checkOps, checkPrefix, tagOf } from './keys.js';
import type {
  Appending,
  AppendOptions,
  Lease,
  RangeOptions,
  SetOptions,
  Store,
  StoreOp,
  StreamEntry,
  Text,
  Versioned,
} from './port.js';
import { RedisLink, type RedisLinkOptions } from './redis-link.js';
import { boundsOf, compareIds, formatId, nextId, parseId, type StreamId } from './stream-id.js';

const SCAN_PAGE = 500;
const TRIM_CHUNK = 10_000;

// Where each kind of data lies; the depot's hash tag stays the first pair of braces.
const valueKey = (key: string) => `depotbridge:v:${checkKey(key)}`; // hash: v the text, n the version
const indexKey = (key: string) => `depotbridge:i:${tagOf(key)}`; // sorted set: the names of all values of a depot
const hashKey = (key: string) => `depotbridge:h:${checkKey(key)}`;
const counterKey = (key: string) => `depotbridge:c:${checkKey(key)}`;
const streamKey = (key: string) => `depotbridge:s:${checkKey(key)}`; // entries with the one field v
const linksKey = (key: string) => `depotbridge:k:${checkKey(key)}`; // sorted set: `<cause>:<effect>`
const leaseKey = (key: string) => `depotbridge:l:${checkKey(key)}`; // hash: o the owner, t the token
const fenceKey = (key: string) => `depotbridge:f:${checkKey(key)}`; // the last token given

/**
 * Opens the store on a Redis server (7.0 or later) or a Redis Cluster. If the server cannot be reached now, the
 * store is given all the same and its operations reject STORE_UNAVAILABLE until it can.
 * @throws BridgeError STORE_REFUSED, STORE_TOO_OLD
 */
export async function openRedisStore(options: RedisLinkOptions): Promise<Store> {
  return new RedisStore(await RedisLink.open(options));
}

class RedisStore implements Store {
  readonly kind = 'redis';
  readonly #link: RedisLink;
  /** The last id known to be given out in each stream. */
  readonly #lastIds = new Map<string, StreamId>();

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async get(key: string): Promise<Versioned | null> {
    const at = valueKey(key);
    const [value, version] = await this.#link.run((redis) => redis.hmget(at, 'v', 'n'));
    return typeof value === 'string' ? { value, version: Number(version) } : null;
  }

  async set(key: string, value: string, options: SetOptions = {}): Promise<number | null> {
    const at = valueKey(key);
    const ifVersion = options.ifVersion === undefined ? '' : String(options.ifVersion);
    const ttl = options.ttlMs === undefined ? '' : String(Math.ceil(options.ttlMs));
    return this.#link.run((redis) => redis.dbSet(at, indexKey(key), value, ifVersion, ttl, key));
  }

  async delete(key: string): Promise<boolean> {
    const removed = await this.#multi((multi) => removeAll(multi, key));
    return removed.slice(0, 2).some((count) => Number(count) > 0);
  }

  async scan(prefix: string): Promise<Array<{ key: string; value: string }>> {
    const index = indexKey(checkPrefix(prefix));
    const found: Array<{ key: string; value: string }> = [];
    let from = `[${prefix}`;
    for (;;) {
      const low = from;
      const names = await this.#link.run((redis) =>
        redis.zrange(index, low, '+', 'BYLEX', 'LIMIT', 0, SCAN_PAGE),
      );
      const wanted = names.filter((name) => name.startsWith(prefix));
      const values = await Promise.all(
        wanted.map((name) => this.#link.run((redis) => redis.hget(valueKey(name), 'v'))),
      );
      for (const [position, key] of wanted.entries()) {
        const value = values[position];
        if (typeof value === 'string') found.push({ key, value });
        else await this.#link.run((redis) => redis.dbForget(valueKey(key), index, key));
      }
      if (wanted.length < SCAN_PAGE) return found;
      from = `(${names.at(-1)}`;
    }
  }

  async hashGet(key: string, field: string): Promise<string | null> {
    const at = hashKey(key);
    return this.#link.run((redis) => redis.hget(at, checkField(key, field)));
  }

  async hashGetAll(key: string): Promise<Record<string, string>> {
    const at = hashKey(key);
    return this.#link.run((redis) => redis.hgetall(at));
  }

  async hashSet(key: string, field: string, value: string): Promise<void> {
    const at = hashKey(key);
    checkField(key, field);
    await this.#link.run((redis) => redis.hset(at, field, value));
  }

  async hashDelete(key: string, field: string): Promise<boolean> {
    const at = hashKey(key);
    checkField(key, field);
    return (await this.#link.run((redis) => redis.hdel(at, field))) === 1;
  }

  async incr(key: string): Promise<number> {
    const at = counterKey(key);
    return this.#link.run((redis) => redis.incr(at));
  }

  async append(stream: string, value: string, options: AppendOptions = {}): Promise<string> {
    try {
      const { id, stored } = this.begin(stream, value, options);
      await stored;
      return id;
    } catch (error) {
      if (!isPassed(error)) throw error;
      const id = await this.#add(stream, '*', value, options);
      this.#learn(stream, id);
      return id;
    }
  }

  begin(stream: string, value: Text, options: AppendOptions = {}): Appending {
    const next = nextId(this.#lastIds.get(checkKey(stream)), Date.now());
    const id = formatId(next);
    const added = this.#add(stream, id, typeof value === 'string' ? value : value.join(''), options);
    this.#lastIds.set(stream, next);
    const stored = added.then(
      () => undefined,
      async (error: unknown) => {
        if (isPassed(error)) await this.#learnLast(stream);
        throw error;
      },
    );
    return { id, stored };
  }

  /** One XADD, with the links in the same step. */
  #add(stream: string, id: string, value: string, { links = [] }: AppendOptions): Promise<string> {
    const at = streamKey(stream);
    const causes = links.map(sortable);
    if (causes.length > 0)
      return this.#link.run((redis) => redis.dbAppend(at, linksKey(stream), id, value, ...causes));
    // Without NOMKSTREAM the answer is always an id.
    return this.#link.run((redis) => redis.xadd(at, id, 'v', value)).then((given) => given ?? id);
  }

  /** Another writer was here: from now on ids come after its last one. */
  async #learnLast(stream: string): Promise<void> {
    const facts = await this.#link.run((redis) => redis.xinfo('STREAM', streamKey(stream)));
    const list = Array.isArray(facts) ? facts : [];
    const last: unknown = list[list.indexOf('last-generated-id') + 1];
    if (typeof last === 'string') this.#learn(stream, last);
  }

  #learn(stream: string, id: string): void {
    const given = parseId(id);
    const last = this.#lastIds.get(stream);
    if (!last || compareIds(given, last) > 0) this.#lastIds.set(stream, given);
  }

  async linked(stream: string, id: string): Promise<string[]> {
    const at = linksKey(stream);
    const cause = sortable(id);
    // ';' is the character after ':'.
    const members = await this.#link.run((redis) => redis.zrange(at, `[${cause}:`, `(${cause};`, 'BYLEX'));
    const effects = members.map((member) => member.slice(cause.length + 1));
    return effects.sort((a, b) => compareIds(parseId(a), parseId(b)));
  }

  async range(stream: string, options: RangeOptions = {}): Promise<StreamEntry[]> {
    const at = streamKey(stream);
    const { low, high } = boundsOf(options);
    if (options.count === 0 || compareIds(low, high) > 0) return [];
    const [first, last] = [formatId(low), formatId(high)];
    const count = options.count ?? Number.MAX_SAFE_INTEGER;
    const entries = await this.#link.run((redis) =>
      options.reverse
        ? redis.xrevrange(at, last, first, 'COUNT', count)
        : redis.xrange(at, first, last, 'COUNT', count),
    );
    return entries.map(([id, [, value = '']]) => ({ id, value }));
  }

  async trim(stream: string, beforeId: string): Promise<number> {
    const at = streamKey(stream);
    const before = formatId(parseId(beforeId));
    // In portions first, so that the server answers others in between; then the rest to the letter.
    let removed = 0;
    for (;;) {
      const portion = await this.#link.run((redis) =>
        redis.xtrim(at, 'MINID', '~', before, 'LIMIT', TRIM_CHUNK),
      );
      removed += portion;
      if (portion === 0) break;
    }
    removed += await this.#link.run((redis) => redis.xtrim(at, 'MINID', '=', before));
    await this.#link.run((redis) => redis.zremrangebylex(linksKey(stream), '-', `(${sortable(beforeId)}`));
    return removed;
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    checkOps(ops);
    if (ops.length === 0) return;
    await this.#multi((multi) => {
      for (const op of ops) addOp(multi, op);
    });
  }

  async acquire(key: string, owner: string, ttlMs: number): Promise<Lease | null> {
    const at = leaseKey(key);
    const ttl = String(Math.ceil(ttlMs));
    const token = await this.#link.run((redis) => redis.dbAcquire(at, fenceKey(key), owner, ttl));
    return token === null ? null : { key, owner, token };
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    const at = leaseKey(lease.key);
    const ttl = String(Math.ceil(ttlMs));
    return (await this.#link.run((redis) => redis.dbRenew(at, lease.owner, String(lease.token), ttl))) === 1;
  }

  async release(lease: Lease): Promise<boolean> {
    const at = leaseKey(lease.key);
    return (await this.#link.run((redis) => redis.dbRelease(at, lease.owner, String(lease.token)))) === 1;
  }

  async ping(): Promise<boolean> {
    try {
      return (await this.#link.run((redis) => redis.set('depotbridge:ping', '1', 'PX', 60_000))) === 'OK';
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Runs commands as one transaction and gives their results. */
  async #multi(add: (multi: ChainableCommander) => void): Promise<unknown[]> {
    const results = await this.#link.run((redis) => {
      const multi = redis.multi();
      add(multi);
      return multi.exec();
    });
    return (results ?? []).map(([error, result]) => {
      if (error) throw new BridgeError('STORE_UNAVAILABLE', `Redis: ${error.message}`, {}, { cause: error });
      return result;
    });
  }
}

function addOp(multi: ChainableCommander, op: StoreOp): void {
  if (op.op === 'hashSet') {
    multi.hset(hashKey(op.key), op.field, op.value);
  } else if (op.op === 'hashDelete') {
    multi.hdel(hashKey(op.key), op.field);
  } else if (op.op === 'delete') {
    removeAll(multi, op.key);
  } else {
    multi.hincrby(valueKey(op.key), 'n', 1);
    multi.hset(valueKey(op.key), 'v', op.value);
    multi.persist(valueKey(op.key));
    multi.zadd(indexKey(op.key), 0, op.key);
  }
}

/** The first two results tell whether there was a value, and a hash. */
function removeAll(multi: ChainableCommander, key: string): void {
  multi.del(valueKey(key));
  multi.del(hashKey(key));
  multi.zrem(indexKey(key), key);
}

/** Redis refuses an id that is not greater than the stream's last one. */
function isPassed(error: unknown): boolean {
  return error instanceof Error && error.message.includes('equal or smaller than the target stream top item');
}

/** An id of fixed width, so that text order is stream order. */
function sortable(id: string): string {
  const { ms, seq } = parseId(id);
  return `${String(ms).padStart(15, '0')}-${String(seq).padStart(15, '0')}`;
}
