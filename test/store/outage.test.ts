import { expect, type onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../src/store/index.js';
import { type RedisServer, type RedisServerOptions, startRedis } from '../support/redis.js';

type OnFinished = typeof onTestFinished;

interface Opened {
  readonly redis: RedisServer;
  readonly store: Store;
  readonly said: string[];
}

async function opened(
  finished: OnFinished,
  options: RedisServerOptions = {},
  durability: 'always' | 'everysec' = 'everysec',
): Promise<Opened> {
  const redis = await startRedis(options);
  finished(() => redis.stop());
  const said: string[] = [];
  const log = (_facts: object, message: string) => {
    said.push(message);
  };
  const store = await openStore({ kind: 'redis', url: redis.url }, durability, { info: log, warn: log });
  finished(() => store.close());
  return { redis, store, said };
}

async function unavailableWithin(ms: number, operation: Promise<unknown>): Promise<void> {
  const begin = performance.now();
  await expect(operation).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(performance.now() - begin).toBeLessThan(ms);
}

test.concurrent('while Redis is down operations are refused in bounded time, and it goes on by itself', async ({
  onTestFinished: finished,
}) => {
  const { redis, store, said } = await opened(finished);
  const before = await store.append('{o}:s', '"before"');
  await redis.kill();
  await Promise.all([
    unavailableWithin(2_300, store.append('{o}:s', '"down"')),
    unavailableWithin(2_300, store.get('{o}:k')),
    unavailableWithin(2_300, store.commit([{ op: 'set', key: '{o}:k', value: '1' }])),
    unavailableWithin(2_300, store.acquire('{o}:l', 'me', 1_000)),
    expect(store.ping()).resolves.toBe(false),
  ]);
  const waiting = Promise.all([1, 2, 3].map((n) => store.append('{o}:s', String(n))));
  await redis.restart();
  const ids = await waiting;
  const entries = await store.range('{o}:s');
  expect(
    entries.map(({ id }) => id),
    'in order, nothing twice, nothing refused came through',
  ).toEqual([before, ...ids]);
  expect(await store.ping()).toBe(true);
  expect(said).toEqual(['the store does not answer; the bridge keeps trying', 'the store is back']);
});

test.concurrent('a Redis that hangs is as good as down', async ({ onTestFinished: finished, expect }) => {
  const { redis, store } = await opened(finished);
  redis.signal('SIGSTOP');
  await unavailableWithin(2_300, store.set('{o}:k', '1'));
  redis.signal('SIGCONT');
  await expect.poll(() => store.ping()).toBe(true);
});

test.concurrent('a Redis that is not there yet is waited for', async ({
  onTestFinished: finished,
  expect,
}) => {
  const { redis, store: first } = await opened(finished);
  await first.close();
  await redis.kill();
  const store = await openStore({ kind: 'redis', url: redis.url }, 'everysec');
  finished(() => store.close());
  await redis.restart();
  await expect.poll(() => store.ping()).toBe(true);
});

test.concurrent('a server that keeps less than the durability promises is warned of', async ({
  onTestFinished: finished,
}) => {
  const strict = await opened(finished, { appendfsync: 'always' }, 'always');
  expect(strict.said).toEqual([]);
  const lax = await opened(finished, { args: ['--maxmemory-policy', 'allkeys-lru'] }, 'always');
  expect(lax.said).toHaveLength(2);
  expect(lax.said.join('\n')).toMatch(
    /appendfsync everysec .* needs always[\s\S]*maxmemory-policy allkeys-lru/,
  );
});

test.concurrent('a server that refuses us is an error at once, and its reason is told', async ({
  onTestFinished: finished,
}) => {
  const redis = await startRedis({ args: ['--requirepass', 'secret-word'] });
  finished(() => redis.stop());
  const withPassword = (password: string) => redis.url.replace('//', `//:${password}@`);
  const refused = (url: string, cluster = false) =>
    openStore({ kind: 'redis', url, cluster }, 'everysec').catch((error: unknown) => error);
  expect(await refused(redis.url)).toMatchObject({ code: 'STORE_REFUSED' });
  const wrong = await refused(withPassword('wrong-word'));
  expect(wrong).toMatchObject({ code: 'STORE_REFUSED', message: expect.not.stringContaining('wrong-word') });
  expect(await refused(withPassword('secret-word'), true)).toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('cluster support disabled'),
  });
  expect(await refused('http://127.0.0.1')).toMatchObject({ code: 'STORE_REFUSED' });
  const store = await openStore({ kind: 'redis', url: withPassword('secret-word') }, 'everysec');
  expect(await store.ping()).toBe(true);
  await store.close();
});

test.concurrent('a cluster that is not configured as one is refused', async ({
  onTestFinished: finished,
}) => {
  const redis = await startRedis({ cluster: true });
  finished(() => redis.stop());
  const opening = openStore({ kind: 'redis', url: redis.url }, 'everysec');
  await expect(opening).rejects.toMatchObject({
    code: 'STORE_REFUSED',
    message: expect.stringContaining('cluster'),
  });
});
