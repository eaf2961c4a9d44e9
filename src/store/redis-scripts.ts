import type { Result } from 'ioredis';

/**
 * What must be decided inside Redis. All keys of a call share one hash tag. Scripts run alone, so each is atomic;
 * they use the server's clock only.
 */
export const scripts = {
  /** KEYS value, index; ARGV text, ifVersion or '', ttlMs or '', name → new version, or nil. */
  dbSet: {
    numberOfKeys: 2,
    lua: `
local version = tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
if ARGV[2] ~= '' and version ~= tonumber(ARGV[2]) then return false end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'n', version + 1)
if ARGV[3] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
redis.call('ZADD', KEYS[2], 0, ARGV[4])
return version + 1`,
  },
  /** KEYS value, index; ARGV name. Takes the name of an expired value from the index, unless it was set again. */
  dbForget: {
    numberOfKeys: 2,
    lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.call('ZREM', KEYS[2], ARGV[1]) end
return 0`,
  },
  /** KEYS stream, links; ARGV id or '*', text, sortable id of each cause → id. */
  dbAppend: {
    numberOfKeys: 2,
    lua: `
local id = redis.call('XADD', KEYS[1], ARGV[1], 'v', ARGV[2])
for i = 3, #ARGV do redis.call('ZADD', KEYS[2], 0, ARGV[i] .. ':' .. id) end
return id`,
  },
  /** KEYS lease, fence; ARGV owner, ttlMs → token, or nil. */
  dbAcquire: {
    numberOfKeys: 2,
    lua: `
local owner = redis.call('HGET', KEYS[1], 'o')
if owner and owner ~= ARGV[1] then return false end
local token = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], 'o', ARGV[1], 't', token)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return token`,
  },
  /** KEYS lease; ARGV owner, token, ttlMs → 1, or 0 if it was lost. */
  dbRenew: {
    numberOfKeys: 1,
    lua: `
local held = redis.call('HMGET', KEYS[1], 'o', 't')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`,
  },
  /** KEYS lease; ARGV owner, token → 1, or 0 if it was lost. */
  dbRelease: {
    numberOfKeys: 1,
    lua: `
local held = redis.call('HMGET', KEYS[1], 'o', 't')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
};

declare module 'ioredis' {
  interface RedisCommander<Context> {
    dbSet(
      value: string,
      index: string,
      text: string,
      ifVersion: string,
      ttlMs: string,
      name: string,
    ): Result<number | null, Context>;
    dbForget(value: string, index: string, name: string): Result<number, Context>;
    dbAppend(
      stream: string,
      links: string,
      id: string,
      text: string,
      ...causes: string[]
    ): Result<string, Context>;
    dbAcquire(lease: string, fence: string, owner: string, ttlMs: string): Result<number | null, Context>;
    dbRenew(lease: string, owner: string, token: string, ttlMs: string): Result<number, Context>;
    dbRelease(lease: string, owner: string, token: string): Result<number, Context>;
  }
}
