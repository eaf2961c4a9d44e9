/** Default deny: what was not granted leaves no trace in any body, header or count. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmspSimulator } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';
import { complaints, EPOCH, registeredEmsp, until } from './partner.js';

let bench: Bench;
let emsp: EmspSimulator;
let heard: string[];

beforeEach(async () => {
  bench = await new Bench().start();
  emsp = await registeredEmsp(bench);
  heard = [];
  emsp.events.on('received', (...request) => heard.push(request.join(' ')));
  emsp.events.on('answered', (_method, _url, { raw, headers }) => heard.push(raw, JSON.stringify(headers)));
});
afterEach(async () => {
  await emsp.stop();
  await bench.end();
});

const uid = () => bench.evseUid('N4-1');
const evse = () => emsp.getLocation('depot-nord', uid());

/** Everything that only the depot knows. */
function canaries(): string[] {
  const { identity, config } = bench.runtime;
  const others = [...identity.points.values()].filter(({ point }) => point.id !== 'N4-1');
  return [
    ...others.flatMap(({ point, evseUid }) => [
      `"${point.id}"`,
      evseUid,
      String(identity.resolve('evse-id', [point.id])),
    ]),
    ...config.depots[0].stations.map(({ ocpp }) => ocpp.identity),
    ...config.vehicles.flatMap(({ id, tokens = [], evccId }) => [id, ...tokens, ...(evccId ? [evccId] : [])]),
    ...config.upstreams.map(({ presystemId }) => presystemId),
    'REQ-77',
    'TX-BUS',
    '61.7',
  ];
}

async function busNight(): Promise<void> {
  await bench.charge('N1', 'N1-1', { token: 'BUS4711', vehicleId: 'WEB62834613200001' }, 'TX-BUS-1');
  await bench.charge('N4', 'N4-1', { token: 'BUS4712', vehicleId: 'WEB62834613200002' }, 'TX-BUS-2');
  await bench.say('N1', 'MeterSampled', {
    transactionId: 'TX-BUS-1',
    samples: [{ at: new Date().toISOString(), energyWh: 5000, socPct: 61.7, powerW: 99000 }],
  });
  await bench.meter('N4', 'TX-BUS-2', 7000);
}

/** Every question a curious partner can ask. */
async function askEverything(): Promise<void> {
  const base = bench.versionsUrl.replace('/versions', '/2.2.1');
  const ids = ['N1', 'N1-1', 'N4', 'CP-N1', 'depot-sued', 'depot-nord-private', bench.evseUid('N1-1')];
  const paths = [
    ...['', '?limit=1', '?offset=1', '?offset=99', `?date_from=${EPOCH}`].map(
      (query) => `/locations${query}`,
    ),
    '/locations/depot-nord',
    ...ids.flatMap((id) => [
      `/locations/${id}`,
      `/locations/depot-nord/${id}`,
      `/locations/depot-nord/${uid()}/${id}`,
    ]),
    `/sessions?date_from=${EPOCH}`,
    ...bench.runtime.depot.state.processes.keys().map((id) => `/sessions/${id}`),
    '/tokens/NL/EMS/BUS4711',
    '/tokens/DE/DPB/BUS4711',
    '/cdrs',
    '/tariffs',
  ];
  for (const path of paths) await emsp.call({ method: 'GET', url: `${base}${path}` });
  for (const evseUid of [bench.evseUid('N1-1'), uid()]) {
    await emsp.startSession({ locationId: 'depot-nord', evseUid }).catch(() => undefined);
    await emsp.unlockConnector('depot-nord', evseUid, '1').catch(() => undefined);
  }
  for (const id of bench.runtime.depot.state.processes.keys()) await emsp.stopSession(id);
}

