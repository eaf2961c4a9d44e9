/** What presystems are told: rules 34, 35, vectors 18 and 19, dialects side by side, and where each field came from. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DIALECTS } from '../../src/config/config.schema.js';
import { type DepotState, initialState, reduce } from '../../src/domain/index.js';
import type { Generation } from '../../src/mapping/index.js';
import { composeInformation } from '../../src/vdv463/index.js';
import { runs } from '../support/properties.js';
import { ITCS, tables, upstream } from './cms.js';
import { BUS1, booted, cmsWith } from './opened.js';
import { order, Peer, pointIn } from './peer.js';

const POINT = 'depotInfoList[0].chargingStationInfoList[0].chargingPointInfoList[0]';

describe('a charging bus', () => {
  it('rule 34: shows vehicle and process to both upstreams within two seconds, each in its dialect', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    const itcs = await booted(cms, 'ITCS-1');
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500, socPct: 55, energyWh: 3_000 });
    const began = performance.now();
    const one = await bms.see((payload) => {
      const point = pointIn(payload, 'N1-1');
      return point?.presentPower ? point : undefined;
    });
    const two = await itcs.see((payload) => {
      const point = pointIn(payload, 'N1-1');
      return point?.chargingProcessInfo?.electricData.chargingPower ? point : undefined;
    });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(one).toMatchObject({
      chargingPointStatus: 'Occupied',
      presentPower: 42.5,
      energyMeterReading: 3_000,
    });
    expect(two).not.toHaveProperty('presentPower');
    for (const point of [one, two]) {
      expect(point.vehicleInfo).toMatchObject({
        vehicleId: BUS1,
        tractionBatteryInfo: { stateOfCharge: 55 },
      });
      expect(point.chargingProcessInfo).toMatchObject({
        processStatus: 'Charging',
        deliveredEnergy: 2_000,
        electricData: { chargingPower: 42.5 },
      });
    }
    expect(one.chargingProcessInfo?.chargingProcessId).toBe(two.chargingProcessInfo?.chargingProcessId);
  });

  it('rule 34: without a vehicle id there is no vehicleInfo, however much else is known', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    await cms.charge('N1', 'N1-1', undefined, { powerW: 42_500, socPct: 55 });
    const point = await bms.see((payload) => {
      const found = pointIn(payload, 'N1-1');
      return found?.chargingProcessInfo ? found : undefined;
    });
    expect(point.vehicleInfo).toBeUndefined();
  });

  it('rule 34: while nobody has told the power, 1.x leaves the process out and keeps its request in the list', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    const itcs = await booted(cms, 'ITCS-1');
    await bms.list([order('R1', BUS1)]);
    await cms.charge('N1', 'N1-1', BUS1);
    const point = await bms.see((payload) => {
      const found = pointIn(payload, 'N1-1');
      return found?.vehicleInfo ? found : undefined;
    });
    expect(point.chargingProcessInfo).toBeUndefined();
    expect(point.scheduledChargingProcessList).toMatchObject([
      { presystemId: 'BMS-1', chargingRequestId: 'R1' },
    ]);
    const newer = await itcs.see((payload) => {
      const found = pointIn(payload, 'N1-1');
      return found?.chargingProcessInfo?.chargingRequestId ? found : undefined;
    });
    expect(newer.chargingProcessInfo?.electricData).toEqual({});
    expect(newer.scheduledChargingProcessList).toBeUndefined();
  });

  it('rule 35: negative power is told as it is', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    await cms.charge('N1', 'N1-1', BUS1, { powerW: -7_500 });
    const point = await bms.see((payload) => {
      const found = pointIn(payload, 'N1-1');
      return found?.presentPower === undefined ? undefined : found;
    });
    expect(point.presentPower).toBe(-7.5);
    expect(point.chargingProcessInfo?.electricData.chargingPower).toBe(-7.5);
  });

  it('a lost station is Unavailable with a communication failure; what was measured stays known', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500, socPct: 55 });
    await cms.say('N1', 'LinkLost', {});
    const station = await bms.see((payload) =>
      stationIn(payload, 'N1', 'Unavailable', 'chargingStationFaultInfo'),
    );
    expect(station).toMatchObject({
      chargingStationFaultInfo: { chargingStationFaultCode: 'CommunicationFailure' },
      chargingPointInfoList: [
        { chargingPointStatus: 'Unavailable', chargingProcessInfo: { processStatus: 'Charging' } },
      ],
    });
  });

  it('a state of charge that cannot be is not told, and does not keep the rest from being told', async () => {
    const cms = await cmsWith();
    const bms = await booted(cms);
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500, socPct: 255 });
    const point = await bms.see((payload) => {
      const found = pointIn(payload, 'N1-1');
      return found?.presentPower ? found : undefined;
    });
    expect(point.vehicleInfo).not.toHaveProperty('tractionBatteryInfo');
  });
});

describe('lineage', () => {
  it('leads from every measured field to the raw frame and the rules that read and wrote it', async () => {
    const cms = await cmsWith();
    const itcs = await booted(cms, 'ITCS-1');
    await itcs.list([order('R1', BUS1)]);
    await cms.charge('N1', 'N1-1', BUS1, { socPct: 54 });
    const measured = await cms.measure('N1', 'N1-1', { powerW: 42_500, socPct: 55 });
    await itcs.see((payload) => pointIn(payload, 'N1-1')?.chargingProcessInfo?.electricData.chargingPower);
    const { journal } = cms.runtime.depot;
    const sent = (await cms.journalled({ action: 'ProvideChargingInformation', direction: 'out' })).at(-1);
    const fields = sent?.fields ?? [];
    const at = (path: string) => fields.filter((field) => field.path === `${POINT}.${path}`);
    expect(at('chargingProcessInfo.electricData.chargingPower')).toEqual([
      {
        path: `${POINT}.chargingProcessInfo.electricData.chargingPower`,
        rule: 'vdv463-2.0.0.process/electricData.chargingPower',
        raw: measured.id,
        read: 'test/samples.0.powerW',
      },
    ]);
    expect(at('vehicleInfo.tractionBatteryInfo.stateOfCharge')[0]?.raw).toBe(measured.id);
    expect(at('chargingProcessInfo.processStatus')[0]?.rule).toBe('vdv463-2.0.0.process/po.phase');
    const requests = await cms.journalled({ action: 'ProvideChargingRequests', direction: 'in' });
    expect(at('chargingProcessInfo.chargingRequestId')[0]).toMatchObject({
      raw: requests[0]?.id,
      read: 'vdv463-2.0.0.request/chargingRequestId',
    });
    expect(at('chargingPointStatus').map(({ read }) => read)).toEqual(['test/status', 'test/']);
    expect(sent?.causes).toContain(measured.id);
    expect(sent?.rules).toContain('vdv463-2.0.0.point/ps.own');
    for (const { raw } of fields) await journal.read(raw);
    const forward = await journal.traceForward(measured.id);
    expect(forward.children.some(({ entry }) => entry.id === sent?.id)).toBe(true);
  });

  it('writes both directions down as they were on the wire, answers under what they answer', async () => {
    const cms = await cmsWith();
    const peer = await booted(cms);
    await peer.list([order('R1', BUS1)]);
    const entries = await cms.journalled();
    const out = entries.filter(({ direction }) => direction === 'out').map(({ raw }) => raw);
    expect(out).toEqual(peer.raw);
    const [list] = entries.filter(
      ({ action, direction }) => action === 'ProvideChargingRequests' && direction === 'in',
    );
    const [conf] = entries.filter(
      ({ action, direction }) => action === 'ProvideChargingRequests' && direction === 'out',
    );
    expect(conf?.causes).toEqual([list?.id]);
    expect(conf?.rules).toContain('vdv463-1.1.0.request/vehicleId');
    expect(entries.every(({ link, protocol }) => link === 'vdv463:BMS-1' && protocol === 'vdv463')).toBe(
      true,
    );
  });
});

describe('dialects', () => {
  const all = DIALECTS.map((dialect, index) =>
    upstream({ presystemId: `bms:${index}`, user: `bms${index}`, dialect, kind: 'BMS' }),
  );

  it('show the same depot to four presystems at once, each valid; losses are counted', async () => {
    const cms = await cmsWith({ upstreams: all });
    const four = await Promise.all(all.map(({ presystemId }) => booted(cms, presystemId)));
    await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500, socPct: 55 });
    await cms.say('N2', 'LinkOpened', {});
    await cms.say('N2', 'PointStatusReported', { pointId: 'N2-1', status: 'Faulted' });
    await cms.say('N2', 'FaultReported', {
      pointId: 'N2-1',
      key: 'E1',
      active: true,
      pointFaultCode: 'UsageFailure',
      text: 'ConnectorLockFailure',
    });
    const ids = ['urn:depotbridge:N2-1', 'N2-1', 'N2-1', 'N2-1'];
    for (const [index, peer] of four.entries()) {
      const point = await peer.see((payload) => {
        const found = pointIn(payload, ids[index] ?? '');
        return found?.chargingPointStatus === 'Faulted' && 'chargingPointFaultInfo' in found
          ? found
          : undefined;
      });
      expect(point).toMatchObject({ chargingPointFaultInfo: { chargingPointFaultCode: 'UsageFailure' } });
    }
    expect(await cms.count('losses')).toBeGreaterThan(0);
    expect(await cms.count('schemaViolations')).toBe(0);
  });

  it('1.0.0 writes identifiers as URIs and reads its own back; a lenient presystem keeps plain names', async () => {
    const one = upstream({ presystemId: 'bms:1', dialect: '1.0.0' });
    const lenient = upstream({ presystemId: 'BMS-2', user: 'bms2', dialect: '1.0.0', lenient: true });
    const cms = await cmsWith({ upstreams: [one, lenient] });
    const peer = await booted(cms, 'bms:1');
    expect(pointIn(peer.snapshots[0]?.[6], 'urn:depotbridge:N1-1')).toBeDefined();
    await peer.list([
      order('bms:R1', BUS1, { chargingPointId: 'urn:depotbridge:N1-1' }),
      order('bms:R2', 'V2', { chargingPointId: 'N2-1' }),
    ]);
    const held = cms.runtime.depot.state.presystems['bms:1']?.requests;
    expect(held?.['bms:R1']?.request.chargingPointId).toBe('N1-1');
    expect(held?.['bms:R2']?.request.chargingPointId).toBe('N2-1');
    const plain = await Peer.booted(cms, 'BMS-2');
    onTestFinished(() => plain.close());
    expect(pointIn(plain.snapshots[0]?.[6], 'N1-1')).toBeDefined();
    expect(await cms.count('forgiven', 'VDV463_LENIENT_PLAIN_ID')).toBeGreaterThan(0);
  });

  it('vector 18: nothing foreseen is said as each dialect can', async () => {
    const cms = await cmsWith({ upstreams: all });
    await cms.charge('N4', 'N4-1', undefined, { powerW: 11_000 });
    const said = [];
    for (const [index, { presystemId }] of all.entries()) {
      const peer = await booted(cms, presystemId);
      const id = index === 0 ? 'urn:depotbridge:N4-1' : 'N4-1';
      said.push(pointIn(peer.snapshots[0]?.[6], id)?.chargingProcessInfo?.['chargingPredictionData']);
    }
    expect(said).toEqual([undefined, {}, {}, { chargingPredictionDataStatus: 'Ongoing' }]);
  });

  it('vector 19: energies are kWh before 2.0 and Wh since, temperatures whole degrees', () => {
    const vehicle = (hvBatteryChargingEnergyWh: number) => ({
      vehicleId: 'V1',
      hvBatteryChargingEnergyWh,
      batteryTemperatureDegC: 21.6,
    });
    const run = (dialect: string, wh: number) => {
      const result = tables()
        .mapping(`vdv463-${dialect}.vehicle`)
        .run({ vv: vehicle(wh) }, { identity: { resolve: () => undefined } });
      return result?.ok ? result.value : undefined;
    };
    const info = (hvBatteryChargingEnergy: number) => ({
      preconditioningInfo: { hvBatteryChargingEnergy },
      tractionBatteryInfo: { temperature: 22 },
    });
    expect(run('1.1.0', 15_000)).toMatchObject(info(15));
    expect(run('2.0.0', 15_000)).toMatchObject(info(15_000));
    expect(run('1.0.0', 15_499)).toMatchObject(info(15));
    expect(run('draft-2025-05', 15_500)).toMatchObject(info(16));
  });

  it('make a valid snapshot of whatever stations and presystems say', () => {
    const places = [
      { stationId: 'N1', pointIds: ['N1-1'] },
      { stationId: 'N2', pointIds: ['N2-1', 'N2-2'] },
    ];
    const scenario = fc.array(anyEvent, { maxLength: 25 });
    fc.assert(
      fc.property(scenario, (events) => {
        const state = events.reduce<DepotState>(
          (before, event, index) =>
            reduce(before, {
              ...event,
              raw: `${1_767_225_600_000 + index * 1_000}-0`,
              ruleOf: () => 'test',
            } as never),
          initialState('depot-nord', places),
        );
        for (const one of [...all, ITCS]) {
          const information = composeInformation(
            {
              state,
              depotName: 'Depot Nord',
              generation: tables(),
              identity: { resolve: () => undefined },
              now: '2026-01-01T01:00:00.000Z',
            },
            one,
          );
          if (!information.ok)
            throw new Error(`${one.dialect}: ${information.message} at ${information.path}`);
          information.fields();
        }
      }),
      { numRuns: runs(150) },
    );
  });
});

describe('what cannot be told', () => {
  it('costs its own point the readings, and nobody else anything', () => {
    const at = '2026-01-01T00:00:00.000Z';
    const charging = (stationId: string, pointId: string, energyWh: number) => [
      {
        type: 'TransactionStarted',
        stationId,
        payload: { pointId, transactionId: pointId, meterStartWh: 0, at, receivedAt: at },
      },
      {
        type: 'MeterSampled',
        stationId,
        payload: { transactionId: pointId, receivedAt: at, samples: [{ at, energyWh, powerW: 42_500 }] },
      },
    ];
    const events = [...charging('N1', 'N1-1', Number.POSITIVE_INFINITY), ...charging('N2', 'N2-1', 5_000)];
    const places = [
      { stationId: 'N1', pointIds: ['N1-1'] },
      { stationId: 'N2', pointIds: ['N2-1'] },
    ];
    const state = events.reduce<DepotState>(
      (before, event, index) =>
        reduce(before, { ...event, raw: `${1_767_225_600_000 + index}-0`, ruleOf: () => 'test' } as never),
      initialState('depot-nord', places),
    );
    const source = {
      state,
      depotName: 'Depot Nord',
      generation: tables(),
      identity: { resolve: () => undefined },
      now: at,
    };
    for (const one of [upstream(), ITCS]) {
      const information = composeInformation(source, one);
      if (!information.ok) throw new Error(information.message);
      expect(information.reduced?.pointIds).toEqual(['N1-1']);
      expect(information.text).toContain('"chargingPointId":"N1-1","chargingPointStatus"');
      expect(information.text.match(/"chargingPower":42.5/g)).toHaveLength(1);
    }
  });

  it('is counted and logged with its path, never sent, and keeps nobody from asking', async () => {
    const broken: Generation = {
      ...tables(),
      id: 'broken',
      mapping: (name) => {
        const mapping = tables().mapping(name);
        if (!name.endsWith('.information')) return mapping;
        return {
          name,
          from: mapping.from,
          target: mapping.target,
          run: (inputs, context) => {
            const result = mapping.run(inputs, context);
            return result?.ok ? { ...result, value: { depotInfoList: [{ depotId: 7 }] } } : result;
          },
          runAll: () => [],
        };
      },
    } as Generation;
    const cms = await cmsWith({ tables: () => broken });
    const peer = await Peer.dial(cms);
    onTestFinished(() => peer.close());
    await peer.boot();
    expect((await peer.list([order('R1', BUS1)]))[0]).toBe(2);
    expect(peer.snapshots).toEqual([]);
    expect(await cms.count('schemaViolations')).toBeGreaterThan(0);
    expect(
      cms.logged.some(
        ({ code, path }) => code === 'VDV463_OUTBOUND' && String(path).includes('depotInfoList'),
      ),
    ).toBe(true);
  });
});

function stationIn(payload: unknown, id: string, status: string, field: string): object | undefined {
  const { depotInfoList } = payload as {
    depotInfoList: {
      chargingStationInfoList: { chargingStationId: string; chargingStationStatus: string }[];
    }[];
  };
  return depotInfoList
    .flatMap(({ chargingStationInfoList }) => chargingStationInfoList)
    .find((one) => one.chargingStationId === id && one.chargingStationStatus === status && field in one);
}

const place = fc.constantFrom(['N1', 'N1-1'], ['N2', 'N2-1'], ['N2', 'N2-2']) as fc.Arbitrary<
  [string, string]
>;
const instant = fc
  .integer({ min: 0, max: 3_600 })
  .map((s) => new Date(1_767_225_600_000 + s * 1_000).toISOString());
const vehicleId = fc.option(fc.constantFrom('V1', 'V2', 'Bus 3/ü'), { nil: undefined });
const reading = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: undefined });
const phase = fc.option(
  fc.constantFrom('Preparing', 'Charging', 'SuspendedEVSE', 'SuspendedEV', 'Finishing'),
  {
    nil: undefined,
  },
);
const transactionId = fc.constantFrom('T1', 'T2');

const stationEvent = (type: string, payload: Record<string, fc.Arbitrary<unknown>>) =>
  fc.tuple(place, instant, fc.record(payload)).map(([[stationId, pointId], at, body]) => ({
    type,
    stationId,
    payload: clean({ pointId, at, receivedAt: at, ...body }),
  }));

const anyEvent = fc.oneof(
  stationEvent('LinkOpened', {}),
  stationEvent('LinkLost', {}),
  stationEvent('StationStatusReported', { status: fc.constantFrom('Available', 'Unavailable', 'Faulted') }),
  stationEvent('PointStatusReported', {
    status: fc.constantFrom('Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted'),
    phase,
  }),
  stationEvent('FaultReported', {
    key: fc.constantFrom('a', 'b'),
    active: fc.boolean(),
    stationFaultCode: fc.constantFrom(undefined, 'UsageFailure', 'ConfigurationFailure'),
    pointFaultCode: fc.constantFrom(undefined, 'UsageFailure', 'OtherChargingPointFailure'),
    text: fc.option(fc.string(), { nil: undefined }),
  }),
  stationEvent('TransactionStarted', { transactionId, vehicleId, phase, meterStartWh: reading }),
  stationEvent('TransactionUpdated', { transactionId, vehicleId, phase }),
  stationEvent('TransactionEnded', {
    transactionId,
    meterStopWh: reading,
    stopClass: fc.constantFrom('ordinary', 'technical', undefined),
  }),
  fc
    .tuple(
      place,
      instant,
      fc.record({ powerW: reading, socPct: reading, energyWh: reading, currentA: reading }),
    )
    .map(([[stationId, pointId], at, sample]) => ({
      type: 'MeterSampled',
      stationId,
      payload: { pointId, receivedAt: at, samples: [clean({ at, ...sample })] },
    })),
  fc
    .tuple(
      fc.constantFrom('bms:0', 'ITCS-1'),
      instant,
      fc.uniqueArray(fc.tuple(fc.constantFrom('R1', 'R2', 'R 3'), fc.constantFrom('V1', 'V2'), vehicleId), {
        selector: ([id]) => id,
        maxLength: 3,
      }),
    )
    .map(([presystemId, receivedAt, list]) => ({
      type: 'RequestListReceived',
      presystemId,
      payload: {
        requests: list.map(([chargingRequestId, vehicle, at]) =>
          clean({
            chargingRequestId,
            vehicleId: vehicle,
            minTargetSocPct: 80,
            maxTargetSocPct: 95,
            chargingPointId: at ? 'N2-1' : undefined,
          }),
        ),
        refused: [],
        rules: { omissionEndsRunning: true },
        receivedAt,
      },
    })),
);

function clean<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
