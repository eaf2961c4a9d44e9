/** A window of a journal through the tables it came with makes what was made; through others, exactly what they say. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoadedGeneration } from '../../src/mapping/index.js';
import type { ReplayReport } from '../../src/replay/index.js';
import { replayWindow } from '../../src/replay/index.js';
import { Tables } from '../../src/tables/index.js';
import { type Planted, planted } from '../support/planted.js';

const MAPPINGS = fileURLToPath(new URL('../../mappings', import.meta.url));

const made = new Map<string, LoadedGeneration>();

/** The tables that ship, with one text replaced by another. */
function edited(file: string, from: string, to: string): LoadedGeneration {
  const key = [file, from, to].join('\n');
  const generation = made.get(key) ?? load(file, from, to);
  made.set(key, generation);
  return generation;
}

function load(file: string, from: string, to: string): LoadedGeneration {
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-edited-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(MAPPINGS, folder, { recursive: true });
  const text = readFileSync(join(folder, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(join(folder, file), text.replace(from, to));
  return Tables.load([folder], { examples: false }).current;
}

const shown = ({ differences }: ReplayReport) =>
  differences.map(({ target, path, left, right }) => `${target} ${path}: ${left.value} → ${right.value}`);

/** A quarter of an hour at N1: a fault, a bus that charges for a request, everybody is told; N4 is away. */
async function quarter(scene: Planted): Promise<{ fault: string }> {
  await scene.connected('N1', 'N4');
  await scene.call('N4', 'StatusNotification', {
    ...{ evseId: 1, connectorId: 1, connectorStatus: 'Available', timestamp: scene.now },
  });
  await scene.push('emsp-demo', 'N4-1');
  const order = { vehicleId: 'WEB62834613200001', chargingRequestId: 'CR-1', chargingInstruction: 'Normal' };
  await scene.list('BMS-1', [{ ...order, chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95 } }]);
  scene.at('02:02');
  const fault = await scene.status('N1', 1, 'Faulted', { errorCode: 'GroundFailure' });
  await scene.inform('BMS-1');
  await scene.inform('ITCS-1');
  scene.at('02:04');
  await scene.status('N1', 1, 'Preparing');
  const id = await scene.started('N1', 'BUS4711');
  await scene.metered('N1', id, { 'Power.Active.Import': ['50000', 'W'], SoC: ['40', 'Percent'] });
  await scene.plan();
  await scene.inform('BMS-1');
  scene.at('02:06');
  await scene.lost('N4');
  await scene.push('emsp-demo', 'N4-1');
  await scene.inform('ITCS-1');
  scene.at('02:15');
  return { fault };
}

describe('through the present tables', () => {
  it('the window makes what was recorded: every snapshot, every push, the state byte for byte', async () => {
    const scene = await planted();
    await quarter(scene);
    const report = await scene.replay();
    expect(report.differences).toEqual([]);
    expect(report.compared).toEqual({
      entries: 0,
      readers: [
        { target: 'ocpi:emsp-demo 2.2.1', compared: 2, differing: 0 },
        { target: 'vdv463:BMS-1 1.1.0', compared: 2, differing: 0 },
        { target: 'vdv463:ITCS-1 2.0.0', compared: 2, differing: 0 },
      ],
      state: { identical: true, leaves: expect.any(Number), differing: 0 },
    });
    expect(report.counts).toMatchObject({ frames: 7, refused: {}, failures: {} });
    expect(report.base).toMatchObject({ kind: 'beginning', entries: 0 });
  });

  it('what was told otherwise is found, with the entry that told it', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.status('N1', 1, 'Available');
    const id = await scene.inform('BMS-1');
    const entry = await scene.journal.read(id);
    const forged = await scene.journal.append({
      ...entry,
      raw: entry.raw.replaceAll('"Available"', '"Occupied"'),
    });
    const report = await scene.replay();
    expect(shown(report)).toContain(
      'vdv463:BMS-1 1.1.0 depotInfoList[depot-nord].chargingStationInfoList[N1].chargingPointInfoList[N1-1].chargingPointStatus: Occupied → Available',
    );
    expect(new Set(report.differences.map(({ raw }) => raw))).toEqual(new Set([forged.id]));
  });
});

