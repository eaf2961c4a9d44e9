/** Sessions whose frames come twice, late or in another order end in the same state: tables and reducer together. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DepotState, initialState, reduce } from '../../src/domain/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import type { JsonObject } from '../../src/mapping/index.js';
import { type OcppProtocol, translate } from '../../src/ocpp/index.js';
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

/** What a session left behind: all but when and by which frame it was heard. */
function outcomeOf(protocol: OcppProtocol, session: readonly Frame[], order: readonly number[]): string {
  const [stationId, pointId] = protocol === 'ocpp1.6' ? ['N1', 'N1-1'] : ['N3', 'N3-1'];
  let state: DepotState = initialState('depot', [{ stationId, pointIds: [pointId] }]);
  let delivered = 0;
  for (const [index, which] of order.entries()) {
    const at = began + 3_600_000 + index * 1_000;
    const frame = session[which];
    if (!frame) continue;
    const known = Object.keys(state.stations[stationId]?.transactions ?? {})[0];
    const facts = { id: `${at}-0`, at, action: frame.action, protocol, stationId };
    const { events, failures } = translate(facts, frame.payload(Number(known)), shippedTables(), identity);
    expect(failures).toEqual([]);
    state = events.reduce(reduce, state);
    const now = Object.values(state.processes)[0]?.deliveredWh?.value ?? 0;
    expect(now).toBeGreaterThanOrEqual(delivered);
    delivered = now;
  }
  return JSON.stringify(
    Object.values(state.processes).map((process) => ({
      energy: process.deliveredWh?.value,
      soc: process.readings.socPct?.value,
      phase: process.phase?.value,
      stop: [process.stopReason?.value, process.stopClass?.value, process.endedAt],
      start: [process.transactionStartedAt, process.meterStartWh?.value],
      vehicle: process.vehicle?.value,
    })),
  );
}

const sessions = { 'ocpp1.6': session16, 'ocpp2.0.1': session201 } as const;

it.each(['ocpp1.6', 'ocpp2.0.1'] as const)('%s: 2,500 shuffled and repeated sessions', (protocol) => {
  const session = sessions[protocol];
  const ordered = session.map((_, index) => index);
  const expected = outcomeOf(protocol, session, ordered);
  expect(JSON.parse(expected)).toMatchObject([
    { energy: 34_000, stop: ['EVDisconnected', 'ordinary', minute(40)] },
  ]);
  // The start comes first: it alone says where the transaction is (2.x), or gives it its id (1.6).
  const rest = fc.shuffledSubarray(ordered.slice(1), { minLength: ordered.length - 1 });
  const repeats = fc.array(fc.nat(session.length - 1), { maxLength: 8 });
  fc.assert(
    fc.property(rest, repeats, fc.nat(), (later, again, seed) => {
      const order = [...later];
      for (const [index, which] of again.entries())
        order.splice((seed + index) % (order.length + 1), 0, which);
      expect(outcomeOf(protocol, session, [0, ...order])).toBe(expected);
    }),
    { numRuns: 2_500 },
  );
});
