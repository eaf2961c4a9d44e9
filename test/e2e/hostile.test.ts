/** Hostile peers at every listener: each is told off in the words of its protocol, and nobody else notices. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { hashSecret } from '../../src/config/index.js';
import { basic, rawRequest, upgradeHead } from './hostile/peer.js';
import { Scene, type Watch } from './hostile/scene.js';

interface Process {
  readonly stationId: string;
  readonly transactionId?: { readonly value: string };
  readonly endedAt?: unknown;
  readonly readings: Readonly<Record<string, { readonly value: number }>>;
}
interface State {
  readonly processes: Readonly<Record<string, Process>>;
  readonly presystems: Readonly<Record<string, unknown>>;
}
interface Entry {
  readonly raw: string;
  readonly error?: string;
}

/** A small machine's: twice what the bridge of the example needs. What cannot be collected in it would end the bridge. */
const HEAP_MB = 96;
/**
 * As the image sets it: memory of 128 kB and more that is free again goes back to the system. Else the C library keeps
 * some 30 to 70 MB of it for later, which says nothing of what is needed.
 */
const MALLOC = Object.fromEntries(
  [...readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8').matchAll(/(MALLOC_\w+)=(\d+)/g)].map(
    ([, name = '', value = '']) => [name, value],
  ),
);
/** What all attacks together may leave, heap and all else: megabytes that no file stands behind. */
const MOST_MB = 35;
/** How long anybody may wait for an answer of the bridge while it reads. */
const WAIT_MS = 2_000;

const BOOT = { chargePointVendor: 'Acme', chargePointModel: 'One' };
const now = () => new Date().toISOString();

// What waits for an answer waits for a minute: each says then what did not come.
vi.setConfig({ testTimeout: 180_000 });

let scene: Scene;
let watch: Watch;
let memoryBefore: number;
/** Of 200 that never said all of what they want: it takes the bridge ten seconds, in which the others are tried. */
let halfSentCut = 0;

beforeAll(async () => {
  // Partners beyond loopback: private addresses are not for them. A password that costs 16 MB to be tested.
  const edit = (text: string) =>
    text
      .replace('currency: EUR', 'currency: EUR\n  allowPrivateAddresses: false')
      .replace('cp-n2-secret-0002', hashSecret('cp-n2-secret-0002', 'scrypt'));
  scene = await Scene.open({ store: 'lmdb', edit, heapMb: HEAP_MB, env: MALLOC });
  watch = await scene.watch();
  await delay(1_000);
  memoryBefore = scene.memoryMb();
});

afterEach(() => {
  // Each is told once: those of one attack are no reason for the next to fail.
  expect(watch.unserved.splice(0)).toEqual([]);
});

afterAll(async () => {
  vi.resetConfig();
  await scene.close();
});

async function journal(link: string, count = 20): Promise<Entry[]> {
  return scene.bridge.get(`/api/v1/journal?link=${link}&reverse=true&count=${count}`);
}

async function processOf(transactionId: unknown): Promise<Process | undefined> {
  const { processes } = await scene.bridge.get<State>('/api/v1/state');
  return Object.values(processes).find((each) => each.transactionId?.value === String(transactionId));
}

