/** Sessions whose frames come twice, late or in another order end in the same state: tables and reducer together. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DepotState, initialState, reduce } from '../../src/domain/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import type { JsonObject } from '../../src/mapping/index.js';
import { translate } from '../../src/ocpp/index.js';
import { runs } from '../support/properties.js';
import { exampleConfig, shippedTables } from './harness.js';

interface Frame {
  readonly action: string;
  readonly payload: (transactionId: number) => JsonObject;
}

const identity = new IdentityRegistry(exampleConfig());
const began = Date.UTC(2026, 0, 1);
const minute = (minutes: number) => new Date(began + minutes * 60_000).toISOString();

const event = (
  eventType: string,
  triggerReason: string,
  seqNo: number,
  minutes: number,
  more: JsonObject = {},
  info: JsonObject = {},
): Frame => ({
  action: 'TransactionEvent',
  payload: () => ({
    eventType,
    timestamp: minute(minutes),
    triggerReason,
    seqNo,
    transactionInfo: { transactionId: 'tx', ...info },
    ...more,
  }),
});

const read201 = (
  minutes: number,
  wattHours: number,
  soc: number,
  context = 'Sample.Periodic',
): JsonObject => ({
  meterValue: [
    {
      timestamp: minute(minutes),
      sampledValue: [
        { value: wattHours, context },
        { value: soc, measurand: 'SoC', context, location: 'EV' },
      ],
    },
  ],
});

const session201: readonly Frame[] = [
  event(
    'Started',
    'CablePluggedIn',
    0,
    0,
    { evse: { id: 1, connectorId: 1 }, ...read201(0, 1000, 20, 'Transaction.Begin') },
    { chargingState: 'EVConnected' },
  ),
  event('Updated', 'Authorized', 1, 1, { idToken: { idToken: 'BUS4711', type: 'ISO14443' } }),
  event('Updated', 'ChargingStateChanged', 2, 2, {}, { chargingState: 'Charging' }),
  event('Updated', 'MeterValuePeriodic', 3, 10, read201(10, 11_000, 30)),
  event('Updated', 'MeterValuePeriodic', 4, 20, { offline: true, ...read201(20, 21_000, 40) }),
  event('Updated', 'ChargingStateChanged', 5, 35, {}, { chargingState: 'SuspendedEV' }),
  event('Ended', 'EVDeparted', 6, 40, read201(40, 35_000, 55, 'Transaction.End'), {
    stoppedReason: 'EVDisconnected',
  }),
];

const read16 = (minutes: number, wattHours: number, soc: number): Frame => ({
  action: 'MeterValues',
  payload: (transactionId) => ({
    connectorId: 1,
    transactionId,
    meterValue: [
      {
        timestamp: minute(minutes),
        sampledValue: [
          { value: String(wattHours) },
          { value: String(soc), measurand: 'SoC', location: 'EV' },
        ],
      },
    ],
  }),
});

const session16: readonly Frame[] = [
  {
    action: 'StartTransaction',
    payload: () => ({ connectorId: 1, idTag: 'BUS4711', meterStart: 1000, timestamp: minute(0) }),
  },
  read16(10, 11_000, 30),
  read16(20, 21_000, 40),
  read16(30, 31_000, 50),
  {
    action: 'StopTransaction',
    payload: (transactionId) => ({
      transactionId,
      meterStop: 35_000,
      timestamp: minute(40),
      reason: 'EVDisconnected',
    }),
  },
];

const places = { 'ocpp1.6': ['N1', 'N1-1'], 'ocpp2.0.1': ['N3', 'N3-1'] } as const;

/** How a CSMS numbers transactions: the next telling of a start, and a number that any other frame may bear. */
interface Naming {
  readonly start: () => string;
  readonly any: (turn: number) => number;
}

/** Tells the frames one after the other and looks at the state after each. */
function tell(
  { protocol, session }: { protocol: 'ocpp1.6' | 'ocpp2.0.1'; session: readonly Frame[] },
  order: readonly number[],
  look: (state: DepotState) => void,
  naming?: Naming,
): DepotState {
  const [stationId, pointId] = places[protocol];
  let state: DepotState = initialState('depot', [{ stationId, pointIds: [pointId] }]);
  for (const [index, which] of order.entries()) {
    const at = began + 3_600_000 + index * 1_000;
    const frame = session[which];
    if (!frame) continue;
    const known = Object.keys(state.stations.get(stationId)?.transactions ?? {})[0];
    const facts = { id: `${at}-0`, at, action: frame.action, protocol, stationId };
    const number = naming ? naming.any(index) : Number(known);
    const { events, failures } = translate(facts, frame.payload(number), shippedTables(), identity);
    expect(failures).toEqual([]);
    const told = events.map((event) =>
      naming && event.type === 'TransactionStarted'
        ? { ...event, payload: { ...event.payload, transactionId: naming.start() } }
        : event,
    );
    state = told.reduce(reduce, state);
    look(state);
  }
  return state;
}

/** What a session left behind: all but when and by which frame it was heard. */
function outcomeOf(
  protocol: 'ocpp1.6' | 'ocpp2.0.1',
  session: readonly Frame[],
  order: readonly number[],
  naming?: Naming,
): string {
  let delivered = 0;
  let ended = false;
  const state = tell(
    { protocol, session },
    order,
    ({ processes }) => {
      const [process] = processes.values();
      const now = process?.deliveredWh?.value ?? 0;
      expect(now).toBeGreaterThanOrEqual(delivered);
      delivered = now;
      expect(Boolean(process?.endedAt) || !ended).toBe(true);
      ended = Boolean(process?.endedAt);
    },
    naming,
  );
  const [stationId] = places[protocol];
  return JSON.stringify({
    held: state.stations.get(stationId)?.held,
    processes: state.processes.values().map((process) => ({
      energy: process.deliveredWh?.value,
      soc: process.readings.socPct?.value,
      phase: process.phase?.value,
      stop: [process.stopReason?.value, process.stopClass?.value, process.endedAt],
      start: [process.startedAt, process.transactionStartedAt, process.meterStartWh?.value],
      vehicle: process.vehicle?.value,
    })),
  });
}

