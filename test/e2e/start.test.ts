/** What the README promises of `start`: one log line, health, a clean end, wrong configurations refused. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startBridgeProcess } from '../support/bridge.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../config/depot.example.yaml', import.meta.url));

/** Starts a bridge in a folder, ends it when it is ready, and gives its log until then. */
async function logUntilReady(configFile: string, cwd: string): Promise<Record<string, unknown>[]> {
  const child = spawn(process.execPath, [MAIN, 'start', '--config', configFile], { cwd });
  const exited = once(child, 'exit');
  const told: Record<string, unknown>[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(JSON.parse(line));
      if (told.at(-1)?.['msg'] === 'ready') break;
    }
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  return told;
}

describe('depotbridge start', () => {
  it('runs the example, says ready with its ports, turns healthy, ends with 0 within 5 s', async () => {
    const bridge = await startBridgeProcess({ store: 'lmdb' });
    try {
      expect(bridge.log.find((line) => line['msg'] === 'ready')).toMatchObject({ ports: bridge.ports });
      expect(await bridge.get('/readyz')).toMatchObject({ status: 'ok' });
      const { code, ms } = await bridge.terminate();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(5000);
    } finally {
      await bridge.remove();
    }
  });

  it('says which store it uses, whether it is new or what it holds', async () => {
    const bridge = await startBridgeProcess({ store: 'lmdb' });
    const told = () => bridge.log.filter((line) => 'isNew' in line);
    try {
      const store = join(dirname(bridge.configFile), 'data');
      expect(told()).toMatchObject([{ level: 30, store, isNew: true }]);
      await bridge.terminate();
      await bridge.restart();
      const journal = { from: expect.stringMatching(/^2.+Z$/), to: expect.stringMatching(/^2.+Z$/) };
      expect(told()[1]).toMatchObject({ level: 30, store, isNew: false, journal, processes: 0, parked: 0 });
    } finally {
      await bridge.remove();
    }
  });

  it('warns when the store lies beside the configuration and another would be begun elsewhere', async () => {
    const bridge = await startBridgeProcess({
      store: 'lmdb',
      edit: (text) => text.replace(/^store:.*$/m, 'store: { kind: lmdb, path: ./data }'),
    });
    try {
      const folder = dirname(bridge.configFile);
      expect(bridge.log.find((line) => 'beside' in line)).toBeUndefined();
      await bridge.terminate();
      const elsewhere = join(folder, 'elsewhere');
      mkdirSync(elsewhere);
      const told = await logUntilReady(bridge.configFile, elsewhere);
      const paths = { store: join(elsewhere, 'data'), beside: join(folder, 'data') };
      expect(told).toContainEqual(expect.objectContaining({ level: 40, ...paths }));
    } finally {
      await bridge.remove();
    }
  });

  it('goes on when nobody reads its log any more, and ends with 0', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depotbridge-e2e-'));
    const file = join(folder, 'depot.yaml');
    writeFileSync(file, readFileSync(EXAMPLE, 'utf8').replaceAll(/746[0-3]/g, '0'));
    const child = spawn(process.execPath, [MAIN, 'start', '--config', file], { cwd: folder });
    try {
      const exited = once(child, 'exit', { signal: AbortSignal.timeout(45_000) });
      for await (const chunk of child.stdout) if (String(chunk).includes('"ready"')) break;
      child.kill('SIGHUP');
      await delay(500);
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses a wrong configuration with file, line, the value and what would be right', () => {
    const folder = mkdtempSync(join(tmpdir(), 'depotbridge-e2e-'));
    const file = join(folder, 'depot.yaml');
    writeFileSync(file, readFileSync(EXAMPLE, 'utf8').replace('kind: BMS,', 'kind: BSM,'));
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'start', '--config', file], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    rmSync(folder, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toContain(`${file}:55:34: CONFIG_INVALID: upstreams.0.kind is "BSM"; did you mean BMS?`);
  });

  it('refuses a store that another bridge uses, naming it', async () => {
    const bridge = await startBridgeProcess({ store: 'lmdb' });
    try {
      const again = spawnSync(process.execPath, [MAIN, 'start', '--config', bridge.configFile], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(again.status).toBe(1);
      expect(again.stderr).toContain('STORE_LOCKED');
    } finally {
      await bridge.remove();
    }
  });
});
