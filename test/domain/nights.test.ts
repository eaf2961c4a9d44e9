/** Nights at one bay, told in any order: some of it at once, some of it after an outage, some of it twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DepotState, DomainEvent } from '../../src/domain/index.js';
import { at, run, station } from '../support/events.js';
import { runs } from '../support/properties.js';

interface Visit {
  /** The register grows by so much with each reading, in Wh. */
  readonly grows: readonly number[];
  /** The meter is swapped after the first reading. */
  readonly reset: boolean;
}

interface Night {
  readonly visits: readonly Visit[];
  /** The last bus still charges when it is morning. */
  readonly open: boolean;
  /** Every transaction bears the same id (2.x stations that count anew). */
  readonly sameId: boolean;
}

const LENGTH = 100;
const MORNING = 1000;

/** A frame of the night: what it says, as it is told at once and as it is told in the morning. */
interface Frame {
  readonly minutes: number;
  readonly isStatus: boolean;
  readonly live: DomainEvent;
  readonly late: DomainEvent;
}

function frame(type: DomainEvent['type'], minutes: number, payload: object): Frame {
  const isStatus = type === 'PointStatusReported';
  const live = station(type, minutes, payload);
  const late = { ...live.payload, receivedAt: at(MORNING), ...(isStatus ? {} : { offline: true }) };
  return { minutes, isStatus, live, late: { ...live, payload: late } as DomainEvent };
}

function framesOf({ visits, open, sameId }: Night): Frame[] {
  let wh = 5_000_000;
  return visits.flatMap(({ grows, reset }, index) => {
    const begin = index * LENGTH;
    const transactionId = sameId ? '1' : `T${index}`;
    const named = { transactionId };
    const reading = (minutes: number) =>
      frame('MeterSampled', minutes, {
        ...named,
        samples: [{ at: at(minutes), energyWh: wh, socPct: 20 + minutes / 50 }],
      });
    const status = (minutes: number, value: string) =>
      frame('PointStatusReported', minutes, { pointId: 'N1-1', status: value });
    const started = frame('TransactionStarted', begin + 2, {
      ...named,
      pointId: 'N1-1',
      token: `BUS${index}`,
      seqNo: 0,
    });
    const first = reading(begin + 2);
    const rest = grows.map((by, step) => {
      wh = reset && step === 1 ? 4_000_000 - index * 1_000_000 + by : wh + by;
      return reading(begin + 10 + step * 10);
    });
    const isOpen = open && index === visits.length - 1;
    return [
      status(begin, 'Occupied'),
      started,
      first,
      ...rest,
      ...(isOpen
        ? []
        : [
            frame('TransactionEnded', begin + 80, { ...named, stopClass: 'ordinary' }),
            status(begin + 90, 'Available'),
          ]),
    ];
  });
}

/** What must not depend on when anything was told. */
function essence(state: DepotState) {
  const point = state.stations.get('N1')?.points['N1-1'];
  const here = point?.processId ? state.processes.get(point.processId) : undefined;
  return {
    status: point?.status?.value,
    here: here && [here.transactionId?.value, here.vehicle?.value.token],
    held: state.stations.get('N1')?.held,
    transactions: state.processes
      .values()
      .filter((process) => process.transactionId)
      .map((process) => ({
        token: process.vehicle?.value.token,
        began: process.transactionStartedAt,
        ended: process.endedAt,
        delivered: process.deliveredWh?.value,
        soc: process.readings.socPct?.value,
      }))
      .sort((a, b) => ((a.began ?? '') < (b.began ?? '') ? -1 : 1)),
  };
}

/** Tells the frames one by one: energy never falls, nothing that was told over is open again, the status never goes back. */
function tell(frames: readonly DomainEvent[]): DepotState {
  let state = run([]);
  for (const event of frames) {
    const before = state;
    state = run([event], state);
    for (const process of before.processes.values()) {
      const after = state.processes.get(process.processId);
      if (!after) expect(process.transactionId).toBeUndefined();
      if (!after?.transactionId) continue;
      expect(after.deliveredWh?.value ?? 0).toBeGreaterThanOrEqual(process.deliveredWh?.value ?? 0);
      if (process.stopClass) expect(after.endedAt).toBe(process.endedAt);
    }
    const [was, is] = [before, state].map(
      (each) => each.stations.get('N1')?.points['N1-1']?.status?.at ?? '',
    );
    expect((is ?? '') >= (was ?? '')).toBe(true);
  }
  return state;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  grows: fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 4 }),
  reset: fc.boolean(),
});
const night = (sameId: boolean): fc.Arbitrary<Night> =>
  fc.record({
    visits: fc.array(visit, { minLength: 1, maxLength: 3 }),
    open: fc.boolean(),
    sameId: fc.constant(sameId),
  });
/** For each frame: whether it waits for the morning, and its place in the queue then. */
const fates = fc.array(fc.tuple(fc.boolean(), fc.nat()), { minLength: 30, maxLength: 30 });
const again = fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 5 });

describe('a night at a bay', () => {
  it.each([
    ['each transaction has an id of its own, and what waited comes in any order', false],
    ['all bear the same id, and statuses come in any order', true],
  ])('ends the same: %s', (_how, sameId) => {
    fc.assert(
      fc.property(night(sameId), fates, again, (story, fate, repeats) => {
        const frames = framesOf(story);
        const expected = essence(tell(frames.map(({ live }) => live)));
        const placed = frames.map((each, index) => {
          const [waits, place] = fate[index % fate.length] ?? [false, 0];
          // Where ids do not say which is which, transactions come in their order, as from any queue.
          const rank = waits && (each.isStatus || !sameId) ? 1 + place : 0;
          return { event: waits ? each.late : each.live, rank };
        });
        const told = placed.sort((a, b) => a.rank - b.rank).map(({ event }) => event);
        const twice = repeats.map(([which, late]) => {
          const each = frames[which % frames.length] as Frame;
          return late ? each.late : each.live;
        });
        expect(essence(tell([...told, ...twice]))).toEqual(expected);
      }),
      { numRuns: runs(600) },
    );
  });
});
