/** What no table could make whole is kept, seen, and run again after a fix; what production does is counted. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.js';
import { parked } from '../../src/cli/parked.js';
import { parseConfig } from '../../src/config/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import type { JsonObject, MapFailure } from '../../src/mapping/index.js';
import { Parked } from '../../src/tables/index.js';
import { output } from '../cli/support.js';
import { dial } from '../ocpp/raw.js';
import { faulted, startWorld, type World } from './world.js';

const unknownPoint: MapFailure = { code: 'MAP_IDENTITY', mapping: 'ocpp16.fault', message: 'no point N1/2' };

/** A fault at a connector that nobody configured yet. */
async function withParked(
  world: World,
  payload: JsonObject = { ...faulted, connectorId: 2 },
): Promise<string> {
  const raw = await world.received('StatusNotification', payload);
  world.bridge.runtime.park(raw, unknownPoint);
  world.bridge.runtime.park(raw, { ...unknownPoint, mapping: 'ocpp16.point-status' });
  return raw;
}

describe('parked objects', () => {
  it('are logged once', async () => {
    const world = await startWorld();
    const socket = await dial(world.bridge.ports.ocpp);
    const payload = { connectorId: 9, idTag: 'X', meterStart: 0, timestamp: new Date().toISOString() };
    expect(await socket.ask([2, '1', 'StartTransaction', payload])).toMatchObject([3, '1', {}]);
    const told = world.log.filter(({ mapping }) => mapping === 'ocpp16.transaction-started');
    expect(told).toMatchObject([{ code: 'MAP_IDENTITY', journalId: expect.any(String) }]);
    await socket.end();
  });

  it('are listed with all that failed, shown with their payload, removed', async () => {
    const world = await startWorld();
    const raw = await withParked(world);
    const list = await world.admin<{ raw: string; failures: MapFailure[] }[]>('GET', '/api/v1/parked');
    expect(list.body.map(({ raw: id, failures }) => [id, failures.length])).toEqual([[raw, 2]]);
    const shown = await world.admin<{ entry: { action: string } }>('GET', `/api/v1/parked/${raw}`);
    expect(shown.body).toMatchObject({ raw, entry: { action: 'StatusNotification' } });
    expect((await world.admin('DELETE', `/api/v1/parked/${raw}`)).status).toBe(204);
    expect((await world.admin('GET', '/api/v1/parked')).body).toEqual([]);
    const gone = await world.admin<{ code: string }>('GET', `/api/v1/parked/${raw}`);
    expect([gone.status, gone.body.code]).toEqual([404, 'MAP_NOT_PARKED']);
  });

  it('stay while they still fail', async () => {
    const world = await startWorld();
    const raw = await withParked(world);
    const { body } = await world.admin<object[]>('POST', '/api/v1/parked/rerun');
    expect(body).toMatchObject([
      { raw, outcome: 'fails', failures: [{ code: 'MAP_IDENTITY' }, { code: 'MAP_IDENTITY' }] },
    ]);
    expect((await world.admin<object[]>('GET', '/api/v1/parked')).body).toHaveLength(1);
  });

  it('come into the state once they are whole, and leave a trace of it', async () => {
    const world = await startWorld();
    const { runtime, store } = world.bridge;
    const raw = await withParked(world);
    const point =
      '{ id: N1-2, connector: 2, standard: IEC_62196_T2_COMBO, format: CABLE, powerType: DC, maxVoltage: 920, maxAmperage: 200 }';
    const text = world.configText.replace('- { id: N1-1,', `- ${point}\n          - { id: N1-1,`);
    const mended = { ...runtime, identity: new IdentityRegistry(parseConfig(text, 'depot.yaml')) };
    const list = await Parked.open(store, runtime.depot.id, runtime.log);
    expect(await list.rerun(mended, { dryRun: true })).toMatchObject([{ raw, outcome: 'would-apply' }]);
    expect(list.size).toBe(2);
    const [done] = await list.rerun(mended, { raw });
    expect(done).toMatchObject({ outcome: 'applied', message: 'ocpp16.StatusNotification' });
    expect(done?.events.map(({ type }) => type).sort()).toEqual(['FaultReported', 'PointStatusReported']);
    expect(await list.list()).toEqual([]);
    const trace = await runtime.depot.journal.traceForward(raw);
    expect(trace.children.map(({ entry }) => entry.action)).toEqual(['ParkedRerun']);
  });

  it('apply only what had failed of a payload', async () => {
    const world = await startWorld();
    const { runtime } = world.bridge;
    const raw = await world.received('StatusNotification', faulted);
    runtime.park(raw, unknownPoint);
    const { body } = await world.admin<{ outcome: string; events: { type: string }[] }[]>(
      'POST',
      `/api/v1/parked/${raw}/rerun`,
    );
    expect(body[0]?.events.map(({ type }) => type)).toEqual(['FaultReported']);
    expect(runtime.depot.state.stations.get('N1')?.points['N1-1']?.faults?.['status']?.raw).toBe(raw);
    expect(runtime.depot.state.stations.get('N1')?.points['N1-1']?.status).toBeUndefined();
  });

  it('are run again from the command line while no bridge runs', async () => {
    const world = await startWorld();
    const raw = await world.received('StatusNotification', faulted);
    world.bridge.runtime.park(raw, unknownPoint);
    await world.bridge.stop();
    const run = (options: object) =>
      output(() => parked({ config: world.configFile, format: 'text', ...options }));
    expect((await run({})).text).toContain(`${raw}\n  ocpp16.fault: MAP_IDENTITY`);
    expect((await run({ show: raw })).text).toContain('"GroundFailure"');
    expect(await run({ rerun: true, dryRun: true })).toMatchObject({
      code: 0,
      text: expect.stringContaining('would-apply'),
    });
    expect(await run({ rerun: raw })).toMatchObject({
      code: 0,
      text: expect.stringContaining(`${raw} applied`),
    });
    expect((await run({})).text).toBe('nothing is parked\n');
  });
});

