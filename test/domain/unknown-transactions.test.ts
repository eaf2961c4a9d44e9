/** Transactions that the bridge never saw begin, ends without an id, and ids that are used again. */
import { describe, expect, it } from 'vitest';
import type { DepotState } from '../../src/domain/index.js';
import { at, event, list, run, station } from '../support/events.js';

const occupied = (minutes: number, pointId: string, stationId: string) =>
  station('PointStatusReported', minutes, { pointId, status: 'Occupied', phase: 'Charging' }, stationId);
const updated = (minutes: number, stationId: string, more: object = {}) =>
  station('TransactionUpdated', minutes, { transactionId: 'OLD', phase: 'Charging', ...more }, stationId);
const read = (minutes: number, energyWh: number, stationId: string, more: object = {}) =>
  station(
    'MeterSampled',
    minutes,
    { transactionId: 'OLD', samples: [{ at: at(minutes), energyWh, powerW: 50_000 }], ...more },
    stationId,
  );
const ended = (minutes: number, stationId: string, more: object = {}) =>
  station('TransactionEnded', minutes, { transactionId: 'OLD', stopClass: 'ordinary', ...more }, stationId);

const at1 = (state: DepotState, stationId: string, pointId: string) => {
  const processId = state.stations.get(stationId)?.points[pointId]?.processId;
  return processId ? state.processes.get(processId) : undefined;
};

describe('a running transaction whose start nobody heard', () => {
  it('is adopted at the only charging point of its station, with the energy from then on', () => {
    const state = run([
      list('BMS', 0, [{ chargingRequestId: 'R1', chargingPointId: 'N1-1' }]),
      occupied(1, 'N1-1', 'N1'),
      updated(2, 'N1'),
      read(2, 9000, 'N1'),
      read(3, 9500, 'N1'),
    ]);
    expect(state.processes.values()).toHaveLength(1);
    expect(at1(state, 'N1', 'N1-1')).toMatchObject({
      transactionId: { value: 'OLD' },
      deliveredWh: { value: 500 },
      meterStartWh: { value: 9000, rule: 'bridge/first-reading' },
    });
    expect(state.presystems['BMS']?.requests['R1']?.status).toBe('running');
    expect(state.stations.get('N1')).not.toHaveProperty('held');
  });

  it('is adopted where the bay was never spoken of', () => {
    expect(at1(run([updated(2, 'N1')]), 'N1', 'N1-1')?.transactionId?.value).toBe('OLD');
  });

  it('is adopted at the only bay that is taken by nobody known, and not where it could be one of two', () => {
    const one = run([occupied(1, 'N2-2', 'N2'), updated(2, 'N2')]);
    expect(at1(one, 'N2', 'N2-2')?.transactionId?.value).toBe('OLD');
    const two = run([occupied(1, 'N2-1', 'N2'), occupied(1, 'N2-2', 'N2'), updated(2, 'N2')]);
    expect(two.stations.get('N2')?.held).toHaveLength(1);
    const rest = run(
      [station('TransactionStarted', 3, { pointId: 'N2-1', transactionId: 'T1' }, 'N2'), updated(4, 'N2')],
      two,
    );
    expect(at1(rest, 'N2', 'N2-2')?.transactionId?.value).toBe('OLD');
    expect(rest.stations.get('N2')).not.toHaveProperty('held');
  });

  it('is moved if its start, when it comes, names another bay', () => {
    const guessed = run([
      occupied(1, 'N2-2', 'N2'),
      updated(2, 'N2'),
      read(2, 9000, 'N2'),
      read(3, 9500, 'N2'),
    ]);
    const start = { pointId: 'N2-1', transactionId: 'OLD', receivedAt: at(4) };
    const state = run([station('TransactionStarted', 0, start, 'N2'), read(5, 9900, 'N2')], guessed);
    expect(at1(state, 'N2', 'N2-1')).toMatchObject({
      transactionId: { value: 'OLD' },
      deliveredWh: { value: 900 },
    });
    expect(at1(state, 'N2', 'N2-2')).toBeDefined();
    expect(at1(state, 'N2', 'N2-2')).not.toHaveProperty('transactionId');
  });

  it('is not made of what waited at the station', () => {
    const state = run([updated(2, 'N1', { receivedAt: at(60) }), updated(3, 'N1', { offline: true })]);
    expect(state.processes.values()).toEqual([]);
    expect(state.stations.get('N1')?.held).toHaveLength(2);
  });

  it('is adopted by its readings at a known connector (1.6)', () => {
    const state = run([
      occupied(1, 'N2-1', 'N2'),
      read(2, 5000, 'N2', { pointId: 'N2-1' }),
      read(3, 6000, 'N2', { pointId: 'N2-1' }),
      ended(4, 'N2', { meterStopWh: 7000 }),
    ]);
    expect(state.processes.values()).toMatchObject([{ deliveredWh: { value: 2000 }, endedAt: at(4) }]);
  });

  it.each([
    [
      'the bay is free',
      [station('PointStatusReported', 1, { pointId: 'N1-1', status: 'Available' })],
      'OLD',
      2,
    ],
    ['the id stands for none', [occupied(1, 'N1-1', 'N1')], '0', 2],
    ['they are old', [occupied(1, 'N1-1', 'N1')], 'OLD', 20],
  ])('is not made of readings when %s', (_why, before, transactionId, receivedMinutes) => {
    const sample = read(2, 5000, 'N1', { pointId: 'N1-1', transactionId, receivedAt: at(receivedMinutes) });
    const state = run([...before, sample]);
    expect(state.processes.values().filter((process) => process.transactionId)).toEqual([]);
  });

  it('is adopted by its end if one bay alone can have had it', () => {
    const state = run([occupied(1, 'N2-1', 'N2'), ended(9, 'N2', { meterStopWh: 7000 })]);
    expect(state.processes.values()).toMatchObject([{ transactionId: { value: 'OLD' }, endedAt: at(9) }]);
    expect(state.processes.values()[0]?.deliveredWh).toBeUndefined();
    const two = run([occupied(1, 'N2-1', 'N2'), occupied(1, 'N2-2', 'N2'), ended(9, 'N2')]);
    expect(two.processes.values().filter((process) => process.endedAt)).toEqual([]);
    expect(two.stations.get('N2')?.held).toHaveLength(1);
  });

  it('does not end one whose id is known', () => {
    const state = run([
      station('TransactionStarted', 1, { pointId: 'N1-1', transactionId: 'T1' }),
      ended(9, 'N1'),
    ]);
    expect(at1(state, 'N1', 'N1-1')).not.toHaveProperty('endedAt');
  });
});