describe('the door of the chargers', () => {
  const good = {
    Authorization: basic('CP-N1', 'cp-n1-secret-0001'),
    'Sec-WebSocket-Protocol': 'ocpp1.6',
  };

  it.each([
    ['no credentials', '/ocpp/CP-N1', { Authorization: '' }, 401, 'OCPP_BAD_LOGIN'],
    ['a wrong password', '/ocpp/CP-N1', { Authorization: basic('CP-N1', 'x') }, 401, 'OCPP_BAD_LOGIN'],
    ['the right password of another', '/ocpp/CP-N2', {}, 401, 'OCPP_BAD_LOGIN'],
    ['no Base64', '/ocpp/CP-N1', { Authorization: 'Basic ####' }, 401, 'OCPP_BAD_LOGIN'],
    ['a stranger', '/ocpp/NOBODY', {}, 404, 'OCPP_UNKNOWN_STATION'],
    ['another path', '/', {}, 404, 'OCPP_BAD_PATH'],
    ['broken percent-encoding', '/ocpp/%zz', {}, 404, 'OCPP_BAD_PATH'],
    ['steps up', '/ocpp/../ocpp/CP-N1', {}, 404, 'OCPP'],
    ['__proto__', '/ocpp/__proto__', {}, 404, 'OCPP_UNKNOWN_STATION'],
    ['a NUL', '/ocpp/CP-N1%00', {}, 404, 'OCPP_BAD_PATH'],
    ['10 kB of path', `/ocpp/${'A'.repeat(10_000)}`, {}, 431, undefined],
    ['no subprotocol', '/ocpp/CP-N1', { 'Sec-WebSocket-Protocol': '' }, 101, 'OCPP_NO_SUBPROTOCOL'],
    [
      'a foreign subprotocol',
      '/ocpp/CP-N1',
      { 'Sec-WebSocket-Protocol': 'soap' },
      101,
      'OCPP_NO_SUBPROTOCOL',
    ],
    ['a broken key', '/ocpp/CP-N1', { 'Sec-WebSocket-Key': 'x' }, 400, undefined],
  ] as const)('answers %s', async (_name, path, headers, status, code) => {
    const from = scene.bridge.log.length;
    expect(await rawRequest(scene.bridge.ports.ocpp, upgradeHead(path, { ...good, ...headers }))).toBe(
      status,
    );
    if (code) await expect.poll(() => scene.logSince(from).join('\n')).toContain(code);
  });

  it('locks a guessed identity after ten tries, and that one only; the connected one goes on', async () => {
    const victim = await scene.station(2);
    const guess = (password: string) =>
      rawRequest(
        scene.bridge.ports.ocpp,
        upgradeHead('/ocpp/CP-N2', { ...good, Authorization: basic('CP-N2', password) }),
      );
    const from = scene.bridge.log.length;
    const statuses: number[] = [];
    for (let i = 0; i < 50; i++) statuses.push(await guess(`guess ${i}`));
    expect(statuses).toEqual([...Array(10).fill(401), ...Array(40).fill(429)]);
    const lines = () => scene.logSince(from).filter((line) => /OCPP_(BAD_LOGIN|LOCKED_OUT)/.test(line));
    await expect.poll(lines).toHaveLength(50);
    expect((await victim.ocpp('Heartbeat', {}))?.[0]).toBe(3);
    expect(victim.ending).toBeUndefined();
    victim.cut();
  });
});

describe('many at the door of the chargers', () => {
  const to = (password: string) =>
    upgradeHead('/ocpp/CP-N2', {
      Authorization: basic('CP-N2', password),
      'Sec-WebSocket-Protocol': 'ocpp1.6',
    });

  it('50 logins at once, each from an address of its own, are all judged, and named in the log', async () => {
    const from = scene.bridge.log.length;
    const guesses = Array.from({ length: 50 }, (_, i) =>
      rawRequest(scene.bridge.ports.ocpp, to(`guess ${i}`), undefined, `127.0.1.${i + 1}`),
    );
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
    const lines = () => scene.logSince(from).filter((line) => line.includes('OCPP_BAD_LOGIN'));
    await expect.poll(lines).toHaveLength(50);
  });

  it('200 that never say all of what they want keep nobody out', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(scene.bridge.ports.ocpp, '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => undefined).on('close', () => (halfSentCut += 1));
      socket.resume();
      socket.write(to('cp-n2-secret-0002').slice(0, 60));
    }
    const station = await scene.station(3, 'ocpp1.6');
    expect((await station.ocpp('Heartbeat', {}))?.[0]).toBe(3);
    station.cut();
  });
});

