/**
 * 13: the key of a charger is rotated through the bridge that it is connected to: a bridge as its user runs it, killed
 * on the way, both stores, both versions.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, inject, it, type TestContext } from 'vitest';
import type { JournalEntry } from '../../../src/journal/index.js';
import type { PasswordChanged, PasswordStatus } from '../../../src/ocpp/index.js';
import { ChargerSimulator } from '../../../src/sim/charger/index.js';
import { until } from '../../ocpp/harness.js';
import { knock } from '../../ocpp/raw.js';
import { type BridgeProcess, startBridgeProcess } from '../../support/bridge.js';
import { RawStation } from '../../support/raw-station.js';

interface Version {
  readonly id: 'N1' | 'N4';
  readonly old: string;
  readonly protocol: 'ocpp1.6' | 'ocpp2.0.1';
  readonly action: string;
}

const in16: Version = {
  ...{ id: 'N1', old: 'cp-n1-secret-0001' },
  ...{ protocol: 'ocpp1.6', action: 'ChangeConfiguration' },
};
const in201: Version = {
  ...{ id: 'N4', old: 'cp-n4-secret-0004' },
  ...{ protocol: 'ocpp2.0.1', action: 'SetVariables' },
};

async function bridgeOn(store: 'lmdb' | 'redis', { onTestFinished }: TestContext): Promise<BridgeProcess> {
  const bridge = await startBridgeProcess({
    store: store === 'lmdb' ? 'lmdb' : { redisUrl: inject('redisUrl') },
    edit: (text) => `${text}\nlog: { level: trace }\n`,
  });
  onTestFinished(() => bridge.remove());
  return bridge;
}

/** A charger, the passwords that it was told, and how often it came in. */
async function chargerOf(
  { ports }: BridgeProcess,
  { id, protocol, old, action }: Version,
  context: TestContext,
) {
  const charger = new ChargerSimulator({
    url: `ws://127.0.0.1:${ports.ocpp}/ocpp`,
    identity: `CP-${id}`,
    password: old,
    protocol,
    points: [
      {
        ...(protocol === 'ocpp1.6' ? { connectorId: 1 } : { evseId: 1 }),
        powerType: 'DC',
        maxPowerW: 150_000,
      },
    ],
    reconnect: { initialMs: 50, maxMs: 200 },
  });
  context.onTestFinished(() => charger.stop());
  const seen = { charger, told: [] as string[], connected: 0 };
  charger.events.on('connected', () => {
    seen.connected += 1;
  });
  charger.events.on('received', (frame) => {
    const password = passwordIn(JSON.parse(frame) as unknown[], action);
    if (password !== undefined) seen.told.push(password);
  });
  await charger.start();
  return seen;
}

function passwordIn([kind, , action, payload]: unknown[], wanted: string): string | undefined {
  if (kind !== 2 || action !== wanted) return undefined;
  const { key, value, setVariableData } = payload as {
    key?: string;
    value?: string;
    setVariableData?: { variable: { name: string }; attributeValue: string }[];
  };
  if (key === 'AuthorizationKey') return value;
  return setVariableData?.find(({ variable }) => variable.name === 'BasicAuthPassword')?.attributeValue;
}

