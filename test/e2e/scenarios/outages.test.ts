/** Stations that come back from an outage, and a bridge that comes later than the buses: both versions, real sockets. */
import { describe, it } from 'vitest';
import type { RawStation } from '../../support/raw-station.js';
import { orderFor, type Scene, scene, until } from './scene.js';

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

interface Reading {
  readonly seconds: number;
  readonly energyWh?: number;
  readonly powerW?: number;
}

/** What a station of either version says; `seconds` are those that have passed since. */
interface Teller {
  readonly pointId: string;
  readonly other: string;
  connect(depot: Scene): Promise<RawStation>;
  status(station: RawStation, seconds: number, status: string): Promise<unknown>;
  /** Resolves with the transaction's id. */
  begin(station: RawStation, reading: Reading, offline?: boolean): Promise<string>;
  read(station: RawStation, id: string, reading: Reading, offline?: boolean): Promise<unknown>;
  end(station: RawStation, id: string, reading: Reading): Promise<unknown>;
}

const sampled = ({ seconds, energyWh, powerW }: Reading, write: (value: number) => unknown) => [
  {
    timestamp: ago(seconds),
    sampledValue: [
      ...(energyWh === undefined ? [] : [{ value: write(energyWh) }]),
      ...(powerW === undefined
        ? []
        : [
            { value: write(powerW), measurand: 'Power.Active.Import' },
            { value: write(50), measurand: 'SoC', location: 'EV' },
          ]),
    ],
  },
];

const in16: Teller = {
  pointId: 'N1-1',
  other: '777',
  connect: (depot) => depot.raw('N1'),
  status: (station, seconds, status) =>
    station.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status,
      timestamp: ago(seconds),
    }),
  async begin(station, { seconds, energyWh }) {
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: energyWh, timestamp: ago(seconds) };
    return String((await station.call('StartTransaction', start))['transactionId']);
  },
  read: (station, id, reading) =>
    station.call('MeterValues', {
      connectorId: 1,
      transactionId: Number(id),
      meterValue: sampled(reading, String),
    }),
  end: (station, id, { seconds, energyWh }) =>
    station.call('StopTransaction', {
      transactionId: Number(id),
      meterStop: energyWh,
      timestamp: ago(seconds),
    }),
};

const event = (station: RawStation, eventType: string, id: string, reading: Reading, more: object = {}) =>
  station.call('TransactionEvent', {
    eventType,
    timestamp: ago(reading.seconds),
    triggerReason: eventType === 'Ended' ? 'EVDeparted' : 'MeterValuePeriodic',
    seqNo: 0,
    transactionInfo: { transactionId: id, ...(eventType === 'Ended' ? {} : { chargingState: 'Charging' }) },
    meterValue: sampled(reading, (value) => value),
    ...more,
  });

const in201: Teller = {
  pointId: 'N4-1',
  other: 'OLD',
  connect: (depot) => depot.raw('N4'),
  status: (station, seconds, status) =>
    station.call('StatusNotification', {
      evseId: 1,
      connectorId: 1,
      // 2.x knows one word for all that 1.6 says of a vehicle at the plug.
      connectorStatus: status === 'Available' ? status : 'Occupied',
      timestamp: ago(seconds),
    }),
  async begin(station, reading, offline = false) {
    const evse = { id: 1, connectorId: 1 };
    const idToken = { idToken: 'BUS4711', type: 'ISO14443' };
    await event(station, 'Started', 'T-1', reading, { evse, idToken, offline });
    return 'T-1';
  },
  read: (station, id, reading, offline = false) => event(station, 'Updated', id, reading, { offline }),
  end: (station, id, reading) => event(station, 'Ended', id, reading),
};

