import type { Redis } from 'ioredis';
import { BridgeError } from '../errors/index.js';
import type { Durability, StoreLogger } from './port.js';

const MIN_MAJOR = 7;

/** What the bridge was configured with. */
export interface Expectations {
  readonly cluster: boolean;
  readonly durability: Durability;
  readonly logger: StoreLogger | undefined;
}

/**
 * Checks a server when the bridge connects to it: its version, and that it keeps what it acknowledges to the
 * configured durability. Redis answers a write after the sync if `appendfsync always` is set; WAITAOF, which would
 * wait for the sync of a single write, came with Redis 7.2 only and adds nothing to `appendfsync always`.
 * @throws BridgeError STORE_TOO_OLD, STORE_REFUSED if it is a cluster that was not configured as one
 */
export async function checkServer(server: Redis, wanted: Expectations): Promise<void> {
  const { durability, logger } = wanted;
  const version = fieldOf(await server.info('server'), 'redis_version') ?? '0';
  if (Number.parseInt(version, 10) < MIN_MAJOR) {
    throw new BridgeError('STORE_TOO_OLD', `the server is Redis ${version}; ${MIN_MAJOR}.0 is needed`);
  }
  if (!wanted.cluster && fieldOf(await server.info('cluster'), 'cluster_enabled') === '1') {
    throw new BridgeError(
      'STORE_REFUSED',
      'the server belongs to a Redis Cluster, set store.cluster to true',
    );
  }
  const warn = (setting: string, found: string, needed: string, effect: string) => {
    const message = `the Redis server has ${setting} ${found} where durability ${durability} needs ${needed}: ${effect}`;
    logger?.warn({ setting, found, needed, durability }, message);
  };
  const settings = await settingsOf(server);
  if (settings.appendonly === undefined) {
    warn('appendonly', 'hidden', 'yes', 'make sure of it yourself, CONFIG GET is not allowed');
  } else if (settings.appendonly !== 'yes') {
    warn('appendonly', settings.appendonly, 'yes', 'what was stored is lost when the server ends');
  }
  if (durability === 'always' && settings.appendfsync !== 'always') {
    warn(
      'appendfsync',
      settings.appendfsync ?? 'hidden',
      'always',
      'up to a second is lost if its machine dies',
    );
  }
  if (settings.appendfsync === 'no') {
    warn('appendfsync', 'no', durability, 'more than a second may be lost if its machine dies');
  }
  if (settings.policy !== undefined && settings.policy !== 'noeviction') {
    warn(
      'maxmemory-policy',
      settings.policy,
      'noeviction',
      'the server may drop state when its memory is full',
    );
  }
}

interface Settings {
  readonly appendonly: string | undefined;
  readonly appendfsync: string | undefined;
  readonly policy: string | undefined;
}

/** From CONFIG GET; where that is not allowed (a managed server, an ACL), as much as INFO tells. */
async function settingsOf(server: Redis): Promise<Settings> {
  try {
    const pairs = (await server.config('GET', 'append*', 'maxmemory-policy')) as string[];
    const setting = (name: string) => pairs[pairs.indexOf(name) + 1];
    return {
      appendonly: setting('appendonly'),
      appendfsync: setting('appendfsync'),
      policy: setting('maxmemory-policy'),
    };
  } catch {
    const aof = fieldOf(await server.info('persistence'), 'aof_enabled');
    const policy = fieldOf(await server.info('memory'), 'maxmemory_policy');
    return { appendonly: aof && (aof === '1' ? 'yes' : 'no'), appendfsync: undefined, policy };
  }
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
