/** What a station tells of the time when nobody listened, and what it tells of now. */
import { describe, expect, it } from 'vitest';
import { type DepotState, type DomainEvent, depotView } from '../../src/domain/index.js';
import { at, list, run, station } from '../support/events.js';

const bay = (state: DepotState, stationId = 'N1', pointId = 'N1-1') => {
  const point = state.stations.get(stationId)?.points[pointId];
  if (!point) throw new Error('no point');
  return { point, process: point.processId ? state.processes.get(point.processId) : undefined };
};
const status = (minutes: number, value: string, more: object = {}) =>
  station('PointStatusReported', minutes, { pointId: 'N1-1', status: value, ...more });

/** A transaction as 2.x and 1.6 tell of it: from the station's id and flag, or from the time alone. */
const versions = [
  ['2.x', { transactionId: 'T1', offline: true }],
  ['1.6', {}],
] as const;

/** Told an hour late, when the socket is back. */
const BACK = 60;
const late = { receivedAt: at(BACK) };

function session(version: (typeof versions)[number][0]) {
  const told = version === '2.x' ? { transactionId: 'T1', offline: true } : {};
  const begun = station('TransactionStarted', 10, {
    pointId: 'N1-1',
    token: 'BUS4711',
    vehicleId: 'V1',
    meterStartWh: 1000,
    ...told,
    ...late,
  });
  const id = (state: DepotState) => Object.keys(state.stations.get('N1')?.transactions ?? {}).at(-1);
  const reading =
    (minutes: number, energyWh: number, more: object = {}) =>
    (state: DepotState) =>
      station('MeterSampled', minutes, {
        pointId: 'N1-1',
        transactionId: id(state),
        samples: [{ at: at(minutes), energyWh, powerW: 20_000 }],
        ...more,
      });
  const stop =
    (minutes: number, more: object = {}) =>
    (state: DepotState) =>
      station('TransactionEnded', minutes, {
        transactionId: id(state),
        stopClass: 'ordinary',
        meterStopWh: 9000,
        ...more,
      });
  return { begun, reading, stop };
}

type Step = DomainEvent | ((state: DepotState) => DomainEvent);
const tell = (steps: readonly Step[], from?: DepotState): DepotState =>
  steps.reduce<DepotState>(
    (state, step) => run([typeof step === 'function' ? step(state) : step], state),
    from ?? run([]),
  );