describe.concurrent.each([
  ['1.6', in16],
  ['2.0.1', in201],
] as const)('OCPP %s', (_version, teller) => {
  const { pointId } = teller;

  it.for(['before', 'after'] as const)(
    'a transaction begun offline is the one at the bay, is shown with its vehicle, serves its request and is limited: status %s the queue',
    async (when, context) => {
      const { expect } = context;
      const depot = await scene({}, context);
      const bms = await depot.presystem('BMS-1');
      const first = await teller.connect(depot);
      await teller.status(first, 300, 'Available');
      await first.close();
      await bms.setRequests([orderFor(1)]);
      const station = await teller.connect(depot);
      if (when === 'before') await teller.status(station, 0, 'Charging');
      const id = await teller.begin(station, { seconds: 200, energyWh: 1000 }, true);
      await teller.read(station, id, { seconds: 100, energyWh: 2000, powerW: 20_000 }, true);
      if (when === 'after') await teller.status(station, 0, 'Charging');
      await teller.read(station, id, { seconds: 0, energyWh: 3000, powerW: 20_000 });
      expect(depot.state.processes.values()).toHaveLength(1);
      expect(depot.processAt(pointId)).toMatchObject({
        transactionId: { value: id },
        deliveredWh: { value: 2000 },
        requestKey: { value: expect.stringContaining('R1') },
      });
      await bms.waitFor(() => {
        const point = bms.point(pointId);
        return (
          point?.chargingProcessInfo?.processStatus === 'Charging' &&
          point.chargingProcessInfo.chargingRequestId === 'R1' &&
          point.vehicleInfo?.vehicleId.endsWith('1') === true
        );
      }, 30_000);
      // Its own limit, beside one for whoever has no transaction.
      await until(
        () => JSON.stringify(station.heard).includes('"TxProfile"') || undefined,
        'a limit of the transaction',
      );
      expect(depot.violations).toEqual([]);
    },
  );

  it('statuses that waited are in order, and do not end a charge', async (context) => {
    const { expect } = context;
    const depot = await scene({}, context);
    const station = await teller.connect(depot);
    await teller.status(station, 390, 'Available');
    await teller.status(station, 200, 'Preparing');
    await teller.status(station, 60, 'Charging');
    const point = () => depot.state.stations.values().flatMap((each) => each.points[pointId] ?? [])[0];
    expect(point()?.status?.value).toBe('Occupied');
    const id = await teller.begin(station, { seconds: 50, energyWh: 1000 });
    await teller.read(station, id, { seconds: 0, energyWh: 2000, powerW: 50_000 });
    await teller.status(station, 600, 'Available');
    await teller.status(station, 150, 'Available');
    expect(point()?.status?.value).toBe('Occupied');
    expect(depot.processAt(pointId)).toMatchObject({ transactionId: { value: id } });
    expect(depot.processAt(pointId)).not.toHaveProperty('endedAt');
  });

  it('a register that is reset takes nothing back', async (context) => {
    const { expect } = context;
    const depot = await scene({}, context);
    const station = await teller.connect(depot);
    const id = await teller.begin(station, { seconds: 500, energyWh: 100_000 });
    for (const [seconds, energyWh] of [
      [400, 110_000],
      [300, 200],
      [200, 700],
    ] as const)
      await teller.read(station, id, { seconds, energyWh });
    expect(depot.state.processes.values()[0]?.deliveredWh?.value).toBe(10_500);
    await teller.end(station, id, { seconds: 0, energyWh: 900 });
    expect(depot.state.processes.values()).toMatchObject([
      { deliveredWh: { value: 10_700 }, endedAt: expect.any(String) },
    ]);
  });

  it('a transaction that the bridge never saw begin is adopted, shown, limited, and ended', async (context) => {
    const { expect } = context;
    const depot = await scene({}, context);
    const bms = await depot.presystem('BMS-1');
    await bms.setRequests([orderFor(1, pointId)]);
    const station = await teller.connect(depot);
    await teller.status(station, 2, 'Charging');
    await teller.read(station, teller.other, { seconds: 1, energyWh: 9000, powerW: 20_000 });
    await teller.read(station, teller.other, { seconds: 0, energyWh: 9500, powerW: 20_000 });
    const found = depot.processAt(pointId);
    expect(found).toMatchObject({
      transactionId: { value: teller.other },
      deliveredWh: { value: 500 },
      meterStartWh: { value: 9000, rule: 'bridge/first-reading' },
    });
    await bms.waitFor(() => bms.point(pointId)?.chargingProcessInfo?.chargingRequestId === 'R1', 30_000);
    await until(
      () => JSON.stringify(station.heard).includes('"TxProfile"') || undefined,
      'a limit of the transaction',
    );
    await teller.end(station, teller.other, { seconds: 0, energyWh: 12_000 });
    expect(depot.state.processes.values()).toMatchObject([
      { processId: found?.processId, deliveredWh: { value: 3000 }, endedAt: expect.any(String) },
    ]);
    expect(depot.violations).toEqual([]);
  });
});
