/** Energy from registers that are reset, swapped, read astray or never told. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DepotState, DomainEvent } from '../../src/domain/index.js';
import { at, run, station } from '../support/events.js';
import { runs } from '../support/properties.js';

/** What a station says of the register: at its start, on the way, and at its end. */
interface Story {
  readonly start?: number;
  readonly readings: readonly number[];
  readonly stop?: number;
}

const STEP = 10;

/** As 1.6 tells it: start and stop are messages of their own. */
function told16({ start, readings, stop }: Story): DomainEvent[] {
  const transactionId = 'T1';
  const end = STEP * (readings.length + 1);
  return [
    station('TransactionStarted', 0, {
      pointId: 'N1-1',
      transactionId,
      ...(start === undefined ? {} : { meterStartWh: start }),
    }),
    ...readings.map((energyWh, index) => reading(STEP * (index + 1), energyWh)),
    ...(stop === undefined
      ? []
      : [station('TransactionEnded', end, { transactionId, meterStopWh: stop, stopClass: 'ordinary' })]),
  ];
}

function reading(
  minutes: number,
  energyWh: number,
  context = 'Sample.Periodic',
  more: object = {},
): DomainEvent {
  return station('MeterSampled', minutes, {
    pointId: 'N1-1',
    transactionId: 'T1',
    samples: [{ at: at(minutes), energyWh, context }],
    ...more,
  });
}

/** As 2.x tells it: all registers are readings, those of the end come in its own frame. */
function told201({ start, readings, stop }: Story): DomainEvent[] {
  const [begun, ...rest] = told16({ readings, stop: stop ?? 0 });
  const ended = rest.pop();
  if (!begun || !ended) throw new Error('no story');
  const minutes = STEP * (readings.length + 1);
  const bare = { ...ended, payload: { ...ended.payload, meterStopWh: undefined } } as unknown as DomainEvent;
  return [
    begun,
    ...(start === undefined ? [] : [reading(0, start, 'Transaction.Begin')]),
    ...rest,
    ...(stop === undefined ? [] : [bare, { ...reading(minutes, stop, 'Transaction.End'), raw: ended.raw }]),
  ];
}

const only = (state: DepotState) => {
  const [process, ...others] = state.processes.values();
  expect(others).toEqual([]);
  return process;
};

const versions = [
  ['1.6', told16],
  ['2.x', told201],
] as const;

describe.each(versions)('%s: the energy of a transaction', (_version, told) => {
  it.each<[string, Story, number]>([
    ['is register minus start', { start: 1000, readings: [4000, 9000], stop: 12_000 }, 11_000],
    ['goes on after a reset', { start: 100_000, readings: [110_000, 200, 700], stop: 900 }, 10_700],
    [
      'goes on after a reset to above the start',
      { start: 0, readings: [10_000, 200, 700], stop: 900 },
      10_700,
    ],
    [
      'goes on after a reset that only the end shows',
      { start: 100_000, readings: [110_000], stop: 900 },
      10_000,
    ],
    ['survives two resets', { start: 50_000, readings: [60_000, 100, 5000, 50], stop: 1050 }, 15_900],
    ['is none of a register that was reset and stood still', { start: 100_000, readings: [], stop: 0 }, 0],
    [
      'is not that of a register that begins anew each session',
      { start: 500_000, readings: [100, 600], stop: 501_000 },
      1000,
    ],
    [
      'leaves out one reading astray above',
      { start: 1000, readings: [3000, 900_000, 5000], stop: 6000 },
      5000,
    ],
    ['leaves out one reading astray below', { start: 1000, readings: [3000, 0, 5000], stop: 6000 }, 5000],
    [
      'leaves out a jump that no vehicle can take',
      { start: 0, readings: [1_000_000, 1_005_000], stop: 1_009_000 },
      9000,
    ],
    [
      'believes the end over a reading a little above it',
      { start: 1000, readings: [4500], stop: 4000 },
      3000,
    ],
    [
      'takes a lost start from the first reading',
      { readings: [1_000_000, 1_005_000], stop: 1_009_000 },
      9000,
    ],
  ])('%s', (_what, story, expected) => {
    const process = only(run(told(story)));
    expect(process?.deliveredWh?.value ?? 0).toBe(expected);
    expect(process?.endedAt).toBeDefined();
  });
});

