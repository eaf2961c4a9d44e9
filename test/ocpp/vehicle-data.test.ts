/** Vehicles named by a vendor's DataTransfer, as the configuration declares it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleConfig, OcppHarness } from './harness.js';
import { type Dialled, dial } from './raw.js';

const DECLARED = `
ocpp:
  vehicleDataTransfer:
    - { vendorId: com.acme, messageId: Vehicle, vin: data.vehicle.vin, evccId: data.vehicle.mac, connector: data.port }
    - { vendorId: org.plain, vin: data }
    - { vendorId: com.tx, evccId: data.mac, transactionId: data.tx }
`;
/** Of a vehicle whose id is its VIN. */
const VIN = 'WEB62834613200001';

let harness: OcppHarness;
let single: Dialled;
let twin: Dialled;
let modern: Dialled;
beforeAll(async () => {
  const edit = (text: string) => text + DECLARED;
  harness = await OcppHarness.start({ edit, options: { metering: null, bootWaitMs: 60_000 } });
  single = await dial(harness.port);
  twin = await dial(harness.port, { identity: 'CP-N2', password: 'cp-n2-secret-0002' });
  modern = await dial(harness.port, {
    ...{ identity: 'CP-N3', password: 'cp-n3-secret-0003', protocols: ['ocpp2.0.1'] },
  });
});
afterAll(async () => {
  for (const socket of [single, twin, modern]) await socket.end();
  await harness.remove();
});

let count = 0;
async function tell(socket: Dialled, payload: object): Promise<unknown> {
  count += 1;
  const [, , answer] = await socket.ask([2, `d${count}`, 'DataTransfer', payload]);
  return (answer as { status: unknown }).status;
}
const vehicleAt = (stationId: string, pointId: string) => harness.point(stationId, pointId).vehicle?.value;

describe('a declared message', () => {
  it('names the vehicle by JSON inside a text, at the connector it says', async () => {
    const data = JSON.stringify({ port: 2, vehicle: { vin: VIN, mac: '00:7d:fa:00:47:99' } });
    expect(await tell(twin, { vendorId: 'com.acme', messageId: 'Vehicle', data })).toBe('Accepted');
    const [first] = exampleConfig().vehicles;
    expect(vehicleAt('N2', 'N2-2')).toEqual({ vehicleId: first?.id, evccId: '007DFA004799' });
    expect(vehicleAt('N2', 'N2-1')).toBeUndefined();
  });

  it('names it by JSON as such (2.x), whose number may be a text', async () => {
    const data = { port: '1', vehicle: { vin: VIN } };
    expect(await tell(modern, { vendorId: 'com.acme', messageId: 'Vehicle', data })).toBe('Accepted');
    expect(vehicleAt('N3', 'N3-1')).toHaveProperty('vehicleId');
  });

  it('names it by plain text, at the only charging point of the station', async () => {
    expect(
      await tell(single, { vendorId: 'org.plain', messageId: 'any', data: ` ${VIN.toLowerCase()} ` }),
    ).toBe('Accepted');
    expect(vehicleAt('N1', 'N1-1')).toHaveProperty('vehicleId');
  });

  it.each([
    [
      'nobody whom the configuration knows',
      () => single,
      { vendorId: 'org.plain', data: 'WAU00000000000000' },
    ],
    ['no point of a station with two', () => twin, { vendorId: 'org.plain', data: VIN }],
    [
      'a port that is not configured',
      () => single,
      {
        vendorId: 'com.acme',
        messageId: 'Vehicle',
        data: JSON.stringify({ port: 9, vehicle: { vin: VIN } }),
      },
    ],
    [
      'a transaction that nobody began',
      () => twin,
      { vendorId: 'com.tx', data: JSON.stringify({ mac: 'A0B1C2D3E4F5', tx: 987654 }) },
    ],
  ])('is Rejected and changes nothing if it names %s', async (_what, socket, payload) => {
    const states = () => JSON.stringify([...harness.state.stations.values()].map(({ points }) => points));
    const before = states();
    expect(await tell(socket(), payload)).toBe('Rejected');
    expect(states()).toBe(before);
    expect(harness.state.processes.values().some((process) => process.vehicle)).toBe(false);
  });

  it('counts for the transaction it names', async () => {
    const timestamp = new Date().toISOString();
    const start = { connectorId: 1, idTag: '', meterStart: 0, timestamp };
    const [, , answer] = await twin.ask([2, 's', 'StartTransaction', start]);
    const { transactionId } = answer as { transactionId: number };
    const data = JSON.stringify({ mac: 'A0B1C2D3E4F5', tx: transactionId });
    expect(await tell(twin, { vendorId: 'com.tx', data })).toBe('Accepted');
    expect(vehicleAt('N2', 'N2-1')).toEqual({ evccId: 'A0B1C2D3E4F5' });
  });
});