describe('visibility', () => {
  it('shows exactly the granted point', async () => {
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    const { items, total } = await emsp.getLocations();
    expect(total).toBe(1);
    expect(items).toMatchObject([
      {
        country_code: 'DE',
        party_id: 'DPB',
        id: 'depot-nord',
        publish: true,
        evses: [
          {
            uid: uid(),
            evse_id: 'DE*DPB*EN4*1',
            status: 'AVAILABLE',
            connectors: [{ id: '1', standard: 'IEC_62196_T2', max_voltage: 230, max_amperage: 32 }],
          },
        ],
      },
    ]);
    expect([await evse()]).toEqual(items[0]?.['evses']);
    expect(await emsp.getLocation('DEPOT-NORD', uid().toUpperCase(), '1')).toMatchObject({
      format: 'SOCKET',
    });
  });

  it('lets no word of the depot out, whatever is asked, answered or pushed', async () => {
    await busNight();
    await askEverything();
    await until(() => emsp.locations.size > 0, 'the pushed location');
    const all = heard.join('\n');
    expect(all.length).toBeGreaterThan(5_000);
    for (const canary of canaries()) expect(all.includes(canary), canary).toBe(false);
    for (const word of ['STATE_OF_CHARGE', 'departure', 'priority', 'vehicle', 'CHARGING']) {
      expect(all.includes(word), word).toBe(false);
    }
    expect((await emsp.getSessions(EPOCH)).total).toBe(0);
    expect(bench.chargers.asked).toEqual([]);
  });

  it('answers what is hidden and what does not exist with the same words', async () => {
    const base = bench.versionsUrl.replace('/versions', '/2.2.1');
    const answer = async (path: string) => {
      const { httpStatus, raw } = await emsp.call({ method: 'GET', url: `${base}${path}` });
      return { httpStatus, raw: raw.replace(/"timestamp":"[^"]*"/, '') };
    };
    const nothing = await answer('/locations/depot-nord/0c9c2d34-0000-8000-a000-000000000000');
    expect(nothing.httpStatus).toBe(404);
    for (const path of [
      `/locations/depot-nord/${bench.evseUid('N1-1')}`,
      '/locations/depot-sued',
      '/locations/N1',
    ]) {
      expect(await answer(path), path).toEqual(nothing);
    }
  });

  it('shows one word and one time while a bus has the bay, whatever the bus does', async () => {
    await bench.charge('N4', 'N4-1', { token: 'BUS4712', vehicleId: 'WEB62834613200002' });
    const before = await evse();
    expect(before['status']).toBe('INOPERATIVE');
    await bench.meter('N4', 'T1', 9000);
    await bench.say('N4', 'TransactionUpdated', { transactionId: 'T1', phase: 'SuspendedEV' });
    await bench.say('N4', 'TransactionEnded', { transactionId: 'T1', meterStopWh: 9500 });
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Occupied', phase: 'Finishing' });
    await bench.say('N4', 'LinkLost');
    expect(await evse()).toEqual(before);
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    const after = await evse();
    expect(after['status']).toBe('AVAILABLE');
    expect(String(after['last_updated']) > String(before['last_updated'])).toBe(true);
  });

  it('tells the status of the policy as the charger speaks, with times that never fall', async () => {
    const seen: string[] = [];
    const times: string[] = [];
    const look = async () => {
      const { status, last_updated } = await evse();
      seen.push(String(status));
      times.push(String(last_updated));
    };
    await look();
    await bench.say('N4', 'LinkOpened');
    const point = (status: string, more: object = {}) =>
      bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status, ...more });
    for (const status of ['Available', 'Reserved', 'Unavailable', 'Faulted', 'Occupied']) {
      await point(status);
      await look();
    }
    await bench.say('N4', 'TransactionStarted', { pointId: 'N4-1', transactionId: 'T9', meterStartWh: 0 });
    await look();
    await bench.say('N4', 'StationStatusReported', { status: 'Faulted' });
    await look();
    await bench.say('N4', 'LinkLost');
    await look();
    expect(seen).toEqual([
      'UNKNOWN',
      'AVAILABLE',
      'RESERVED',
      'INOPERATIVE',
      'OUTOFORDER',
      'BLOCKED',
      'CHARGING',
      'OUTOFORDER',
      'UNKNOWN',
    ]);
    expect([...times].sort()).toEqual(times);
    expect(new Set(times).size).toBe(times.length);
    expect(complaints(emsp)).toEqual([]);
  });

  it('tells a partner whose grant has gone that the EVSE was removed, for ever', async () => {
    await bench.say('N4', 'LinkOpened');
    await evse();
    const { token } = emsp.peer ?? { token: '' };
    const { port } = bench.ocpi;
    const folder = await bench.stop();
    bench = await new Bench((config) => {
      config.listen.ocpi.port = port;
      const [partner] = config.ocpi?.partners ?? [];
      if (partner) partner.grants = [];
    }, folder).start();
    expect(await evse()).toMatchObject({ status: 'REMOVED' });
    expect(await evse()).not.toHaveProperty('capabilities');
    await until(
      () => JSON.stringify([...emsp.locations.values()]).includes('REMOVED'),
      'the push of the removed EVSE',
    );
    const command = await emsp
      .startSession({ locationId: 'depot-nord', evseUid: uid() })
      .catch((error) => error);
    expect(command).toMatchObject({ statusCode: 2003 });
    expect(token).not.toBe('');
  });
});