describe('frames of a charger', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;

  it.each([
    ['no JSON', '[2,"x"', 'FormationViolation'],
    ['null', 'null', 'FormationViolation'],
    ['no message', '[]', 'FormationViolation'],
    ['a numeric id', '[2,1,"Heartbeat",{}]', 'FormationViolation'],
    ['no payload', '[2,"x","Heartbeat"]', 'FormationViolation'],
    ['a list for payload', '[2,"x","Heartbeat",[]]', 'FormationViolation'],
    ['depth 33', `[2,"x","DataTransfer",{"vendorId":"v","data":${nested(33)}}]`, 'FormationViolation'],
    ['depth 40,000', `[2,"x","Heartbeat",${nested(40_000)}]`, 'FormationViolation'],
    ['depth 100,000', '['.repeat(100_000) + ']'.repeat(100_000), 'FormationViolation'],
    ['20,000 keys', `[2,"x","Heartbeat",${keys(20_000)}]`, 'OccurenceConstraintViolation'],
    ['__proto__', '[2,"x","Authorize",{"idTag":"A","__proto__":{"polluted":1}}]', 'FormationViolation'],
    ['constructor', '[2,"x","Authorize",{"idTag":"A","constructor":{}}]', 'FormationViolation'],
    ['the action __proto__', '[2,"x","__proto__",{}]', 'NotImplemented'],
    ['a message of 2.x', '[2,"x","TransactionEvent",{"eventType":"Started"}]', 'NotImplemented'],
    ['a message of ours', '[2,"x","RemoteStartTransaction",{"idTag":"A"}]', 'NotSupported'],
    ['a timestamp in words', meter('yesterday', '1'), 'PropertyConstraintViolation'],
    ['a day that is none', meter('2026-02-30T00:00:00Z', '1'), 'PropertyConstraintViolation'],
    ['an object for a number', meter(now(), {}), 'TypeConstraintViolation'],
  ])('%s: a CALLERROR, and its raw text in the journal', async (_name, frame, code) => {
    const station = await scene.station(1);
    station.socket.send(frame);
    const answer = await station.wait((each) => each[0] === 4);
    expect(answer?.[2]).toBe(code);
    const entries = await journal('ocpp:CP-N1');
    expect(entries.some(({ raw }) => raw === frame)).toBe(true);
    expect(entries.some(({ raw, error }) => error && raw.includes(code))).toBe(true);
    expect((await station.ocpp('Heartbeat', {}))?.[0]).toBe(3);
    station.cut();
  });

  it.each([
    ['5 MB', 'x'.repeat(5_000_000), 1009, 'Max payload'],
    ['overlong UTF-8', Buffer.from([0x5b, 0xc0, 0xaf]), 1007, 'UTF-8'],
    ['a lone surrogate', Buffer.from([0x5b, 0xed, 0xa0, 0x80]), 1007, 'UTF-8'],
  ])('%s: the close code of RFC 6455, and a line in the log', async (_name, frame, code, why) => {
    const station = await scene.station(1);
    const from = scene.bridge.log.length;
    station.socket.send(frame, { binary: false });
    expect((await station.ended())?.code).toBe(code);
    await expect.poll(() => scene.logSince(from).join('\n')).toContain(why);
  });

  it('binary frames are none of OCPP-J', async () => {
    const station = await scene.station(1);
    station.socket.send(Buffer.from('[2,"x","Heartbeat",{}]'));
    expect((await station.ended())?.code).toBe(1003);
  });

  it.each([
    ['answers that nobody asked for', (i: number) => `[3,"${i}",{}]`],
    ['errors that nobody asked for', (i: number) => `[4,"${i}","GenericError","",{}]`],
    ['noise', () => 'x'],
  ])('5,000 %s end the connection and leave ten lines', async (_name, frame) => {
    const station = await scene.station(1);
    const from = scene.bridge.log.length;
    for (let i = 0; i < 5_000; i++) station.socket.send(frame(i));
    expect((await station.ended())?.code).toBe(1002);
    await delay(100);
    expect(scene.logSince(from).filter((line) => line.includes('OCPP_BAD_FRAME'))).toHaveLength(10);
    expect(await scene.metric('bridge_lineage_gaps_total')).toBe(0);
  });

  it('a flood of good calls is served at its rate, whole and in order', async () => {
    const station = await scene.station(1);
    await station.ocpp('BootNotification', BOOT);
    const ids = Array.from({ length: 700 }, (_, i) => `flood-${i}`);
    for (const id of ids) station.socket.send(JSON.stringify([2, id, 'Heartbeat', {}]));
    await station.wait((frame) => frame[1] === ids.at(-1), 8_000);
    expect(station.heard.filter(([type]) => type === 3).map(([, id]) => id)).toEqual(
      expect.arrayContaining(ids),
    );
    station.cut();
  });

  it('all of this left next to nothing in memory', async () => {
    await expect.poll(() => scene.memoryMb() - memoryBefore).toBeLessThan(MOST_MB);
  });

  it('a station that does not read is cut', async () => {
    const station = await scene.station(1);
    const from = scene.bridge.log.length;
    station.socket.pause();
    for (let i = 0; i < 50; i++)
      station.socket.send(JSON.stringify([2, `${i}${'i'.repeat(200_000)}`, 'Heartbeat', {}]));
    await expect.poll(() => scene.logSince(from).join('\n')).toContain('it does not read what it is sent');
    station.cut();
  });
});