describe.each(versions)('%s: a transaction that began offline', (version) => {
  const { begun, reading, stop } = session(version);
  const free = status(0, 'Available');
  const taken = status(BACK + 0.1, 'Occupied');
  const live = reading(BACK + 1, 3000);

  it.each<[string, Step[]]>([
    ['queue, status, reading', [begun, taken, live]],
    ['status, queue, reading', [taken, begun, live]],
    ['queue, reading', [begun, live]],
    ['queue, reading, status', [begun, live, taken]],
    ['queue, status', [begun, taken]],
    ['status, queue', [taken, begun]],
  ])('is the one at the bay: %s', (_order, steps) => {
    const state = tell([free, list('BMS', 1, [{ chargingRequestId: 'R1', vehicleId: 'V1' }]), ...steps]);
    const { process, point } = bay(state);
    expect(state.processes.values()).toHaveLength(1);
    expect(process).toMatchObject({ transactionStartedAt: at(10), vehicle: { value: { vehicleId: 'V1' } } });
    expect(point.vehicle?.value.vehicleId).toBe('V1');
    expect(state.presystems['BMS']?.requests['R1']).toMatchObject({
      status: 'running',
      processId: process?.processId,
    });
    const told = steps.includes(live);
    expect(process?.deliveredWh?.value).toBe(told ? 2000 : undefined);
    const [seen] = depotView(state, 'Depot', at(BACK + 2)).value.stations[0]?.points ?? [];
    expect(seen).toMatchObject({ transactionOpen: true, vehicle: { vehicleId: 'V1' } });
  });

  it('shows at the point what it told of while it waited', () => {
    const power = reading(40, 2000, late);
    const { point } = bay(tell([free, begun, power, taken]));
    expect(point.readings.powerW).toMatchObject({ value: 20_000, at: at(40) });
  });

  it('takes the place of the process that a status had opened without it', () => {
    const request = list('BMS', 1, [{ chargingRequestId: 'R1', chargingPointId: 'N1-1' }]);
    // The station, just back, says for a moment that the bay is free.
    const boot = [status(BACK, 'Available'), begun, status(BACK + 0.1, 'Occupied')];
    const before = tell([request, ...boot]);
    const state = tell([live], before);
    expect(state.processes.values()).toHaveLength(1);
    expect(bay(state).process?.transactionId).toBeDefined();
    expect(state.presystems['BMS']?.requests['R1']).toMatchObject({
      status: 'running',
      processId: bay(state).process?.processId,
    });
  });

  it.each<[string, (over: Step) => Step[]]>([
    ['status before the queue', (over) => [taken, begun, over]],
    ['status amid the queue', (over) => [begun, taken, over]],
    ['status after the queue', (over) => [begun, over, taken]],
  ])('and ended offline leaves the bay to the next: %s', (_order, steps) => {
    const over = stop(40, { offline: version === '2.x', ...late });
    const request = list('BMS', 1, [{ chargingRequestId: 'R2', chargingPointId: 'N1-1', vehicleId: 'V2' }]);
    const state = tell([free, request, ...steps(over)]);
    const { process, point } = bay(state);
    expect(process).toMatchObject({ requestKey: { value: expect.stringContaining('R2') } });
    expect(process).not.toHaveProperty('transactionId');
    expect(point).not.toHaveProperty('vehicle');
    expect(state.presystems['BMS']?.requests['R2']).toMatchObject({ status: 'pending' });
    const past = state.processes.values().filter((each) => each.processId !== process?.processId);
    expect(past).toMatchObject([{ endedAt: at(40), deliveredWh: { value: 8000 } }]);
  });

  it('and ended offline while the bay stayed free changes nothing of it', () => {
    const over = stop(40, { offline: version === '2.x', ...late });
    const state = tell([status(BACK, 'Available'), begun, over]);
    expect(bay(state).process).toBeUndefined();
    expect(bay(state).point).not.toHaveProperty('waitingId');
    expect(bay(state).point.status).toMatchObject({ value: 'Available', at: at(BACK) });
  });
});