describe('the list of parked objects', () => {
  interface Row {
    raw: string;
    station?: string;
    presystem?: string;
  }

  it('says whose each is, and is asked for those of one station', async () => {
    const world = await startWorld();
    const { runtime } = world.bridge;
    const ids = await Promise.all(['N1', 'N2'].map(() => world.received('StatusNotification', faulted)));
    const [mine = '', other = ''] = ids;
    runtime.park(mine, unknownPoint, { station: 'N1' });
    runtime.park(other, { ...unknownPoint, code: 'OCPP_INVALID_PAYLOAD' }, { station: 'N2' });
    runtime.park('1-0', unknownPoint, { presystem: 'BMS-1' });
    const { body } = await world.admin<Row[]>('GET', '/api/v1/parked');
    expect(body).toMatchObject([
      { raw: '1-0', presystem: 'BMS-1' },
      { raw: mine, station: 'N1' },
      { raw: other, station: 'N2' },
    ]);
    expect((await world.admin<Row[]>('GET', '/api/v1/parked?station=N2')).body).toMatchObject([
      { raw: other },
    ]);
    const rerun = await world.admin<Row[]>('POST', '/api/v1/parked/rerun?station=N1');
    expect(rerun.body).toMatchObject([{ raw: mine, outcome: 'applied' }]);
    await world.bridge.stop();
    const run = (options: object) =>
      output(() => parked({ config: world.configFile, format: 'text', ...options }));
    expect((await run({ station: 'N2' })).text).toBe(
      `${other}  N2\n  ocpp16.fault: OCPP_INVALID_PAYLOAD no point N1/2\n`,
    );
    expect((await run({ station: 'N1' })).text).toBe('nothing is parked\n');
  });

  it('is bounded for each kind of fault, so that one broken station pushes nobody out', async () => {
    const world = await startWorld();
    const { runtime } = world.bridge;
    runtime.park('1-0', unknownPoint, { station: 'N2' });
    for (let number = 0; number < 250; number += 1)
      runtime.park(`${1000 + number}-0`, unknownPoint, { station: 'N1' });
    runtime.park('2000-0', { ...unknownPoint, mapping: 'ocpp16.boot' }, { station: 'N1' });
    const { body } = await world.admin<Row[]>('GET', '/api/v1/parked');
    expect(body).toHaveLength(102);
    expect(body.map(({ raw }) => raw)).toEqual(expect.arrayContaining(['1-0', '1150-0', '1249-0', '2000-0']));
    const tallies = await world.admin<object[]>('GET', '/api/v1/parked/tallies');
    expect(tallies.body).toContainEqual({
      ...{ station: 'N1', code: 'MAP_IDENTITY', mapping: 'ocpp16.fault', count: 250, dropped: 150 },
      last: { raw: '1249-0', message: 'no point N1/2' },
    });
    expect(await runtime.metrics.registry.metrics()).toContain('bridge_parked_dropped_total 150');
    const told = world.log.filter(({ msg }) => String(msg).includes('is parked'));
    expect(told.length).toBe(102);
  });
});

