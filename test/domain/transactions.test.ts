import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DepotState, DomainEvent } from '../../src/domain/index.js';
import { at, run, station } from '../support/events.js';
import { runs } from '../support/properties.js';

const occupied = (minutes: number, phase = 'Preparing') =>
  station('PointStatusReported', minutes, { pointId: 'N1-1', status: 'Occupied', phase });
const available = (minutes: number) =>
  station('PointStatusReported', minutes, { pointId: 'N1-1', status: 'Available' });
const started = (minutes: number, more: object = {}) =>
  station('TransactionStarted', minutes, {
    pointId: 'N1-1',
    token: 'BUS4711',
    vehicleId: 'V1',
    meterStartWh: 1000,
    ...more,
  });
const sampled = (minutes: number, sample: object, more: object = {}) =>
  station('MeterSampled', minutes, { pointId: 'N1-1', samples: [{ at: at(minutes), ...sample }], ...more });

function only(state: DepotState) {
  const processes = state.processes.values();
  expect(processes).toHaveLength(1);
  const [process] = processes;
  if (!process) throw new Error('no process');
  return process;
}

describe('a transaction', () => {
  it('opens a process at the cable and keeps it through start, readings, stop and departure', () => {
    const plugged = run([occupied(0)]);
    const { processId } = only(plugged);
    const begun = run([started(1)], plugged);
    const transactionId = only(begun).transactionId?.value ?? '';
    const state = run(
      [
        sampled(5, { energyWh: 4000, powerW: 42_500, socPct: 55 }, { transactionId }),
        station('TransactionEnded', 9, {
          transactionId,
          meterStopWh: 9000,
          stopReason: 'Local',
          stopClass: 'ordinary',
        }),
        available(10),
      ],
      begun,
    );
    const process = only(state);
    expect(process.processId).toBe(processId);
    expect(process).toMatchObject({ endedAt: at(9), closedAt: at(10), deliveredWh: { value: 8000 } });
    expect(state.stations.get('N1')?.points['N1-1']).not.toHaveProperty('processId');
  });

  it('is one, however often its start is repeated, and keeps its id', () => {
    const once = run([occupied(0), started(1)]);
    const twice = run([started(1), started(1)], once);
    expect(only(twice).transactionId?.value).toBe(only(once).transactionId?.value);
    expect(Object.keys(twice.stations.get('N1')?.transactions ?? {})).toHaveLength(1);
  });

  it('ends the one before it when its end was never told', () => {
    const state = run([
      occupied(0),
      started(1),
      started(30, { token: 'BUS4712', vehicleId: 'V2', meterStartWh: 7000 }),
    ]);
    const [first, second] = state.processes.values();
    expect(first?.endedAt).toBe(at(30));
    expect(second?.endedAt).toBeUndefined();
    expect(state.stations.get('N1')?.points['N1-1']?.processId).toBe(second?.processId);
  });

  it('leaves out energy before the first reading when the start was never told', () => {
    const state = run([
      station('TransactionUpdated', 3, { transactionId: 'T9', pointId: 'N1-1', phase: 'Charging' }),
      sampled(4, { energyWh: 5000 }, { transactionId: 'T9' }),
      sampled(5, { energyWh: 5600 }, { transactionId: 'T9' }),
    ]);
    expect(only(state)).toMatchObject({
      deliveredWh: { value: 600 },
      meterStartWh: { rule: 'bridge/first-reading' },
    });
  });

  it('is not charged with the register of the next one, whose start still waits at the station', () => {
    const transactionId = 'T1';
    const state = run([
      occupied(0),
      started(1, { transactionId }),
      sampled(2, { energyWh: 3000 }, { transactionId }),
      // The next vehicle charges already; a reading asked for by TriggerMessage overtakes what is queued.
      sampled(30, { energyWh: 90_000 }),
      station('TransactionEnded', 10, { transactionId, meterStopWh: 4000, receivedAt: at(31) }),
    ]);
    expect(only(state)).toMatchObject({ deliveredWh: { value: 3000 }, endedAt: at(10) });
  });

  it('has the energy of its stop, whatever readings gone astray said before or after', () => {
    const begun = run([occupied(0), started(1)]);
    const transactionId = only(begun).transactionId?.value ?? '';
    const stop = station('TransactionEnded', 10, { transactionId, meterStopWh: 4000, receivedAt: at(31) });
    const astray = sampled(9, { energyWh: 90_000 });
    expect(only(run([astray, stop], begun)).deliveredWh?.value).toBe(3000);
    const late = sampled(9, { energyWh: 90_000 }, { transactionId });
    expect(only(run([stop, late], begun)).deliveredWh?.value).toBe(3000);
  });

  it('counts readings that name only the point, of a station that never names transactions', () => {
    const state = run([
      occupied(0),
      started(1),
      sampled(2, { energyWh: 3000 }),
      sampled(3, { energyWh: 5000 }),
    ]);
    expect(only(state)).toMatchObject({ deliveredWh: { value: 4000 } });
  });

  it('replayed after an outage does not touch the live bay', () => {
    const live = run([occupied(100), started(101, { transactionId: 'NOW' })]);
    const replay = [
      station('TransactionStarted', 0, {
        pointId: 'N1-1',
        transactionId: 'OLD',
        offline: true,
        receivedAt: at(110),
      }),
      station('TransactionEnded', 50, {
        transactionId: 'OLD',
        offline: true,
        phase: 'Finishing',
        receivedAt: at(110),
      }),
    ];
    const state = run(replay, live);
    expect(state.stations.get('N1')?.points['N1-1']).toEqual(live.stations.get('N1')?.points['N1-1']);
    const old = state.processes.values().find((process) => process.transactionId?.value === 'OLD');
    expect(old).toMatchObject({ endedAt: at(50) });
  });
});

