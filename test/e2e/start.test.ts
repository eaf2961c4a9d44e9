/** What the README promises of `start`: one log line, health, a clean end, wrong configurations refused. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startBridgeProcess } from '../support/bridge.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../config/depot.example.yaml', import.meta.url));

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

  it('refuses a wrong configuration with file, line, the value and what would be right', () => {
    const folder = mkdtempSync(join(tmpdir(), 'depotbridge-e2e-'));
    const file = join(folder, 'depot.yaml');
    writeFileSync(file, readFileSync(EXAMPLE, 'utf8').replace('kind: BMS,', 'kind: BSM,'));
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'start', '--config', file], {
      encoding: 'utf8',
      timeout: 10_000,
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
        timeout: 10_000,
      });
      expect(again.status).toBe(1);
      expect(again.stderr).toContain('STORE_LOCKED');
    } finally {
      await bridge.remove();
    }
  });
});