describe('statuses that waited', () => {
  const status16 = (minutes: number, value: string, phase?: string) =>
    status(minutes, value, { ...(phase ? { phase } : {}), receivedAt: at(BACK) });

  it('are ordered by the time they speak of', () => {
    const state = run([
      status16(BACK - 6.5, 'Available'),
      status16(BACK - 3.3, 'Occupied', 'Preparing'),
      status16(BACK - 1, 'Occupied', 'Charging'),
    ]);
    expect(bay(state).point).toMatchObject({
      status: { value: 'Occupied', at: at(BACK - 1) },
      phase: { value: 'Charging' },
    });
  });

  it('do not close a charge that runs, whatever was told before it', () => {
    const running = [
      status(BACK - 20, 'Occupied', { phase: 'Charging' }),
      station('TransactionStarted', BACK - 15, { pointId: 'N1-1', transactionId: 'T1' }),
      station('MeterSampled', BACK, {
        pointId: 'N1-1',
        transactionId: 'T1',
        samples: [{ at: at(BACK), powerW: 50_000 }],
      }),
    ];
    for (const minutes of [BACK - 25, BACK - 10]) {
      const state = run([...running, status16(minutes, 'Available')]);
      expect(bay(state).process).toMatchObject({ transactionId: { value: 'T1' } });
      expect(bay(state).process).not.toHaveProperty('endedAt');
    }
  });

  const charging = (minutes: number, more: object = {}) =>
    station('MeterSampled', minutes, {
      pointId: 'N1-1',
      transactionId: 'T1',
      samples: [{ at: at(minutes), powerW: 50_000 }],
      ...more,
    });
  const closed = [
    list('BMS', 0, [{ chargingRequestId: 'R1', chargingPointId: 'N1-1' }]),
    station('TransactionStarted', 1, { pointId: 'N1-1', transactionId: 'T1' }),
    charging(2),
    // A connector that shows itself free for a moment.
    status(3, 'Available'),
  ];

  it('and closed a charge all the same do not keep it closed: it goes on, and its request', () => {
    const over = run(closed);
    expect(over.presystems['BMS']?.requests['R1']?.status).toBe('ended');
    const state = run([charging(5)], over);
    expect(bay(state).process).toMatchObject({ transactionId: { value: 'T1' } });
    expect(bay(state).process).not.toHaveProperty('endedAt');
    expect(bay(state).process).not.toHaveProperty('closedAt');
    expect(bay(state).point.readings.powerW?.value).toBe(50_000);
    expect(state.presystems['BMS']?.requests['R1']?.status).toBe('running');
  });

  it.each<[string, DomainEvent[]]>([
    [
      'its end was told',
      [station('TransactionEnded', 3, { transactionId: 'T1', stopClass: 'ordinary' }), charging(5)],
    ],
    ['it only trails', [charging(3.5)]],
    ['it waited', [charging(5, { receivedAt: at(60) })]],
    [
      'another came since',
      [station('TransactionStarted', 4, { pointId: 'N1-1', transactionId: 'T2' }), charging(5.1)],
    ],
  ])('leave it closed if %s', (_why, more) => {
    const first = run([...closed, ...more]).processes.values()[0];
    expect(first).toMatchObject({ transactionId: { value: 'T1' }, closedAt: at(3) });
    expect(first?.endedAt).toBeDefined();
  });

  it('bring back no fault that went', () => {
    const fault = (minutes: number, active: boolean) =>
      station('FaultReported', minutes, {
        pointId: 'N1-1',
        key: 'status',
        active,
        pointFaultCode: 'OtherChargingPointFailure',
        receivedAt: at(BACK),
      });
    const state = run([fault(BACK - 17, true), fault(BACK - 2, false), fault(BACK - 17, true)]);
    expect(bay(state).point.faults['status']?.value).toBeNull();
  });
});

describe('a state of charge', () => {
  const soc = (minutes: number, socPct: number, more: object = {}) =>
    station('MeterSampled', minutes, { pointId: 'N1-1', samples: [{ at: at(minutes), socPct }], ...more });
  const begin = station('TransactionStarted', 0, { pointId: 'N1-1', transactionId: 'T1' });
  const shown = (state: DepotState) => [
    bay(state).point.readings.socPct?.value,
    bay(state).process?.readings.socPct?.value,
  ];

  it('of a session that is history is not that of the vehicle at the bay', () => {
    const old = { transactionId: 'OLD', offline: true, receivedAt: at(110) };
    const state = run([
      status(100, 'Occupied'),
      station('TransactionStarted', 101, { pointId: 'N1-1', transactionId: 'NOW' }),
      station('TransactionStarted', 0, { pointId: 'N1-1', ...old }),
      soc(5, 33, old),
    ]);
    expect(shown(state)).toEqual([undefined, undefined]);
    const past = state.processes.values().find((each) => each.transactionId?.value === 'OLD');
    expect(past?.readings.socPct?.value).toBe(33);
  });

  it.each([
    ['after', [soc(1, 56, { transactionId: 'T1' }), soc(2, 0, { transactionId: 'T1' })]],
    ['before', [soc(2, 0, { transactionId: 'T1' }), soc(1, 56, { transactionId: 'T1' })]],
  ])('of zero is none if another was told: %s it', (_order, readings) => {
    expect(shown(run([begin, ...readings]))).toEqual([56, 56]);
  });

  it('of zero is believed of a battery that was nearly empty, and of another vehicle later', () => {
    expect(shown(run([begin, soc(1, 2), soc(2, 0)]))).toEqual([0, 0]);
    const left = run([
      begin,
      soc(1, 56),
      station('TransactionEnded', 3, { transactionId: 'T1' }),
      status(4, 'Available'),
    ]);
    const next = station('TransactionStarted', 50, { pointId: 'N1-1', transactionId: 'T2' });
    expect(shown(run([status(49, 'Occupied'), next, soc(51, 0)], left))).toEqual([0, 0]);
  });
});