async function change({ ports }: BridgeProcess, id: string, body: object = {}) {
  const response = await fetch(`http://127.0.0.1:${ports.admin}/api/v1/stations/${id}/password`, {
    method: 'POST',
    headers: { authorization: 'Bearer demo-admin', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { http: response.status, ...((await response.json()) as PasswordChanged) };
}

const statusOf = (bridge: BridgeProcess, id: string) =>
  bridge.get<PasswordStatus>(`/api/v1/stations/${id}/password`);

/** Whether the password of a source is in force, and no other counts. */
async function isAlone(bridge: BridgeProcess, id: string, source: PasswordStatus['inForce']['source']) {
  const { inForce, told } = await statusOf(bridge, id);
  return told.length === 0 && inForce.source === source;
}

const knocking = ({ ports }: BridgeProcess, { id, protocol }: Version, password: string) =>
  knock(ports.ocpp, { identity: `CP-${id}`, password, protocols: [protocol] });

/** All that somebody might read: journal, log, and the files of the store. */
async function readable(bridge: BridgeProcess, store: 'lmdb' | 'redis'): Promise<Buffer> {
  const entries: JournalEntry[] = [];
  for (let after = '0-0'; ; after = entries.at(-1)?.id ?? after) {
    const page = await bridge.get<JournalEntry[]>(`/api/v1/journal?after=${after}&count=500`);
    if (page.length === 0) break;
    entries.push(...page);
  }
  const data = join(dirname(bridge.configFile), 'data');
  const files =
    store === 'lmdb'
      ? readdirSync(data, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
      : [];
  const bytes = files.map((each) => readFileSync(join(each.parentPath, each.name)));
  return Buffer.concat([Buffer.from(JSON.stringify([entries, bridge.log])), ...bytes]);
}

/** A station that hears the password that it is told, and says nothing. */
async function silentStation({ ports }: BridgeProcess, { id, old, protocol, action }: Version) {
  const station = await RawStation.connect(ports.ocpp, `CP-${id}`, old, protocol);
  station.socket.removeAllListeners('message');
  const heard = new Promise<string>((resolve) => {
    station.socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as unknown[];
      const password = passwordIn(frame, action);
      if (password !== undefined) resolve(password);
      else if (frame[0] === 2) station.socket.send(JSON.stringify([4, frame[1], 'NotSupported', '', {}]));
    });
  });
  return { heard };
}

const BOTH = [in16, in201] as const;
const ofBoth = <T>(each: (version: Version) => Promise<T>): Promise<T[]> => Promise.all(BOTH.map(each));

describe.each(['lmdb', 'redis'] as const)('13 key rotation of both versions, on %s', (store) => {
  it('13 chargers come in with new passwords, over kill -9, and nobody can read them', {
    timeout: 120_000,
  }, async (context) => {
    const { expect } = context;
    const bridge = await bridgeOn(store, context);
    const rotated = await ofBoth(async (version) => {
      const { id, old } = version;
      const seen = await chargerOf(bridge, version, context);
      const changed = await change(bridge, id);
      expect(changed).toMatchObject({ http: 200, outcome: 'accepted', status: 'Accepted' });
      expect(changed).not.toHaveProperty('password');
      await until(() => isAlone(bridge, id, 'bridge'), 'the login with the new password');
      const [password = ''] = seen.told;
      expect(password.length).toBeGreaterThan(16);
      expect(await knocking(bridge, version, old)).toBe(401);
      expect(await knocking(bridge, version, 'guessed-secret-1')).toBe(401);
      return { version, seen, password };
    });
    const before = rotated.map(({ seen }) => seen.connected);
    await bridge.kill();
    await bridge.restart();
    for (const [index, { version, seen }] of rotated.entries()) {
      await until(() => seen.connected > (before[index] ?? 0), 'its return');
      expect(await knocking(bridge, version, version.old)).toBe(401);
    }
    const text = await readable(bridge, store);
    expect(text.includes('(hidden)')).toBe(true);
    for (const { version, password } of rotated) {
      expect(text.includes(password)).toBe(false);
      if (version === in16) expect(text.includes(Buffer.from(password, 'hex'))).toBe(false);
    }

    // And back to those of the configuration.
    for (const { version, seen, password } of rotated) {
      const back = await change(bridge, version.id, { source: 'configuration' });
      expect(back).toMatchObject({ http: 200, outcome: 'accepted' });
      await until(
        () => isAlone(bridge, version.id, 'configuration'),
        'the login with the configured password',
      );
      await seen.charger.stop();
      expect(await knocking(bridge, version, password)).toBe(401);
      expect(await knocking(bridge, version, version.old)).toBe(101);
    }
  });

  it('13 a bridge that dies while the chargers are told locks nobody out', {
    timeout: 120_000,
  }, async (context) => {
    const { expect } = context;
    const bridge = await bridgeOn(store, context);
    const told = await ofBoth(async (version) => {
      const { heard } = await silentStation(bridge, version);
      const lost = change(bridge, version.id).catch(() => 'lost');
      return { version, password: await heard, lost };
    });
    await bridge.kill();
    for (const { lost } of told) expect(await lost).toBe('lost');
    await bridge.restart();
    for (const { version, password } of told) {
      expect(await knocking(bridge, version, 'guessed-secret-1')).toBe(401);
      expect(await knocking(bridge, version, version.old)).toBe(101);
      expect(await knocking(bridge, version, password)).toBe(101);
      expect(await knocking(bridge, version, version.old)).toBe(401);
    }
    const text = await readable(bridge, store);
    for (const { password } of told) expect(text.includes(password)).toBe(false);
  });
});

it('13 the configuration counts again once its password is changed, and says so', {
  timeout: 120_000,
}, async (context) => {
  const { expect } = context;
  const bridge = await bridgeOn('lmdb', context);
  const seen = await chargerOf(bridge, in16, context);
  await change(bridge, 'N1');
  await until(() => isAlone(bridge, 'N1', 'bridge'), 'the login with the new password');
  await seen.charger.stop();
  await bridge.terminate();
  const text = readFileSync(bridge.configFile, 'utf8');
  writeFileSync(bridge.configFile, text.replace(in16.old, 'set-by-hand-00001'));
  await bridge.restart();
  expect(bridge.log).toContainEqual(
    expect.objectContaining({ stationId: 'N1', msg: expect.stringContaining('configured password') }),
  );
  const [password = ''] = seen.told;
  expect(await knocking(bridge, in16, Buffer.from(password, 'hex').toString('latin1'))).toBe(401);
  expect(await knocking(bridge, in16, password)).toBe(401);
  expect(await knocking(bridge, in16, 'set-by-hand-00001')).toBe(101);
});
