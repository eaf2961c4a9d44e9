/** A whole bridge in this process, on free ports and a copy of the OCPP 1.6 tables that a test may change. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Bridge, startBridge } from '../../src/bridge.js';
import { parseConfig } from '../../src/config/index.js';
import type { JsonObject } from '../../src/mapping/index.js';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** What a bridge with partners and presystems does not start without. */
const SPACES = ['ocpp16', 'ocpp201', 'vdv463', 'ocpi'];

export interface World {
  readonly bridge: Bridge;
  readonly configText: string;
  readonly configFile: string;
  readonly log: readonly Record<string, unknown>[];
  /** Changes a file of the copied tables. */
  edit(path: string, change: (text: string) => string): void;
  /** A call of CP-N1, as it would be journalled; its id. */
  received(action: string, payload: JsonObject): Promise<string>;
  admin<T>(method: string, path: string): Promise<{ status: number; body: T }>;
}

export async function startWorld(edit: (text: string) => string = (text) => text): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-tables-'));
  const mappings = join(folder, 'mappings');
  for (const space of SPACES) cpSync(file(`mappings/${space}`), join(mappings, space), { recursive: true });
  const configText = edit(
    readFileSync(file('config/depot.example.yaml'), 'utf8')
      .replaceAll(/port: 746\d/g, 'port: 0')
      .replace(/^store:.*$/m, `store: { kind: lmdb, path: ${join(folder, 'data')} }`)
      .replace('mappings: [builtin]', `mappings: [${mappings}]`),
  );
  const configFile = join(folder, 'depot.yaml');
  writeFileSync(configFile, configText);
  const log: Record<string, unknown>[] = [];
  const write = (line: string) => {
    log.push(JSON.parse(line) as Record<string, unknown>);
  };
  const bridge = await startBridge(parseConfig(configText, configFile), pino({ level: 'info' }, { write }));
  onTestFinished(async () => {
    await bridge.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    bridge,
    configText,
    configFile,
    log,
    edit(path, change) {
      const name = join(mappings, path);
      writeFileSync(name, change(readFileSync(name, 'utf8')));
    },
    async received(action, payload) {
      const { depot } = bridge.runtime;
      const entry = await depot.journal.append({
        depotId: depot.id,
        link: 'ocpp:CP-N1',
        protocol: 'ocpp1.6',
        direction: 'in',
        action,
        raw: JSON.stringify([2, 'm', action, payload]),
        causes: [],
      });
      return entry.id;
    },
    async admin<T>(method: string, path: string) {
      const response = await fetch(`http://127.0.0.1:${bridge.ports.admin}${path}`, {
        method,
        headers: { authorization: 'Bearer demo-admin' },
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
    },
  };
}

export const faulted = {
  connectorId: 1,
  errorCode: 'GroundFailure',
  status: 'Faulted',
  vendorErrorCode: 'E042',
} satisfies JsonObject;