describe('through other tables', () => {
  it('one row of OCPP changes its events, the state and what presystems see, and nothing else', async () => {
    const scene = await planted();
    const { fault } = await quarter(scene);
    const other = edited(
      'ocpp16/fault.yaml',
      '[GroundFailure, _, OtherChargingPointFailure]',
      '[GroundFailure, _, UsageFailure]',
    );
    const report = await scene.replay(other);
    const point = 'depotInfoList[depot-nord].chargingStationInfoList[N1].chargingPointInfoList[N1-1]';
    expect(shown(report)).toEqual([
      'event FaultReported pointFaultCode: OtherChargingPointFailure → UsageFailure',
      ...['BMS-1 1.1.0', 'ITCS-1 2.0.0'].map(
        (reader) =>
          `vdv463:${reader} ${point}.chargingPointFaultInfo.chargingPointFaultCode: OtherChargingPointFailure → UsageFailure`,
      ),
    ]);
    const [event, snapshot] = report.differences;
    expect(event).toMatchObject({
      ...{ raw: fault, subject: 'ocpp:CP-N1', count: 1 },
      left: { rule: 'ocpp16.fault/p.ground', raw: fault },
      right: { rule: 'ocpp16.fault/p.ground', raw: fault },
    });
    expect(snapshot).toMatchObject({
      left: {
        rule: expect.stringContaining('vdv463-1.1.0.point/'),
        raw: fault,
        read: 'ocpp16.fault/p.ground',
      },
    });
    expect(report.compared.state).toMatchObject({ identical: true });
  });

  it('a row that changes what stays is a difference of the state at the end', async () => {
    const scene = await planted();
    await scene.connected('N1');
    const frame = await scene.status('N1', 1, 'Reserved');
    const other = edited('ocpp16/status.yaml', '[Reserved, Reserved, ~]', '[Reserved, Unavailable, ~]');
    const report = await scene.replay(other);
    expect(shown(report)).toEqual([
      'event PointStatusReported status: Reserved → Unavailable',
      ...['BMS-1 1.1.0', 'ITCS-1 2.0.0'].map(
        (reader) =>
          `vdv463:${reader} depotInfoList[depot-nord].chargingStationInfoList[N1].chargingPointInfoList[N1-1].chargingPointStatus: Reserved → Unavailable`,
      ),
      'state stations.N1.points.N1-1.status.value: Reserved → Unavailable',
    ]);
    expect(report.compared.state).toMatchObject({ identical: false, differing: 1 });
    expect(report.differences.at(-1)).toMatchObject({
      left: { raw: frame, rule: 'ocpp16.point-status/s.reserved' },
      right: { raw: frame, rule: 'ocpp16.point-status/s.reserved' },
    });
  });

  it('a row of OCPI changes what the partner sees, also where it was told nothing', async () => {
    const scene = await planted();
    await quarter(scene);
    const other = edited(
      'ocpi/evse.yaml',
      'not connected, _, _, _, _, UNKNOWN]',
      'not connected, _, _, _, _, INOPERATIVE]',
    );
    const report = await scene.replay(other);
    expect(shown(report)).toEqual(['ocpi:emsp-demo 2.2.1 status: UNKNOWN → INOPERATIVE']);
    expect(report.differences[0]).toMatchObject({
      subject: 'N4-1',
      left: { rule: 'ocpi221.evse/s.not-connected', read: 'bridge/link' },
    });
  });

  it('a row of one dialect changes what its presystem sees', async () => {
    const scene = await planted();
    await quarter(scene);
    const silent = 'ss.silent: [connected, absent, Available]';
    const other = edited(
      'vdv463/draft-2025-05-information.yaml',
      silent,
      silent.replace('Available', 'Unavailable'),
    );
    const report = await scene.replay(other);
    expect(new Set(shown(report))).toEqual(
      new Set(
        ['N1', 'N4'].map(
          (id) =>
            `vdv463:BMS-1 1.1.0 depotInfoList[depot-nord].chargingStationInfoList[${id}].chargingStationStatus: Available → Unavailable`,
        ),
      ),
    );
    // Told twice, and once more at the end.
    expect(report.differences[0]?.count).toBe(3);
  });

  it('what no table can make whole any more is a difference too', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.status('N1', 1, 'Available');
    const other = edited(
      'ocpp16/status.yaml',
      'cp.pointId: {identity: point, key: [env.stationId, msg.connectorId]}',
      'cp.pointId: {identity: point, key: [msg.connectorId, env.stationId]}',
    );
    const report = await scene.replay(other);
    expect(shown(report).slice(0, 4)).toContain('event PointStatusReported status: Available → undefined');
    expect(shown(report)).toContainEqual(expect.stringMatching(/^failure code: undefined → MAP_IDENTITY/));
  });
});