describe('depotbridge check --effective --station', () => {
  it('asks a running bridge what the station said of itself', async () => {
    const world = await startWorld();
    const raw = await world.received('BootNotification', {
      chargePointVendor: 'Legrand',
      chargePointModel: 'GreenUp',
    });
    world.bridge.runtime.park(raw, { ...unknownPoint, mapping: 'ocpp16.boot' });
    await world.admin('POST', '/api/v1/parked/rerun');
    const config = `${world.configFile}.running`;
    writeFileSync(config, world.configText.replace('port: 0', `port: ${world.bridge.ports.admin}`));
    const { code, text } = await output(() =>
      check([], { config, format: 'text', effective: true, station: 'N1', mapping: 'ocpp16.fault' }),
    );
    expect(code).toBe(0);
    expect(text).toMatch(/^for vendor Legrand, model GreenUp, peerVersion 1\.6, station N1, site depot-nord/);
  });
});

describe('counters', () => {
  interface Counters {
    rows: { rule: string; count: number }[];
    unread: { vendor: string; message: string; path: string; count: number }[];
    unmapped: { mapping: string; code: string; count: number }[];
    parked: number;
  }

  it('tell rows that decided and those that never did, inputs nobody reads, and what is parked', async () => {
    const world = await startWorld();
    const { runtime } = world.bridge;
    await world.received('BootNotification', {
      chargePointVendor: 'A',
      chargePointModel: 'B',
      meterType: 'M',
      secret: 'x',
    });
    await withParked(world, faulted);
    await world.admin('POST', '/api/v1/parked/rerun');
    runtime.metrics.unmapped.inc({ mapping: 'ocpp16.fault', code: 'MAP_IDENTITY' });
    const { body } = await world.admin<Counters>('GET', '/api/v1/tables/counters');
    const counted = new Map(body.rows.map(({ rule, count }) => [rule, count]));
    expect(counted.get('ocpp16.fault/p.ground')).toBe(1);
    expect(counted.get('ocpp16.fault/p.hot')).toBe(0);
    expect(body.unread).toContainEqual({
      vendor: 'unknown',
      message: 'ocpp16.BootNotification',
      path: 'meterType',
      count: 1,
    });
    // Also a name that no schema knows.
    expect(body.unread.map(({ path }) => path)).toContain('secret');
    expect(body.unmapped).toEqual([{ mapping: 'ocpp16.fault', code: 'MAP_IDENTITY', count: 1 }]);
    expect(body.parked).toBe(0);
    const metrics = await runtime.metrics.registry.metrics();
    expect(metrics).toContain('bridge_table_rows_total{rule="ocpp16.fault/p.ground"} 1');
    expect(metrics).toContain('bridge_parked_objects 0');
  });
});