function meter(timestamp: string, value: unknown): string {
  return JSON.stringify([
    2,
    'x',
    'MeterValues',
    { connectorId: 1, meterValue: [{ timestamp, sampledValue: [{ value }] }] },
  ]);
}

describe('what a charger claims', () => {
  it('a transaction is begun once, and ended by its own station only', async () => {
    const [one, three] = [await scene.station(1), await scene.station(3)];
    for (const station of [one, three]) await station.ocpp('BootNotification', BOOT);
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 1000, timestamp: now() };
    const begun = (await one.ocpp('StartTransaction', start))?.[2] as { transactionId: number };
    const again = (await one.ocpp('StartTransaction', start))?.[2] as { transactionId: number };
    expect(again.transactionId).toBe(begun.transactionId);
    const { transactionId } = begun;
    const sample = { timestamp: now(), sampledValue: [{ value: '99', measurand: 'SoC', unit: 'Percent' }] };
    await three.ocpp('MeterValues', { connectorId: 1, transactionId, meterValue: [sample] });
    for (const claimed of [transactionId, -1, 0, 2 ** 31, 2 ** 53]) {
      const stop = { transactionId: claimed, meterStop: 99_999, timestamp: now(), idTag: 'BUS4712' };
      expect((await three.ocpp('StopTransaction', stop))?.[0]).toBe(3);
    }
    for (const connectorId of [99, -1, 0])
      await one.ocpp('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Faulted' });
    const process = await processOf(transactionId);
    expect(process?.stationId).toBe('N1');
    expect(process?.endedAt).toBeUndefined();
    expect(process?.readings['socPct']).toBeUndefined();
    for (const timestamp of ['1970-01-01T00:00:00Z', '2099-01-01T00:00:00Z'])
      expect(
        (await one.ocpp('MeterValues', { connectorId: 1, meterValue: [{ ...sample, timestamp }] }))?.[0],
      ).toBe(3);
    const stop = { transactionId, meterStop: 2_000, timestamp: now() };
    for (let i = 0; i < 2; i++) expect((await one.ocpp('StopTransaction', stop))?.[0]).toBe(3);
    expect((await processOf(transactionId))?.endedAt).toBeDefined();
    one.cut();
    three.cut();
  });

  it('readings that are no numbers are passed over, and upstream systems hear of the depot as before', async () => {
    const bms = await scene.booted('BMS-1');
    const station = await scene.station(1);
    await station.ocpp('BootNotification', BOOT);
    const start = { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: now() };
    const begun = (await station.ocpp('StartTransaction', start))?.[2] as { transactionId: number };
    const words = ['50', '1e308', '1e400', 'NaN', 'Infinity', '', '0x10', '1,5', '__proto__', '1.2.3'];
    for (const value of words) {
      const units = { 'Power.Active.Import': 'kW', 'Energy.Active.Import.Register': 'kWh' };
      const sampledValue = Object.entries(units).map(([measurand, unit]) => ({ value, measurand, unit }));
      await station.ocpp('MeterValues', {
        connectorId: 1,
        transactionId: begun.transactionId,
        meterValue: [{ timestamp: now(), sampledValue }],
      });
    }
    expect((await processOf(begun.transactionId))?.readings['powerW']?.value).toBe(50_000);
    const before = bms.heard.length;
    await station.ocpp('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    await expect.poll(() => JSON.stringify(bms.heard.slice(before))).toContain('"presentPower":50');
    await station.ocpp('StopTransaction', { ...begun, meterStop: 60_000, timestamp: now() });
    station.cut();
    bms.cut();
  });
});

