/** Partners start, stop and unlock: for their own guests, where they were let in, on record, told once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmspSimulator, sampleToken } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';
import { complaints, EPOCH, PARTY, registeredEmsp, startEmsp, TOKEN_A, until } from './partner.js';

let bench: Bench;
let emsp: EmspSimulator;
beforeEach(async () => {
  bench = await new Bench().start();
  emsp = await registeredEmsp(bench);
  await bench.say('N4', 'LinkOpened');
  await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
});
afterEach(async () => {
  await emsp.stop();
  await bench.end();
});

const uid = () => bench.evseUid('N4-1');
const here = () => ({ locationId: 'depot-nord', evseUid: uid() });
const commandUrl = (command: string) =>
  `${bench.versionsUrl.replace('/versions', '/2.2.1/commands')}/${command}`;
const post = (command: string, body: object) => emsp.call({ method: 'POST', url: commandUrl(command), body });

describe('commands', () => {
  it('start a session that is the partner’s own, by command, with an intent on record', async () => {
    const asked = await emsp.startSession({ ...here(), connectorId: '1', authorizationReference: 'ref-1' });
    expect(asked.response).toMatchObject({ result: 'ACCEPTED', timeout: 60 });
    expect((await asked.result()).result).toBe('ACCEPTED');
    const [command] = bench.chargers.asked;
    expect(command).toMatchObject({
      command: 'start',
      details: { stationId: 'N4', pointId: 'N4-1', token: 'NLEMS0001' },
    });
    const entries = await bench.journal();
    const intent = entries.find(({ id }) => id === command?.details['intent']);
    const request = entries.find(({ id }) => id === intent?.causes[0]);
    expect(intent).toMatchObject({ action: 'Intent StartTransaction', link: 'bridge' });
    expect(JSON.parse(intent?.raw ?? '')).toEqual({
      partner: 'emsp-demo',
      pointId: 'N4-1',
      token: 'NLEMS0001',
    });
    expect(request).toMatchObject({ action: 'POST commands', direction: 'in' });
    await bench.charge('N4', 'N4-1', { token: 'NLEMS0001' });
    const session = await emsp.waitFor('sessions', ({ status }) => status === 'ACTIVE');
    expect(session).toMatchObject({ auth_method: 'COMMAND', authorization_reference: 'ref-1' });
    expect(complaints(emsp)).toEqual([]);
  });

  it('stop and unlock the partner’s session', async () => {
    await (await emsp.startSession(here())).result();
    await bench.charge('N4', 'N4-1', { token: 'NLEMS0001' });
    const { id } = await emsp.waitFor('sessions', ({ status }) => status === 'ACTIVE');
    const unlocked = await emsp.unlockConnector('depot-nord', uid(), '1');
    expect((await unlocked.result()).result).toBe('ACCEPTED');
    const stopped = await emsp.stopSession(String(id));
    expect((await stopped.result()).result).toBe('ACCEPTED');
    expect(bench.chargers.asked.map(({ command }) => command)).toEqual(['start', 'unlock', 'stop']);
    expect(bench.chargers.asked[2]?.details).toMatchObject({ stationId: 'N4', processId: id });
    expect((await emsp.startSession(here())).response.result).toBe('REJECTED');
  });

  it('say what the charger said: rejected, or nothing', async () => {
    bench.chargers.outcome = 'rejected';
    expect((await (await emsp.startSession(here())).result()).result).toBe('REJECTED');
    expect(await bench.ocpi.authorize('NLEMS0001')).toBe(false);
    bench.chargers.outcome = 'failed';
    expect((await (await emsp.startSession(here())).result()).result).toBe('TIMEOUT');
  });

  it('are not for a station that keeps its own CSMS', async () => {
    await (await emsp.startSession(here())).result();
    await bench.charge('N4', 'N4-1', { token: 'NLEMS0001' });
    const { id } = await emsp.waitFor('sessions', ({ status }) => status === 'ACTIVE');
    bench.chargers.control = 'lease';
    const asked = [
      await emsp.startSession(here()),
      await emsp.stopSession(String(id)),
      await emsp.unlockConnector('depot-nord', uid(), '1'),
    ];
    expect(asked.map(({ response }) => response.result)).toEqual(asked.map(() => 'NOT_SUPPORTED'));
    expect(bench.chargers.asked.map(({ command }) => command)).toEqual(['start']);
  });

  it('are refused at once where nothing can come of them', async () => {
    bench.chargers.connected = false;
    expect((await emsp.startSession(here())).response.result).toBe('REJECTED');
    bench.chargers.connected = true;
    expect((await emsp.stopSession('nobody')).response.result).toBe('UNKNOWN_SESSION');
    const body = {
      location_id: 'depot-nord',
      evse_uid: uid(),
      expiry_date: '2030-01-01T00:00:00Z',
      reservation_id: 'r1',
    };
    expect((await emsp.reserveNow(body)).response.result).toBe('NOT_SUPPORTED');
    expect((await emsp.cancelReservation('r1')).response.result).toBe('NOT_SUPPORTED');
    expect((await post('DANCE', {})).httpStatus).toBe(404);
    expect((await post('START_SESSION', {})).statusCode).toBe(2001);
    expect(bench.chargers.asked).toEqual([]);
    expect(complaints(emsp)).toEqual([]);
  });

  it('do not reach a bay that has a bus, and do not let a guest be a bus', async () => {
    await bench.charge('N4', 'N4-1', { token: 'BUS4712', vehicleId: 'WEB62834613200002' });
    expect((await emsp.startSession(here())).response.result).toBe('REJECTED');
    expect((await emsp.unlockConnector('depot-nord', uid(), '1')).response.result).toBe('REJECTED');
    const bus = bench.runtime.depot.state.processes.keys()[0] ?? '';
    expect((await emsp.stopSession(bus)).response.result).toBe('UNKNOWN_SESSION');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    const token = sampleToken(PARTY, 'APP_USER', { uid: 'BUS4711' });
    await (await emsp.startSession({ ...here(), token })).result();
    expect(bench.chargers.asked[0]?.details['token']).toMatch(/^G[0-9A-F]{19}$/);
  });

  it('carry a token of 36 characters under a name that a 1.6 charger can take', async () => {
    const long = 'app-user-0123456789-0123456789-01234';
    const token = sampleToken(PARTY, 'APP_USER', { uid: long });
    await (await emsp.startSession({ ...here(), token })).result();
    const idTag = String(bench.chargers.asked[0]?.details['token']);
    expect(idTag).toHaveLength(20);
    expect(await bench.ocpi.authorize(idTag)).toBe(true);
    await bench.charge('N4', 'N4-1', { token: idTag });
    const { items } = await emsp.getSessions(EPOCH);
    expect(items).toMatchObject([{ cdr_token: { uid: long, type: 'APP_USER' } }]);
  });

  const fixed = (command: string) => `${emsp.baseUrl}/2.2.1/commands/${command}/always-the-same`;
  const results = () =>
    bench
      .journal()
      .then((entries) =>
        entries.filter(
          ({ link, direction, raw }) =>
            link === 'ocpi:emsp-demo' && direction === 'out' && raw.startsWith('{"result"'),
        ),
      );

  it('given again on the same response_url are carried out again, each with its result', async () => {
    const body = {
      ...{ response_url: fixed('UNLOCK_CONNECTOR'), location_id: 'depot-nord' },
      ...{ evse_uid: uid(), connector_id: '1' },
    };
    for (const number of [1, 2]) {
      expect((await post('UNLOCK_CONNECTOR', body)).data).toMatchObject({ result: 'ACCEPTED' });
      await until(async () => (await results()).length === number, `result ${number}`);
    }
    const start = { location_id: 'depot-nord', evse_uid: uid(), response_url: fixed('START_SESSION') };
    for (const [index, uidOfToken] of ['ONE', 'TWO'].entries()) {
      const token = sampleToken(PARTY, 'APP_USER', { uid: uidOfToken });
      expect((await post('START_SESSION', { ...start, token })).data).toMatchObject({ result: 'ACCEPTED' });
      await until(async () => (await results()).length === 3 + index, `result ${3 + index}`);
    }
    expect(bench.chargers.asked.map(({ command }) => command)).toEqual([
      'unlock',
      'unlock',
      'start',
      'start',
    ]);
  });

  it('repeated while the first is in work reach the charger once, and each gets its result', async () => {
    bench.chargers.delayMs = 300;
    const body = {
      ...{ response_url: fixed('START_SESSION'), location_id: 'depot-nord' },
      ...{ evse_uid: uid(), token: emsp.tokens[0] },
    };
    const answers = [await post('START_SESSION', body), await post('START_SESSION', body)];
    expect(answers.map(({ data }) => data)).toMatchObject([{ result: 'ACCEPTED' }, { result: 'ACCEPTED' }]);
    await until(async () => (await results()).length === 2, 'both results');
    expect(bench.chargers.asked).toHaveLength(1);
  });

  it('sent again over HTTP, under the same X-Request-ID, are the same command', async () => {
    const body = {
      ...{ response_url: fixed('UNLOCK_CONNECTOR'), location_id: 'depot-nord' },
      ...{ evse_uid: uid(), connector_id: '1' },
    };
    const send = (id: string) => {
      const headers = { 'x-request-id': id };
      return emsp.call({ method: 'POST', url: commandUrl('UNLOCK_CONNECTOR'), body, headers });
    };
    const id = '0f6a7c1e-6a53-4bd8-8a55-7b4f3d7f7c11';
    expect((await send(id)).data).toMatchObject({ result: 'ACCEPTED' });
    await until(async () => (await results()).length === 1, 'the result');
    expect((await send(id)).data).toMatchObject({ result: 'ACCEPTED' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bench.chargers.asked).toHaveLength(1);
    expect(await results()).toHaveLength(1);
    // An id that is none: a partner that always sends the same.
    for (const number of [2, 3]) {
      expect((await send('1')).data).toMatchObject({ result: 'ACCEPTED' });
      await until(async () => (await results()).length === number, `result ${number}`);
    }
    expect(bench.chargers.asked).toHaveLength(3);
  });

  it('take no token of another party, no hidden bay, no foreign response_url', async () => {
    const response_url = `${emsp.baseUrl}/2.2.1/commands/START_SESSION/x`;
    const body = { response_url, location_id: 'depot-nord', evse_uid: uid(), token: emsp.tokens[0] };
    const foreign = { ...body, token: sampleToken({ countryCode: 'NL', partyId: 'OTH' }, 'RFID') };
    expect((await post('START_SESSION', foreign)).statusCode).toBe(2001);
    const hidden = { ...body, evse_uid: bench.evseUid('N1-1') };
    expect((await post('START_SESSION', hidden)).statusCode).toBe(2003);
    for (const url of [
      'http://169.254.169.254/latest',
      'http://10.0.0.1/x',
      'ftp://127.0.0.1/x',
      'https://evil.example/x',
    ]) {
      expect((await post('START_SESSION', { ...body, response_url: url })).statusCode, url).toBe(2001);
    }
    expect(bench.chargers.asked).toEqual([]);
  });

  it('that a restart cut off are told as unanswered, once', async () => {
    bench.chargers.delayMs = 2_000;
    const { port } = bench.ocpi;
    const asked = await emsp.startSession(here());
    await until(() => bench.chargers.asked.length > 0, 'the command');
    const folder = await bench.stop();
    bench = await new Bench((config) => {
      config.listen.ocpi.port = port;
    }, folder).start();
    expect((await asked.result()).result).toBe('TIMEOUT');
    expect(complaints(emsp)).toEqual([]);
  });

  it('have their result repeated while the partner fails, and taken once', async () => {
    emsp.misbehave({ kind: 'error', match: '/commands/', times: 1 });
    const asked = await emsp.startSession(here());
    expect((await asked.result()).result).toBe('ACCEPTED');
    expect(complaints(emsp)).toEqual([]);
  });
});

describe('the list of tokens', () => {
  it('is read when a partner registers, every page of it', async () => {
    await emsp.stop();
    await bench.end();
    bench = await new Bench().start();
    const many = Array.from({ length: 250 }, (_, index) =>
      sampleToken(PARTY, 'RFID', { uid: `CARD${index}` }),
    );
    const foreign = sampleToken({ countryCode: 'NL', partyId: 'OTH' }, 'RFID', { uid: 'FOREIGN' });
    const broken = sampleToken(PARTY, 'RFID', { uid: 'BROKEN', whitelist: 'SOMETIMES' });
    emsp = await startEmsp({ tokens: [foreign, broken, ...many] });
    await emsp.register(bench.versionsUrl, TOKEN_A);
    await until(() => bench.ocpi.authorize('CARD249'), 'the last token');
    expect(await bench.ocpi.authorize('CARD0')).toBe(true);
    expect(await bench.ocpi.authorize('FOREIGN')).toBe(false);
    expect(await bench.ocpi.authorize('BROKEN')).toBe(false);
    expect(complaints(emsp)).toEqual([]);
  });
});

describe('tokens', () => {
  const tokenUrl = (id: string) => `${bench.versionsUrl.replace('/versions', '/2.2.1/tokens')}/${id}`;
  const put = (token: object, id = 'NL/EMS/NLEMS0001') =>
    emsp.call({ method: 'PUT', url: tokenUrl(id), body: token });
  const card = (values: object = {}) => sampleToken(PARTY, 'RFID', values as Record<string, unknown>);

  it('are kept as they were sent, found without regard to case, and changed by PATCH', async () => {
    expect((await put(card({ x_extra: 1 }))).httpStatus).toBe(201);
    expect((await put(card())).httpStatus).toBe(200);
    const url = tokenUrl('nl/ems/nlems0001');
    expect((await emsp.call({ method: 'GET', url })).data).toEqual(card());
    const change = { valid: false, last_updated: '2026-02-01T00:00:00Z' };
    expect((await emsp.call({ method: 'PATCH', url, body: change })).statusCode).toBe(1000);
    expect((await emsp.call({ method: 'GET', url })).data).toEqual({ ...card(), ...change });
    expect((await emsp.call({ method: 'GET', url: `${url}?type=APP_USER` })).httpStatus).toBe(404);
    expect((await emsp.call({ method: 'PATCH', url, body: { valid: true } })).statusCode).toBe(2001);
  });

  it('are refused when path and body disagree, of another party, or broken', async () => {
    expect((await put(card({ uid: 'OTHER' }))).statusCode).toBe(2001);
    expect((await put(card(), 'NL/OTH/NLEMS0001')).httpStatus).toBe(404);
    expect((await put(card({ whitelist: 'SOMETIMES' }))).statusCode).toBe(2001);
  });

  it('let their guests in as their whitelist says', async () => {
    const authorize = (stationId?: string) => bench.ocpi.authorize('nlems0001', stationId);
    expect(await authorize()).toBe(false);
    await put(card());
    expect([await authorize(), await authorize('N4'), await authorize('N1')]).toEqual([true, true, false]);
    await put(card({ valid: false }));
    expect(await authorize()).toBe(false);
    await put(card({ whitelist: 'NEVER' }));
    expect(await authorize()).toBe(true);
    emsp.tokens = [card({ valid: false })];
    expect(await authorize()).toBe(false);
    emsp.misbehave({ kind: 'error', match: '/authorize' });
    expect(await authorize()).toBe(false);
    await put(card({ whitelist: 'ALLOWED_OFFLINE' }));
    expect(await authorize()).toBe(true);
    expect(complaints(emsp)).toEqual([]);
  });

  it('of the partner who was asked carry its reference into the session', async () => {
    await put(card({ whitelist: 'NEVER' }));
    expect(await bench.ocpi.authorize('NLEMS0001', 'N4')).toBe(true);
    await bench.charge('N4', 'N4-1', { token: 'NLEMS0001' });
    expect((await emsp.getSessions(EPOCH)).items).toMatchObject([
      { auth_method: 'AUTH_REQUEST', authorization_reference: 'auth-NLEMS0001' },
    ]);
  });

  it('that are a bus of the depot stay a bus', async () => {
    await put(card({ uid: 'BUS4711' }), 'NL/EMS/BUS4711');
    expect(await bench.ocpi.authorize('BUS4711')).toBe(false);
    await bench.charge('N4', 'N4-1', { token: 'BUS4711' });
    expect((await emsp.getSessions(EPOCH)).total).toBe(0);
  });
});
