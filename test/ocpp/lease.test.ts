/** A limit beside a CSMS: the lower of both while it lasts, theirs when it has ended. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CsmsLimitSet,
  csmsLimitSteps,
  type DomainEvent,
  initialState,
  type LimitStep,
  reduce,
  type StationState,
} from '../../src/domain/index.js';
import { leaseOf } from '../../src/ocpp/commands/lease.js';
import { exampleConfig } from './harness.js';

const NOW = Date.parse('2026-03-01T20:00:00Z');
const HOUR = 3_600_000;
const [point] = exampleConfig().depots[0].stations[0]?.points ?? [];
if (!point) throw new Error('the example has a point');
const FULL_W = point.maxVoltage * point.maxAmperage;

const at = (ms: number) => new Date(ms).toISOString();

function station(limits: readonly Partial<CsmsLimitSet>[]): StationState {
  let state = initialState('d', [{ stationId: 'N1', pointIds: ['N1-1'] }]);
  for (const [index, limit] of limits.entries()) {
    const payload: CsmsLimitSet = {
      ...{ place: 1, pointId: 'N1-1', profileId: index + 1, stackLevel: 0, purpose: 'transaction' },
      ...{ kind: 'Absolute', unit: 'W', periods: [{ startS: 0, limitW: 60_000 }], receivedAt: at(NOW) },
      ...limit,
    };
    state = reduce(state, told('CsmsLimitSet', payload, index));
  }
  const found = state.stations.get('N1');
  if (!found) throw new Error('no station');
  return found;
}

function told(type: 'CsmsLimitSet' | 'CsmsLimitCleared', payload: object, index = 0): DomainEvent {
  return {
    type,
    stationId: 'N1',
    payload,
    raw: `1-${index}`,
    ruleOf: () => 'test',
  } as unknown as DomainEvent;
}

const allowed = (of: StationState, more: object = {}) =>
  csmsLimitSteps(of, {
    pointId: 'N1-1',
    transactionId: '7',
    transactionStartedAt: at(NOW - HOUR),
    from: at(NOW),
    untilMs: NOW + 24 * HOUR,
    watts: (limit, unit) => (unit === 'W' ? limit : limit * point.maxVoltage),
    ...more,
  }).map((step) => [(Date.parse(step.at) - NOW) / 1000, step.powerW]);

describe('what a CSMS allows', () => {
  it('is nothing said without profiles', () => {
    expect(allowed(station([]))).toEqual([[0, undefined]]);
  });

  it('is the highest level with a period in force, then the next, then nothing', () => {
    const limits = station([
      {
        stackLevel: 0,
        startAt: at(NOW - HOUR),
        durationS: 3 * 3600,
        periods: [{ startS: 0, limitW: 10_000 }],
      },
      {
        stackLevel: 3,
        startAt: at(NOW),
        durationS: 60,
        periods: [
          { startS: 0, limitW: 50_000 },
          { startS: 30, limitW: 40_000 },
        ],
      },
    ]);
    expect(allowed(limits)).toEqual([
      [0, 50_000],
      [30, 40_000],
      [60, 10_000],
      [7200, undefined],
    ]);
  });

  it('is the default profile where the transaction has none, and never that of the station', () => {
    const limits = station([
      { purpose: 'default', place: 0, stackLevel: 5, periods: [{ startS: 0, limitW: 11_000 }] },
      { purpose: 'station', place: 0, stackLevel: 9, periods: [{ startS: 0, limitW: 1_000 }] },
      { purpose: 'transaction', transactionId: '8', stackLevel: 9, periods: [{ startS: 0, limitW: 2_000 }] },
    ]);
    expect(allowed(limits)).toEqual([[0, 11_000]]);
  });

  it('counts from the start of the transaction, every day anew, and only while it is valid', () => {
    const relative = station([
      {
        kind: 'Relative',
        periods: [
          { startS: 0, limitW: 1_000 },
          { startS: 3_660, limitW: 2_000 },
        ],
      },
    ]);
    expect(allowed(relative)).toEqual([
      [0, 1_000],
      [60, 2_000],
    ]);
    const daily = station([
      {
        purpose: 'default',
        kind: 'Recurring',
        recurrency: 'Daily',
        startAt: at(NOW - 30 * 24 * HOUR + 600_000),
        durationS: 600,
        periods: [{ startS: 0, limitA: 16 }],
        unit: 'A',
      },
    ]);
    expect(allowed(daily)).toEqual([
      [0, undefined],
      [600, 16 * point.maxVoltage],
      [1200, undefined],
    ]);
    const later = station([
      { validFrom: at(NOW + 5_000), validTo: at(NOW + 9_000), startAt: at(NOW - HOUR) },
    ]);
    expect(allowed(later)).toEqual([
      [0, undefined],
      [5, 60_000],
      [9, undefined],
    ]);
  });

  it('changes as the station changes it: same id, same level, clearing, end of the transaction', () => {
    const replaced = station([{ profileId: 4 }, { profileId: 5 }, { profileId: 5, stackLevel: 2 }]);
    expect(replaced.csmsLimits?.map(({ value }) => [value.profileId, value.stackLevel])).toEqual([[5, 2]]);
    let state = initialState('d', [{ stationId: 'N1', pointIds: ['N1-1'] }]);
    const set = (profileId: number, more: object) =>
      told('CsmsLimitSet', { ...replaced.csmsLimits?.[0]?.value, profileId, ...more });
    for (const event of [
      set(1, { stackLevel: 1 }),
      set(2, { purpose: 'default' }),
      set(3, { purpose: 'station', place: 0 }),
      set(9, { place: 4, pointId: undefined }),
    ])
      state = reduce(state, event);
    const ids = () => state.stations.get('N1')?.csmsLimits?.map(({ value }) => value.profileId);
    expect(ids()).toEqual([1, 2, 3]);
    state = reduce(state, told('CsmsLimitCleared', { place: 1, stackLevel: 2, receivedAt: at(NOW) }));
    expect(ids()).toEqual([1, 3]);
    state = reduce(state, told('CsmsLimitCleared', { profileId: 3, stackLevel: 77, receivedAt: at(NOW) }));
    expect(ids()).toEqual([1]);
    state = reduce(state, told('CsmsLimitCleared', { receivedAt: at(NOW) }));
    expect(ids()).toBeUndefined();
  });
});

const powers = fc.integer({ min: 0, max: 200 }).map((kw) => kw * 1000);
const plans = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 7_200 }), powers), { minLength: 0, maxLength: 8 })
  .chain((later) =>
    powers.map((first): LimitStep[] => [
      { at: at(NOW), powerW: first },
      ...[...new Map(later.filter(([s]) => s > 0))]
        .sort(([a], [b]) => a - b)
        .map(([s, powerW]) => ({ at: at(NOW + s * 1000), powerW })),
    ]),
  );
const profiles = fc.array(
  fc.record({
    stackLevel: fc.integer({ min: 0, max: 3 }),
    purpose: fc.constantFrom('transaction' as const, 'default' as const),
    startS: fc.integer({ min: -7_200, max: 3_600 }),
    durationS: fc.option(fc.integer({ min: 1, max: 7_200 }), { nil: undefined }),
    limitW: powers,
  }),
  { maxLength: 5 },
);

function inForce(steps: readonly LimitStep[], ms: number): number | undefined {
  return steps.findLast((step) => Date.parse(step.at) <= ms)?.powerW;
}

describe('a lease', () => {
  it('never allows more than plan or CSMS, and leaves what the CSMS allows when it has ended', () => {
    fc.assert(
      fc.property(
        plans,
        profiles,
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 60 }),
        (steps, set, maxStackLevel, minutes) => {
          const held = station(
            set.map(({ startS, limitW, durationS, ...rest }) => ({
              ...rest,
              startAt: at(NOW + startS * 1000),
              periods: [{ startS: 0, limitW }],
              ...(durationS === undefined ? {} : { durationS }),
            })),
          );
          const lease = leaseOf({
            ...{ station: held, process: undefined, point, transactionId: '7', steps, maxStackLevel },
            ...{ nowMs: NOW, leaseMs: minutes * 60_000, fullPowerW: FULL_W },
          });
          const theirs = allowed(held) as [number, number | undefined][];
          const theirsAt = (s: number) => theirs.findLast(([from]) => from <= s)?.[1];
          const end = minutes * 60;
          for (const s of [
            0,
            1,
            end / 2,
            end - 1,
            ...steps.map((step) => (Date.parse(step.at) - NOW) / 1000),
            ...theirs.map(([from]) => from),
          ]) {
            const set = inForce(lease.steps, NOW + s * 1000) ?? Number.NaN;
            if (s < end) {
              expect(set).toBe(
                Math.min(
                  inForce(steps, NOW + s * 1000) ?? Number.NaN,
                  theirsAt(s) ?? Number.POSITIVE_INFINITY,
                ),
              );
            } else if (lease.endsAtMs === undefined) expect(set).toBe(theirsAt(s) ?? FULL_W);
            const applied = inForce(lease.applied, NOW + s * 1000);
            expect(applied).toBe(s < end ? set : (theirsAt(s) ?? FULL_W));
          }
          // Ours never stands in the place of a profile of theirs and ends.
          const levels = (held.csmsLimits ?? [])
            .filter(({ value }) => value.purpose === 'transaction')
            .map(({ value }) => value.stackLevel);
          expect(lease.endsAtMs === undefined).toBe(levels.includes(lease.stackLevel));
          expect(lease.stackLevel).toBeGreaterThanOrEqual(Math.max(maxStackLevel, ...levels));
        },
      ),
    );
  });
});