it('a register below zero at the start is one that nobody could read', () => {
  const process = only(run(told16({ start: -1, readings: [1_000_000, 1_005_000], stop: 1_009_000 })));
  expect(process).toMatchObject({
    deliveredWh: { value: 9000 },
    meterStartWh: { rule: 'bridge/first-reading' },
  });
  const again = run([...told16({ start: -1, readings: [] }), ...told16({ start: -1, readings: [] })]);
  only(again);
});

it('a jump is marked as such', () => {
  const process = only(run(told16({ start: 0, readings: [1_000_000] })));
  expect(process?.register).toMatchObject([{ to: { wh: 0 } }, { after: 'jump', from: { wh: 1_000_000 } }]);
});

it('what was charged while the clock was not set counts, however fast it is told', () => {
  const events = told16({ start: 1000, readings: [40_000, 80_000], stop: 120_000 });
  const unset = events.map((event, index) => {
    const then = { at: `1970-01-01T0${index}:00:00Z`, receivedAt: at(index / 600) };
    const payload = { ...event.payload, ...then };
    const samples =
      'samples' in payload ? { samples: payload.samples.map((sample) => ({ ...sample, at: then.at })) } : {};
    return { ...event, payload: { ...payload, ...samples } } as DomainEvent;
  });
  expect(only(run(unset))?.deliveredWh?.value).toBe(119_000);
});

describe.each(versions)(
  '%s: an end whose time lies before that of its start, since the clock was set',
  (_version, told) => {
    const [start, ...others] = told({ start: 1000, readings: [], stop: 116_016 });
    const late = (event: DomainEvent | undefined, minutes: number, receivedMinutes: number) => {
      const then = { at: at(minutes), receivedAt: at(receivedMinutes) };
      const payload = { ...event?.payload, ...then };
      const samples =
        'samples' in payload
          ? { samples: payload.samples.map((sample) => ({ ...sample, at: then.at })) }
          : {};
      return { ...event, payload: { ...payload, ...samples } } as DomainEvent;
    };
    const begins = [start, ...others.slice(0, -1).filter((event) => event.raw !== others.at(-1)?.raw)];
    const ends = others.filter((event) => !begins.includes(event));

    it('costs no energy', () => {
      const story = [
        ...begins.map((event) => late(event, 60, 70)),
        ...ends.map((event) => late(event, 30, 71)),
      ];
      expect(only(run(story))?.deliveredWh?.value).toBe(115_016);
    });
  },
);

it('a process from before there were stretches goes on where it was', () => {
  const state = run(told16({ start: 1000, readings: [4000] }));
  const [process] = state.processes.values();
  if (!process) throw new Error('no process');
  const { register: _gone, ...old } = process;
  const before = { ...state, processes: state.processes.set(old.processId, old) };
  expect(only(run([reading(30, 9000)], before))?.deliveredWh?.value).toBe(8000);
});

describe.each(versions)('%s: registers that are reset, told in any order', (_version, told) => {
  it('never fall, and end where the ordered story ends', () => {
    const grows = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        grows,
        fc.option(grows, { nil: undefined }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        (before, after, swaps, repeats) => {
          let wh = 500_000;
          const first = before.map((by) => (wh += by));
          if (after) wh = 10;
          const second = (after ?? []).map((by) => (wh += by));
          const events = told({ start: 500_000, readings: [...first, ...second], stop: wh });
          const expected = [...before, ...(after ?? []).slice(1)].reduce((sum, by) => sum + by, 0);
          expect(only(run(events))?.deliveredWh?.value ?? 0).toBe(expected);
          const rest = events.slice(1);
          for (const [a, b] of swaps) {
            const [i, j] = [a % rest.length, b % rest.length];
            [rest[i], rest[j]] = [rest[j] as DomainEvent, rest[i] as DomainEvent];
          }
          const shuffled = [
            ...events.slice(0, 1),
            ...rest,
            ...repeats.map((n) => events[n % events.length] as DomainEvent),
          ];
          let state = run([]);
          let energyWh = 0;
          for (const event of shuffled) {
            state = run([event], state);
            const now = only(state)?.deliveredWh?.value ?? 0;
            expect(now).toBeGreaterThanOrEqual(energyWh);
            energyWh = now;
          }
          expect(energyWh).toBe(expected);
        },
      ),
      { numRuns: runs(1000) },
    );
  });
});