describe('presystems', () => {
  const LIST = 'ProvideChargingRequests';
  const request = (n: number, data = { minTargetSoc: 80, maxTargetSoc: 95 }) => ({
    vehicleId: `BUS-${n}`,
    chargingRequestId: `R${n}`,
    chargingInstruction: 'Normal',
    chargingRequestData: data,
  });
  const requestsOf = async () => {
    const { presystems } = await scene.bridge.get<State>('/api/v1/state');
    return JSON.stringify(presystems['BMS-1']);
  };

  it('nothing comes before BootNotification, and nobody speaks for another', async () => {
    const bms = await scene.presystem('BMS-1');
    const list = { chargingRequestList: [request(1)] };
    expect((await bms.vdv('BMS-1', LIST, list))?.payload).toMatchObject({
      message: expect.stringContaining('VDV463_NOT_BOOTED'),
    });
    expect((await bms.vdv('ITCS-1', 'BootNotification', { presystem: 'ITCS' }))?.type).toBe(3);
    expect((await bms.vdv('BMS-1', 'BootNotification', {}))?.type).toBe(3);
    const foreign = {
      Authorization: basic('itcs', 'itcs-secret'),
      'Sec-WebSocket-Protocol': 'v1.463.vdv.de',
    };
    const { vdv463 } = scene.bridge.ports;
    expect(await rawRequest(vdv463, upgradeHead('/vdv463/BMS-1', foreign))).toBe(403);
    expect(await requestsOf()).not.toContain('R1');
    bms.cut();
  });

  it('a second connection that has not booted displaces nothing', async () => {
    const first = await scene.booted('BMS-1');
    const second = await scene.presystem('BMS-1');
    expect((await first.vdv('BMS-1', LIST, { chargingRequestList: [] }))?.type).toBe(2);
    await second.vdv('BMS-1', 'BootNotification', { presystem: 'BMS' });
    expect((await first.ended())?.code).toBe(1008);
    second.cut();
  });

  it.each([
    ['no envelope', 'null', 1007],
    ['no JSON', '[1,"BMS"', 1007],
    ['depth 100,000', '['.repeat(100_000) + ']'.repeat(100_000), 1007],
    ['5 MB', `"${'a'.repeat(5_000_000)}"`, 1009],
    ['binary', Buffer.from([0, 1, 2]), 1003],
  ] as const)('%s ends the connection', async (_name, frame, code) => {
    const bms = await scene.booted('BMS-1');
    bms.socket.send(frame);
    expect((await bms.ended())?.code).toBe(code);
  });

  it('a noisy one is heard no longer, a random answer answers nothing', async () => {
    const bms = await scene.booted('BMS-1');
    const from = scene.bridge.log.length;
    for (let i = 0; i < 50; i++)
      bms.socket.send(JSON.stringify([2, 'BMS', 'BMS-1', now(), `r${i}`, 'ProvideChargingInformation', {}]));
    for (let i = 0; i < 5_000; i++) bms.socket.send('x');
    expect((await bms.ended())?.code).toBeDefined();
    await delay(200);
    expect(scene.logSince(from).filter((line) => line.includes('not JSON')).length).toBeLessThanOrEqual(10);
  });

  it('a list is taken entry by entry, forbidden keys not at all, 5,000 entries without a stall', async () => {
    const bms = await scene.booted('BMS-1');
    const tell = (list: unknown[]) => bms.vdv('BMS-1', LIST, { chargingRequestList: list });
    expect((await tell([request(1), request(2)]))?.type).toBe(2);
    expect((await tell([request(1, { minTargetSoc: 90, maxTargetSoc: 80 }), request(2)]))?.type).toBe(2);
    expect(await requestsOf()).toContain('above maxTargetSoc');
    const forged = JSON.stringify(request(3)).replace('{', '{"__proto__":{"x":1},');
    const id = '0b1f7f0e-5a4a-4a0b-9d8e-4a3f0a1b2c3d';
    bms.socket.send(`[1,"BMS","BMS-1","${now()}","${id}","${LIST}",{"chargingRequestList":[${forged}]}]`);
    expect((await bms.wait((frame) => frame[4] === id))?.[0]).toBe(3);
    expect((await tell(Array.from({ length: 5_000 }, (_, i) => request(i + 10))))?.type).toBe(2);
    expect((await tell([]))?.type).toBe(2);
    bms.cut();
  });
});