/** Orders of `0 … length - 1`: each at least once, some again. */
function orders(length: number, first: readonly number[]): fc.Arbitrary<number[]> {
  const rest = Array.from({ length }, (_, index) => index).filter((index) => !first.includes(index));
  return fc
    .tuple(
      fc.shuffledSubarray(rest, { minLength: rest.length }),
      fc.array(fc.nat(length - 1), { maxLength: 8 }),
      fc.nat(),
    )
    .map(([later, again, seed]) => {
      const order = [...later];
      for (const [index, which] of again.entries())
        order.splice((seed + index) % (order.length + 1), 0, which);
      return [...first, ...order];
    });
}

// 1.6: the start comes first, because its answer gives the transaction the id that all others name. 2.x: any order.
it.each([
  ['ocpp1.6', session16, [0], 2_500],
  ['ocpp2.0.1', session201, [], 4_000],
] as const)('%s: shuffled and repeated sessions', (protocol, session, first, cases) => {
  const ordered = session.map((_, index) => index);
  const expected = outcomeOf(protocol, session, ordered);
  expect(JSON.parse(expected)).toMatchObject({
    processes: [{ energy: 34_000, stop: ['EVDisconnected', 'ordinary', minute(40)] }],
  });
  fc.assert(
    fc.property(orders(session.length, first), (order) => {
      expect(outcomeOf(protocol, session, order)).toBe(expected);
    }),
    { numRuns: runs(cases) },
  );
});

it('ocpp1.6 behind a CSMS: a retried start may get another number each time, or none at first', () => {
  const expected = outcomeOf('ocpp1.6', session16, [0, 1, 2, 3, 4]);
  const numbers = fc.array(fc.constantFrom('7', '8', '9'), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(orders(session16.length, [0, 0]), numbers, fc.boolean(), (order, given, isFirstUnnamed) => {
      let told = 0;
      const names: string[] = [];
      const named: Naming = {
        start: () => {
          const name = told === 0 && isFirstUnnamed ? '-1' : (given[told % given.length] ?? '7');
          told += 1;
          if (name !== '-1') names.push(name);
          return name;
        },
        any: (turn) => Number(names[turn % names.length] ?? -1),
      };
      expect(outcomeOf('ocpp1.6', session16, order, named)).toBe(expected);
    }),
    { numRuns: runs(1_000) },
  );
});

it('ocpp2.0.1: an older session told late and offline, in any order, changes nothing of the bay', () => {
  const offline = ({ action, payload }: Frame): Frame => ({
    action,
    payload: () => ({ ...payload(0), offline: true }),
  });
  const old = session201.map(offline);
  const live: readonly Frame[] = [
    {
      action: 'StatusNotification',
      payload: () => ({ evseId: 1, connectorId: 1, connectorStatus: 'Occupied', timestamp: minute(59) }),
    },
    event(
      'Started',
      'Authorized',
      0,
      50,
      { evse: { id: 1, connectorId: 1 }, ...read201(50, 35_000, 60) },
      { transactionId: 'now', chargingState: 'Charging' },
    ),
    event('Updated', 'MeterValuePeriodic', 1, 55, read201(55, 40_000, 65), { transactionId: 'now' }),
  ];
  const session = [...live, ...old];
  const bay = (state: DepotState) => JSON.stringify(state.stations.get('N3')?.points['N3-1']);
  const before = bay(tell({ protocol: 'ocpp2.0.1', session }, [0, 1, 2], () => undefined));
  const story = orders(old.length, []).map((order) => order.map((which) => which + live.length));
  fc.assert(
    fc.property(story, (order) => {
      let heard = 0;
      const state = tell({ protocol: 'ocpp2.0.1', session }, [0, 1, 2, ...order], (now) => {
        heard += 1;
        if (heard >= 3) expect(bay(now)).toBe(before);
      });
      expect(state.processes.values()).toMatchObject([
        { transactionId: { value: 'now' } },
        { deliveredWh: { value: 34_000 }, endedAt: minute(40) },
      ]);
    }),
    { numRuns: runs(1_000) },
  );
});

it('ocpp2.0.1: what waits for a start that never comes is bounded, and forgotten in time', () => {
  const many = Array.from({ length: 500 }, (_, index) =>
    event('Updated', 'MeterValuePeriodic', index, index / 100, read201(index / 100, 1_000 + index, 20)),
  );
  const order = many.map((_, index) => index);
  const state = tell({ protocol: 'ocpp2.0.1', session: many }, order, () => undefined);
  expect(state.stations.get('N3')?.held).toHaveLength(200);
  const station = state.stations.get('N3');
  expect(JSON.parse(JSON.stringify(station))).toEqual(station);
  const expired = reduce(state, {
    type: 'HistoryExpired',
    payload: { before: new Date(began + 86_400_000).toISOString() },
    raw: `${began + 86_400_000}-0`,
    ruleOf: () => 'bridge/history',
  });
  expect(expired.stations.get('N3')).not.toHaveProperty('held');
});
