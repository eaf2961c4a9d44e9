/** The bridge, or its store, dies in the middle of the work: what a charger saw acknowledged is there afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../../support/redis.js';
import { Fleet, transactionOf } from './fleet.js';
import { Scene } from './scene.js';

interface State {
  readonly processes: Readonly<
    Record<
      string,
      {
        readonly stationId: string;
        readonly transactionId?: { readonly value: string };
        readonly endedAt?: unknown;
      }
    >
  >;
}

describe('sudden ends under load', { timeout: 120_000 }, () => {
  /** Which acknowledged transactions the bridge does not know, or holds for running although their end was confirmed. */
  async function forgotten(crashed: Scene, fleet: Fleet): Promise<string[]> {
    const { processes } = await crashed.bridge.get<State>('/api/v1/state');
    const known = new Map(
      Object.values(processes).map((each) => [
        transactionOf(each.stationId, each.transactionId?.value),
        each,
      ]),
    );
    const starts = [...fleet.begun].filter((id) => !known.has(id));
    const stops = [...fleet.ended].filter((id) => !known.get(id)?.endedAt);
    return [...starts.map((id) => `start ${id}`), ...stops.map((id) => `stop ${id}`)];
  }

  it('kill -9 twice, then SIGTERM: nothing acknowledged is lost, and it ends in time', async () => {
    const crashed = await Scene.open({ store: 'lmdb' });
    const fleet = new Fleet(crashed, [1, 2]);
    try {
      for (let i = 0; i < 2; i++) {
        await delay(200 + Math.random() * 300);
        await crashed.bridge.kill();
        await crashed.bridge.restart();
      }
      const before = fleet.begun.size;
      await expect.poll(() => fleet.begun.size, { timeout: 30_000 }).toBeGreaterThan(before);
      const { code, ms } = await crashed.bridge.terminate();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(5_000);
      await crashed.bridge.restart();
      await fleet.end();
      expect(fleet.ended.size).toBeGreaterThan(10);
      expect(await forgotten(crashed, fleet)).toEqual([]);
    } finally {
      await fleet.end();
      await crashed.close();
    }
  });

  it('Redis killed -9 and started again: the bridge lives, chargers are told to repeat, nothing acknowledged is lost', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    const crashed = await Scene.open({ store: { redisUrl: redis.url }, durability: 'always' });
    const fleet = new Fleet(crashed, [1, 2]);
    try {
      await expect.poll(() => fleet.ended.size, { timeout: 30_000 }).toBeGreaterThan(5);
      await redis.kill();
      await delay(300);
      expect(await crashed.bridge.get('/readyz')).toMatchObject({ status: 503 });
      await redis.restart();
      const before = fleet.ended.size;
      await expect.poll(() => fleet.ended.size, { timeout: 30_000 }).toBeGreaterThan(before + 3);
      // No station comes back to mend by its next transaction what was lost of the one before.
      const ended = fleet.end();
      await crashed.bridge.kill();
      await ended;
      await crashed.bridge.restart();
      expect(await forgotten(crashed, fleet)).toEqual([]);
    } finally {
      await fleet.end();
      await crashed.close();
      await redis.stop();
    }
  });
});