describe('partners', () => {
  const credentials = (url: unknown) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      token: 'x'.repeat(20),
      url,
      roles: [{ role: 'EMSP', country_code: 'NL', party_id: 'EMS', business_details: { name: 'E' } }],
    }),
  });

  it.each(['Token', 'Token ####', 'Bearer demo', 'Token __proto__', 'Token A A A'])(
    'who sends "%s" is told nothing',
    async (authorization) => {
      const response = await scene.ocpi('/ocpi/versions', { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ status_code: 2001 });
    },
  );

  it('no address inside is called, however it is written', async () => {
    let calls = 0;
    const trap = createServer((_request, response) => {
      calls += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await delay(20);
    const { port } = trap.address() as AddressInfo;
    const hosts =
      '127.0.0.1 localhost localhost. [::1] [::ffff:127.0.0.1] 0x7f.1 2130706433 017700000001 127.1 0 0.0.0.0 127。0。0。1';
    const urls = [
      ...hosts.split(' ').map((host) => `https://${host}:${port}/`),
      `http://127.0.0.1:${port}/`,
      `https://a:b@127.0.0.1:${port}/`,
      `https://127.0.0.1:${port}#@example.com/`,
      ...[
        '10.0.0.1',
        '192.168.0.1',
        '172.16.0.1',
        '169.254.169.254',
        '100.64.0.1',
        '[fd00::1]',
        '[64:ff9b::7f00:1]',
      ].map((host) => `https://${host}/`),
      'file:///etc/passwd',
      'javascript:alert(1)',
      '',
      null,
      {},
    ];
    for (const url of urls) {
      const response = await scene.ocpi('/ocpi/2.2.1/credentials', credentials(url));
      expect(await response.json(), String(url)).toMatchObject({
        status_code: expect.toSatisfy((code) => code >= 2000),
      });
    }
    trap.close();
    expect(calls).toBe(0);
  });

  it.each([
    ['truncated JSON', '{"token":"a"'],
    ['depth 100,000', '['.repeat(100_000)],
    ['a list', '[]'],
    ['nothing', ''],
    ['__proto__', '{"__proto__":{"token":"a"}}'],
  ])('%s is refused in an envelope', async (_name, body) => {
    const response = await scene.ocpi('/ocpi/2.2.1/credentials', { ...credentials(''), body });
    expect(await response.json()).toMatchObject({ status_code: 2001 });
  });

  it('a body without end is not waited for with everything else', async () => {
    const head =
      'POST /ocpi/2.2.1/credentials HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{"token":"';
    const asked = Array.from({ length: 50 }, () => rawRequest(scene.bridge.ports.ocpi, head, 15_000));
    expect(new Set(await Promise.all(asked))).toEqual(new Set([401]));
  });
});

describe('operators', () => {
  const status = async (path: string, authorization = 'Bearer demo-admin') => {
    const url = `http://127.0.0.1:${scene.bridge.ports.admin}${path}`;
    return (await fetch(url, { headers: { authorization } })).status;
  };

  it.each(['', 'Bearer', 'Bearer x', 'Basic demo-admin', 'Bearer demo-admin2'])(
    'who sends "%s" is shown nothing, and named in the log',
    async (authorization) => {
      const from = scene.bridge.log.length;
      for (const path of ['/api/v1/state', '/metrics', '/api/v1/openapi.json'])
        expect(await status(path, authorization)).toBe(401);
      const lines = () => scene.logSince(from).filter((line) => line.includes('without the admin token'));
      await expect.poll(() => lines().length).toBeGreaterThanOrEqual(3);
    },
  );

  it.each([
    ['/api/v1/../../etc/passwd', 404],
    ['/api/v1/..%2f..%2fetc/passwd', 404],
    ['/api/v1/stations/__proto__', 404],
    ['/api/v1/journal?count=1e9', 400],
    ['/api/v1/journal?after=zz', 400],
    ['/api/v1/journal/zz', 404],
  ])('%s is answered with %i', async (path, expected) => {
    expect(await status(path)).toBe(expected);
  });

  it('reads of the whole journal keep nobody waiting', async () => {
    const worstMs: number[] = [];
    // A busy machine may hold somebody up once; reads that keep others waiting do so each time.
    for (let attempt = 0; attempt < 3 && Math.min(...worstMs) >= WAIT_MS; attempt++) {
      watch.worstMs = 0;
      await Promise.all(Array.from({ length: 4 }, () => status('/api/v1/journal?link=nobody&count=1000')));
      worstMs.push(watch.worstMs);
    }
    expect(Math.min(...worstMs)).toBeLessThan(WAIT_MS);
  });
});

describe('after all of it', () => {
  it('those 200 have been cut', async () => {
    await expect.poll(() => halfSentCut).toBe(200);
  });

  it('everybody was served, nothing failed inside, memory has a bound', async () => {
    expect(watch.served).toBeGreaterThan(100);
    expect(scene.bridge.log.filter((line) => Number(line['level']) >= 50)).toEqual([]);
    expect(await scene.metric('bridge_lineage_gaps_total')).toBe(0);
    await expect.poll(() => scene.memoryMb() - memoryBefore).toBeLessThan(MOST_MB);
  });
});
