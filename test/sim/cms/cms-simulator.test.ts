import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Dialect, Presystem, type PresystemOptions } from '../../../src/sim/bms/index.js';
import { CmsSimulator, runCmsCommand } from '../../../src/sim/cms/index.js';

const POINT = 'urn:cms:S1-1';
const DIALECTS: readonly Dialect[] = ['1.0.0', '1.1.0', 'draft-2025-05', '2.0.0'];
const known = DIALECTS.map((dialect) => ({
  presystemId: `urn:bms:${dialect}`,
  user: dialect,
  password: 'secret',
  dialect,
}));

let cms: CmsSimulator;
let url: string;
const opened: Presystem[] = [];

beforeEach(async () => {
  cms = new CmsSimulator({ presystems: known, intervalMs: 60 });
  url = await cms.start();
});

afterEach(async () => {
  for (const presystem of opened.splice(0)) await presystem.close();
  await cms.stop();
});

async function connected(dialect: Dialect, options: Partial<PresystemOptions> = {}): Promise<Presystem> {
  const presystem = new Presystem({
    url,
    presystemId: `urn:bms:${dialect}`,
    kind: 'BMS',
    user: dialect,
    password: 'secret',
    dialect,
    reconnect: false,
    ...options,
  });
  opened.push(presystem);
  await presystem.connect();
  return presystem;
}

const request = (chargingRequestId: string) => ({
  vehicleId: `vehicle-${chargingRequestId}`,
  chargingRequestId,
  chargingPointId: POINT,
  chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95 },
});

const statusOf = (presystem: Presystem) => presystem.point(POINT)?.chargingProcessInfo?.processStatus;

describe.each(DIALECTS)('in %s', (dialect) => {
  it('charges what is ordered and plugged in, and ends it when told to', async () => {
    const presystem = await connected(dialect);
    await presystem.order(request('urn:R1'));
    await presystem.waitFor(() => presystem.point(POINT)?.scheduledChargingProcessList?.length === 1);
    cms.depot.plug(POINT, 'vehicle-urn:R1');
    await presystem.waitFor(() => statusOf(presystem) === 'Charging');
    expect(presystem.point(POINT)?.chargingProcessInfo).toMatchObject({
      presystemId: `urn:bms:${dialect}`,
      chargingRequestId: 'urn:R1',
    });
    await presystem.terminate('urn:R1');
    await presystem.waitFor(() => statusOf(presystem) === 'Finishing');
    cms.depot.unplug(POINT);
    await presystem.waitFor(() => statusOf(presystem) === undefined);
    expect(presystem.violations).toEqual([]);
  });
});

it('shows one depot to all dialects at once', async () => {
  const presystems = await Promise.all(DIALECTS.map((dialect) => connected(dialect)));
  cms.depot.plug(POINT, 'vehicle');
  await Promise.all(
    presystems.map((presystem) => presystem.waitFor(() => statusOf(presystem) === 'Charging')),
  );
  expect(presystems.flatMap(({ violations }) => violations)).toEqual([]);
});

it('keeps running requests that vanish with a restart of the upstream system in 2.0', async () => {
  const before = await connected('2.0.0');
  await before.order(request('R1'));
  cms.depot.plug(POINT, 'vehicle-R1');
  await before.waitFor(() => statusOf(before) === 'Charging');
  await before.close();
  const after = await connected('2.0.0');
  await after.setRequests([]);
  await after.waitFor(() => true);
  expect(statusOf(after)).toBe('Charging');
});

it('takes a mistake when told to, and the upstream system sees it', async () => {
  await cms.stop();
  cms = new CmsSimulator({ presystems: known, intervalMs: 60, faults: ['undeclared-field'] });
  url = await cms.start();
  const presystem = await connected('1.1.0');
  await expect.poll(() => presystem.violations.map(({ kind }) => kind)).toContain('schema');
});

it('speaks wss, and a presystem checks its certificate', async () => {
  const pem = (name: string) => readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), 'utf8');
  await cms.stop();
  cms = new CmsSimulator({ presystems: known, tls: { key: pem('ecdsa-key'), cert: pem('ecdsa') } });
  url = await cms.start();
  const presystem = await connected('1.1.0', { tls: { ca: pem('ecdsa') } });
  await presystem.waitFor(() => true);
  await expect(connected('2.0.0')).rejects.toMatchObject({ failure: 'not-reachable' });
});

it('runs as a command until told to stop', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const running = runCmsCommand({
    presystems: known,
    signal: stop.signal,
    print: (line) => lines.push(line),
  });
  await expect.poll(() => lines[0]).toMatch(/^listening: ws:/);
  url = (lines[0] ?? '').replace('listening: ', '');
  const presystem = await connected('1.1.0');
  await presystem.waitFor(() => true);
  await presystem.close();
  stop.abort();
  expect(await running).toBe(0);
  expect(lines).toContain('urn:bms:1.1.0 booted');
});