describe('any other message', () => {
  it.each([
    ['another vendor', { vendorId: 'com.other', data: VIN }, 'UnknownVendorId'],
    ['another message', { vendorId: 'com.acme', messageId: 'Tyres', data: '{}' }, 'UnknownMessageId'],
    ['none inside', { vendorId: 'com.acme', messageId: 'Vehicle', data: '{"vehicle":{}}' }, 'Rejected'],
    ['no JSON', { vendorId: 'com.acme', messageId: 'Vehicle', data: '{"vehicle' }, 'Rejected'],
    ['nothing', { vendorId: 'com.acme', messageId: 'Vehicle' }, 'Rejected'],
    ['a MAC that is none', { vendorId: 'com.tx', data: '{"mac":"hello"}' }, 'Rejected'],
    ['a trap', { vendorId: 'com.tx', data: '{"__proto__":{"mac":"A0B1"}}' }, 'Rejected'],
    ['a deep one', { vendorId: 'com.tx', data: '['.repeat(50_000) }, 'Rejected'],
  ])('(%s) changes nothing', async (_what, payload, status) => {
    const before = JSON.stringify(harness.state.stations.get('N1')?.points);
    expect(await tell(single, payload)).toBe(status);
    expect(JSON.stringify(harness.state.stations.get('N1')?.points)).toBe(before);
  });
});

describe('the answer', () => {
  /** The store takes no more events until it is let; what becomes of it then. */
  function held(): { let: () => void; fail: () => void; over: () => void } {
    const { depot } = harness.runtime;
    let open: () => void = () => undefined;
    let refuse: (cause: Error) => void = () => undefined;
    const gate = new Promise<void>((resolve, reject) => {
      open = resolve;
      refuse = reject;
    });
    gate.catch(() => undefined);
    const apply = depot.apply.bind(depot);
    depot.apply = async (...given) => {
      await apply(...given);
      await gate;
    };
    return {
      let: open,
      fail: () => refuse(new Error('the store is gone')),
      over: () => {
        depot.apply = apply;
      },
    };
  }
  const named = { vendorId: 'org.plain', data: VIN };

  it.each([
    ['1.6', () => single],
    ['2.0.1', () => modern],
  ])('(%s) waits until the vehicle is stored, if one is named', async (version, socketOf) => {
    const store = held();
    const socket = socketOf();
    expect(await tell(socket, { vendorId: 'nobody', data: VIN })).toBe('UnknownVendorId');
    let answered = false;
    const atPort = { vendorId: 'com.acme', messageId: 'Vehicle', data: { port: 1, vehicle: { vin: VIN } } };
    const answer = tell(socket, version === '1.6' ? named : atPort).finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(answered).toBe(false);
    store.let();
    expect(await answer).toBe('Accepted');
    store.over();
  });

  it('is an error if it could not be stored: the station tells it again', async () => {
    const store = held();
    store.fail();
    count += 1;
    const [kind, , code] = await single.ask([2, `d${count}`, 'DataTransfer', named]);
    expect([kind, code]).toEqual([4, 'InternalError']);
    store.over();
    expect(await tell(single, named)).toBe('Accepted');
  });
});