describe('an end without an id (1.6 writes -1)', () => {
  const begun = (minutes: number, pointId: string, transactionId: string) =>
    station('TransactionStarted', minutes, { pointId, transactionId, meterStartWh: 1000 }, 'N2');
  const nameless = (minutes: number) => ended(minutes, 'N2', { transactionId: '-1', meterStopWh: 5000 });

  it('is that of the only transaction that runs', () => {
    const state = run([begun(1, 'N2-1', '7'), nameless(9)]);
    expect(at1(state, 'N2', 'N2-1')).toMatchObject({ endedAt: at(9), deliveredWh: { value: 4000 } });
  });

  it('is nobody’s if two run, or if it is older than the one that runs', () => {
    const two = run([begun(1, 'N2-1', '7'), begun(1, 'N2-2', '8'), nameless(9)]);
    expect(two.processes.values().filter((process) => process.endedAt)).toEqual([]);
    const older = run([begun(10, 'N2-1', '7'), nameless(9)]);
    expect(at1(older, 'N2', 'N2-1')).not.toHaveProperty('endedAt');
  });
});

describe('a transaction id that is used again', () => {
  const start = (minutes: number, token: string, more: object = {}) =>
    station('TransactionStarted', minutes, {
      pointId: 'N1-1',
      transactionId: 'OLD',
      seqNo: 0,
      token,
      ...more,
    });
  const first = [start(0, 'A'), read(1, 1000, 'N1'), read(5, 4000, 'N1'), ended(10, 'N1')];
  const free = station('PointStatusReported', 11, { pointId: 'N1-1', status: 'Available' });

  it('is another transaction; late words of the first one stay with it', () => {
    const state = run([
      ...first,
      free,
      start(20, 'B'),
      read(21, 4000, 'N1'),
      read(22, 4600, 'N1'),
      // Repeated, and late.
      start(0, 'A', { receivedAt: at(23) }),
      read(4, 3800, 'N1', { receivedAt: at(23) }),
      ended(10, 'N1', { receivedAt: at(23) }),
    ]);
    expect(state.processes.values()).toMatchObject([
      { deliveredWh: { value: 3000 }, endedAt: at(10), vehicle: { value: { token: 'A' } } },
      { deliveredWh: { value: 600 }, vehicle: { value: { token: 'B' } } },
    ]);
    expect(state.processes.values()[1]).not.toHaveProperty('endedAt');
    expect(at1(state, 'N1', 'N1-1')?.vehicle?.value.token).toBe('B');
  });

  it('ends the second without touching the first, though the bay was never free between them', () => {
    const state = run([...first, start(20, 'B'), read(21, 4000, 'N1'), ended(30, 'N1')]);
    expect(state.processes.values().map((process) => process.endedAt)).toEqual([at(10), at(30)]);
  });

  it('adds nothing to a transaction that is over, without a new start', () => {
    const over = run(first);
    const state = run([updated(12, 'N1', { phase: 'SuspendedEV' }), read(12, 9000, 'N1')], over);
    expect(state.processes.values()).toEqual(over.processes.values());
  });
});

it('history that never was at a bay is forgotten in time like all other', () => {
  const past = { transactionId: 'OLD', offline: true, receivedAt: at(60) };
  const state = run([
    station('PointStatusReported', 50, { pointId: 'N1-1', status: 'Available' }),
    station('TransactionStarted', 1, { pointId: 'N1-1', ...past }),
    ended(9, 'N1', past),
  ]);
  expect(state.processes.values()).toHaveLength(1);
  const expired = (minutes: number) =>
    run([event('HistoryExpired', {}, 100, { before: at(minutes) })], state).processes.values();
  expect(expired(5)).toHaveLength(1);
  expect(expired(10)).toEqual([]);
});