describe('a part of a journal', () => {
  it('is read with the state that led there, and only its own differences are told', async () => {
    const scene = await planted();
    await quarter(scene);
    const other = edited(
      'ocpp16/fault.yaml',
      '[GroundFailure, _, OtherChargingPointFailure]',
      '[GroundFailure, _, UsageFailure]',
    );
    const { recording, config, generation: present } = scene;
    const report = await replayWindow({
      recording,
      config,
      present,
      other,
      from: { at: '2026-11-21T02:03:00.000Z' },
    });
    expect(report.differences).toEqual([]);
    expect(report.base.entries).toBeGreaterThan(5);
    expect(report.window.from).toBe('2026-11-21T02:03:00.000Z');
    const before = await replayWindow({
      recording,
      config,
      present,
      other,
      to: { at: '2026-11-21T02:02:00.000Z' },
    });
    expect(before.differences.map(({ target }) => target)).toContain('event FaultReported');
    // The present state is of later.
    const alone = await replayWindow({ recording, config, present, to: { at: '2026-11-21T02:02:00.000Z' } });
    expect(alone.compared.state).toBeUndefined();
  });

  it('of one station leaves the others out', async () => {
    const scene = await planted();
    await scene.connected('N1', 'N2');
    await scene.status('N1', 1, 'Reserved');
    await scene.status('N2', 1, 'Reserved');
    const other = edited('ocpp16/status.yaml', '[Reserved, Reserved, ~]', '[Reserved, Unavailable, ~]');
    const report = await scene.replay(other, { station: 'N2' });
    expect(report.differences.length).toBeGreaterThan(2);
    expect(JSON.stringify(report.differences)).not.toContain('N1-1');
    expect(report.differences.find(({ target }) => target === 'state')?.path).toBe(
      'stations.N2.points.N2-1.status.value',
    );
  });

  it('keeps as many differences as were asked for, and counts the rest', async () => {
    const scene = await planted();
    await scene.connected('N1');
    for (const connector of [1, 2, 3]) await scene.status('N1', connector, 'Reserved');
    const { recording, config, generation: present } = scene;
    const other = edited('ocpp16/status.yaml', '[Reserved, Reserved, ~]', '[Reserved, Unavailable, ~]');
    const report = await replayWindow({ recording, config, present, other, most: 1 });
    expect(report.differences).toHaveLength(1);
    expect(report.more).toBe(3);
  });
});

describe('what could not be replayed as it was', () => {
  const kinds = ({ notes }: ReplayReport) => notes.map(({ kind, count }) => [kind, count]);

  it('is named: frames that were lost, tables of another day, identities that were not kept', async () => {
    const scene = await planted({ keepsIdentity: false });
    await scene.connected('N1');
    await scene.decided('JournalGap', { lost: 3 });
    await scene.append({
      ...{
        link: 'ocpp:CP-N1',
        protocol: 'ocpp1.6',
        direction: 'in',
        action: 'Heartbeat',
        generation: 'another',
      },
      raw: '[2,"h","Heartbeat",{}]',
    });
    await scene.decided('BridgeStarted', { identityVersion: 'of-that-day' });
    expect(kinds(await scene.replay())).toEqual([
      ['gap', 3],
      ['generation', 1],
      ['identity', 1],
    ]);
  });

  it('is named: a beginning that has expired, frames that were refused', async () => {
    const scene = await planted();
    await scene.connected('N1');
    scene.at('02:05');
    await scene.append({
      ...{
        link: 'ocpp:CP-N1',
        protocol: 'ocpp1.6',
        direction: 'in',
        action: 'Heartbeat',
        error: 'OCPP_CALL_REPEATED',
      },
      raw: '[2,"h","Heartbeat",{}]',
    });
    await scene.journal.expire({ keepDays: 0, now: Date.parse('2026-11-21T02:05:00Z') });
    const report = await scene.replay();
    expect(kinds(report)).toEqual([['expired', 1]]);
    expect(report.counts.refused).toEqual({ OCPP_CALL_REPEATED: 1 });
  });
});