it('two bays that one frame tells of have a process each', () => {
  const [one, two] = ['N2-1', 'N2-2'].map((pointId) =>
    station('PointStatusReported', 1, { pointId, status: 'Occupied' }, 'N2'),
  ) as [DomainEvent, DomainEvent];
  const state = run([one, { ...two, raw: one.raw }]);
  const points = Object.values(state.stations.get('N2')?.points ?? {});
  expect(new Set(points.map((point) => point.processId)).size).toBe(2);
  expect(state.processes.values().map((process) => process.pointId)).toEqual(['N2-1', 'N2-2']);
});

describe('whole sessions, permuted and repeated', () => {
  /** A 2.x session as its station tells it: each event once, in order. */
  function session(samples: readonly number[]): DomainEvent[] {
    const transactionId = 'TX-1';
    let energyWh = 1000;
    const middle = samples.flatMap((deltaWh, index) => {
      energyWh += deltaWh;
      const minutes = 2 + index;
      return [
        station('TransactionUpdated', minutes, {
          pointId: 'N1-1',
          transactionId,
          phase: 'Charging',
          seqNo: index + 1,
        }),
        sampled(minutes, { energyWh, powerW: deltaWh * 60 }, { transactionId }),
      ];
    });
    const end = 3 + samples.length;
    return [
      started(1, { transactionId, seqNo: 0 }),
      ...middle,
      station('TransactionEnded', end, {
        pointId: 'N1-1',
        transactionId,
        meterStopWh: energyWh,
        seqNo: end,
        phase: 'Finishing',
      }),
    ];
  }

  /** What must not depend on the order of arrival. */
  function essence(state: DepotState) {
    return state.processes.values().map((process) => ({
      transactionId: process.transactionId?.value,
      deliveredWh: process.deliveredWh?.value,
      ended: process.endedAt,
      phase: process.phase?.value,
      power: process.readings.powerW?.value,
      vehicle: process.vehicle?.value.vehicleId,
    }));
  }

  it('end in the state of the ordered run; energy never falls; nothing reopens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        (samples, swaps, repeats) => {
          const ordered = session(samples);
          const expected = essence(run(ordered));
          const [first, ...rest] = ordered;
          if (!first) return;
          for (const [a, b] of swaps) {
            const [i, j] = [a % rest.length, b % rest.length];
            [rest[i], rest[j]] = [rest[j] as DomainEvent, rest[i] as DomainEvent];
          }
          const shuffled = [
            first,
            ...rest,
            ...repeats.map((n) => ordered[n % ordered.length] as DomainEvent),
          ];
          let energyWh = 0;
          let state = run([]);
          for (const each of shuffled) {
            const wasEnded = state.processes.values()[0]?.endedAt;
            state = run([each], state);
            const process = state.processes.values()[0];
            expect(process?.deliveredWh?.value ?? 0).toBeGreaterThanOrEqual(energyWh);
            if (wasEnded) expect(process?.endedAt).toBeDefined();
            energyWh = process?.deliveredWh?.value ?? 0;
          }
          expect(essence(state)).toEqual(expected);
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  it('give the same state byte for byte when replayed', () => {
    const events = [occupied(0), ...session([500, 700]), available(20)];
    expect(JSON.stringify(run(events))).toBe(JSON.stringify(run(events)));
  });
});

describe('a clock that is wrong', () => {
  /** A status as a station writes whose clock is ahead (or, below zero, behind) by `skew` minutes. */
  const skewed = (minutes: number, skew: number, status: string) =>
    station('PointStatusReported', minutes, { pointId: 'N1-1', status, at: at(minutes + skew) });

  it.each([
    ['drifts further ahead', [1, 3, 4, 6, 20, 60]],
    ['is set right again', [60, 20, 6, 4, 1, 0]],
    ['falls behind', [0, -1, -2, -3, -4, -4.9, -6, -7]],
    ['was always behind, and is set right', [-60, -60, -60, -1, 0]],
    ['was never set', [-40_000_000, -40_000_000, -40_000_000]],
  ])('never freezes the bay: it %s', (_name, skews) => {
    let state = run([]);
    for (const [index, skew] of skews.entries()) {
      const status = index % 2 === 0 ? 'Occupied' : 'Available';
      state = run([skewed(index * 2, skew, status)], state);
      const point = state.stations.get('N1')?.points['N1-1'];
      expect(point?.status?.value).toBe(status);
      expect(Boolean(point?.processId)).toBe(status === 'Occupied');
    }
  });

  it('that is set back is known by the second message that is late by the same', () => {
    const once = run([skewed(0, 0, 'Available'), skewed(2, -60, 'Occupied')]);
    expect(once.stations.get('N1')?.points['N1-1']?.status?.value).toBe('Available');
    const twice = run([skewed(4, -60, 'Occupied')], once);
    expect(twice.stations.get('N1')?.points['N1-1']?.status).toMatchObject({ value: 'Occupied', at: at(4) });
    const right = run([skewed(6, -0.5, 'Available')], twice);
    expect(right.stations.get('N1')).not.toHaveProperty('clock');
    expect(right.stations.get('N1')?.points['N1-1']?.status).toMatchObject({
      value: 'Available',
      at: at(5.5),
    });
  });

  it('is not seen in what waited: a queue comes at once, not a minute at a time', () => {
    const queue = [0, 1, 2, 3].map((minutes) =>
      station('PointStatusReported', minutes, {
        pointId: 'N1-1',
        status: minutes % 2 ? 'Available' : 'Occupied',
        receivedAt: at(60 + minutes / 60),
      }),
    );
    const state = run([...queue, skewed(62, -50, 'Occupied')]);
    expect(state.stations.get('N1')?.clock?.behindMs).toBeUndefined();
  });

  it('knows a repeated StartTransaction although both seem to come from the future', () => {
    const told = { at: at(90) };
    const once = run([occupied(0), started(1, told)]);
    const again = run([{ ...started(2, told) }], once);
    expect(again.processes.keys()).toHaveLength(1);
  });

  it.each([
    ['the same time', '1970-01-01T00:00:07Z', '1970-01-01T00:00:07Z'],
    ['a new time', '1970-01-01T00:00:07Z', '1970-01-01T00:01:07Z'],
  ])('knows a StartTransaction repeated with %s by a clock that was never set', (_how, first, second) => {
    const once = run([occupied(0), started(1, { at: first })]);
    const again = run([started(2, { at: second })], once);
    expect(only(again).transactionId?.value).toBe(only(once).transactionId?.value);
  });

  it('tells two sessions apart that a clock which was never set gives the same time', () => {
    const told = { at: '1970-01-01T00:00:00Z', meterStartWh: 0 };
    const first = run([occupied(0), started(1, told)]);
    const transactionId = only(first).transactionId?.value;
    const over = run(
      [station('TransactionEnded', 5, { transactionId, meterStopWh: 0 }), available(6)],
      first,
    );
    const second = run([occupied(10), started(11, told)], over);
    expect(second.processes.keys()).toHaveLength(2);
    expect(Object.keys(second.stations.get('N1')?.transactions ?? {})).toHaveLength(2);
  });

  it('knows a repeated StartTransaction whose idTag is empty', () => {
    const told = { token: '', vehicleId: undefined };
    const again = run([occupied(0), started(1, told), started(1, told), started(2, { ...told, at: at(1) })]);
    expect(Object.keys(again.stations.get('N1')?.transactions ?? {})).toHaveLength(1);
    only(again);
  });
});
