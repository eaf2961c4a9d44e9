/** Registration: who gets in with which token, and what is left when something fails half way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmspSimulator } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';
import { complaints, EPOCH, PARTY, startEmsp, TOKEN_A } from './partner.js';

let bench: Bench;
let emsp: EmspSimulator;
beforeEach(async () => {
  bench = await new Bench().start();
  emsp = await startEmsp();
});
afterEach(async () => {
  await emsp.stop();
  await bench.end();
});

const base = () => bench.versionsUrl.replace('/versions', '');
const call = (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, token: string, body?: unknown) =>
  emsp.call({ method, url: `${base()}${path}`, token, ...(body === undefined ? {} : { body }) });
const credentials = (change: object = {}) => ({
  token: 'client-token-of-the-test-0001',
  url: emsp.versionsUrl,
  roles: [{ role: 'EMSP', country_code: 'NL', party_id: 'EMS', business_details: { name: 'E' } }],
  ...change,
});

describe('registration', () => {
  it('exchanges tokens; the registration token dies and the new one opens the modules', async () => {
    const peer = await emsp.register(bench.versionsUrl, TOKEN_A);
    expect(peer.version).toBe('2.2.1');
    expect(peer.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await emsp.getLocations()).total).toBe(1);
    expect((await emsp.getSessions(EPOCH)).items).toEqual([]);
    expect((await call('GET', '/versions', TOKEN_A)).httpStatus).toBe(401);
    expect((await call('POST', '/2.2.1/credentials', TOKEN_A, credentials())).httpStatus).toBe(401);
    expect(complaints(emsp)).toEqual([]);
  });

  it('announces only modules that answer', async () => {
    const { endpoints } = await emsp.register(bench.versionsUrl, TOKEN_A);
    expect(endpoints.map(({ identifier, role }) => `${identifier} ${role}`)).toEqual([
      'credentials SENDER',
      'credentials RECEIVER',
      'locations SENDER',
      'sessions SENDER',
      'tariffs SENDER',
      'cdrs SENDER',
      'tokens RECEIVER',
      'commands RECEIVER',
    ]);
  });

  it('takes the token in Base64, raw, and in Base64 with the newline of the examples', async () => {
    await emsp.register(bench.versionsUrl, TOKEN_A);
    for (const form of ['base64', 'raw', 'base64-newline'] as const) {
      emsp.tokenForm = form;
      expect((await emsp.call({ method: 'GET', url: bench.versionsUrl })).httpStatus, form).toBe(200);
    }
  });

  it('answers 401 to whoever has no token, another scheme, or a wrong one, on any path', async () => {
    const wrong = [
      '',
      'Token',
      'Token ',
      'Bearer abc',
      'Basic abc',
      'Token d3Jvbmc=',
      `token ${TOKEN_A}x`,
      'Token \u00e4',
    ];
    for (const authorization of wrong) {
      for (const path of ['/versions', '/2.2.1', '/2.2.1/credentials', '/2.2.1/locations', '/nothing/here']) {
        const answer = await fetch(`${base()}${path}`, authorization ? { headers: { authorization } } : {});
        expect(answer.status, `${authorization} ${path}`).toBe(401);
        expect(await answer.json()).toMatchObject({ status_code: 2001 });
      }
    }
  });

  it('takes the scheme in any case', async () => {
    const authorization = `tOKEN ${Buffer.from(TOKEN_A).toString('base64')}`;
    expect((await fetch(bench.versionsUrl, { headers: { authorization } })).status).toBe(200);
  });

  it('opens nothing but versions and credentials to a registration token', async () => {
    for (const path of [
      '/2.2.1/locations',
      '/2.2.1/locations/depot-nord',
      `/2.2.1/sessions?date_from=${EPOCH}`,
    ]) {
      expect((await call('GET', path, TOKEN_A)).httpStatus, path).toBe(401);
    }
    expect((await call('GET', '/2.2.1/credentials', TOKEN_A)).data).toMatchObject({ token: TOKEN_A });
    expect((await call('PUT', '/2.2.1/credentials', TOKEN_A, credentials())).httpStatus).toBe(405);
    expect((await call('DELETE', '/2.2.1/credentials', TOKEN_A)).httpStatus).toBe(405);
  });

  it('refuses a second registration, gives back the token presented, rotates on PUT, ends on DELETE', async () => {
    const { token } = await emsp.register(bench.versionsUrl, TOKEN_A);
    expect((await call('POST', '/2.2.1/credentials', token, credentials())).httpStatus).toBe(405);
    expect((await emsp.getCredentials()).token).toBe(token);
    const renewed = await emsp.putCredentials();
    expect(renewed.token).not.toBe(token);
    expect((await call('GET', '/versions', token)).httpStatus).toBe(401);
    expect((await emsp.getLocations()).total).toBe(1);
    await emsp.deleteCredentials();
    expect((await call('GET', '/versions', renewed.token)).httpStatus).toBe(401);
    expect((await call('GET', '/versions', TOKEN_A)).httpStatus).toBe(401);
    expect(complaints(emsp)).toEqual([]);
  });

  it('says 3001, 3002 or 3003 and stores nothing when the partner cannot be used', async () => {
    const unusable = await call('POST', '/2.2.1/credentials', TOKEN_A, credentials());
    expect(unusable).toMatchObject({ httpStatus: 200, statusCode: 3001 });
    const old = await startEmsp({ versions: ['2.1.1'], tokenA: 'client-token-of-the-test-0001' });
    const noVersion = await call(
      'POST',
      '/2.2.1/credentials',
      TOKEN_A,
      credentials({ url: old.versionsUrl }),
    );
    await old.stop();
    expect(noVersion.statusCode).toBe(3002);
    expect((await call('GET', '/versions', TOKEN_A)).httpStatus).toBe(200);
  });

  it('lets nobody widen its roles', async () => {
    const roles = [...credentials().roles, { ...credentials().roles[0], party_id: 'OTH' }];
    const answer = await call('POST', '/2.2.1/credentials', TOKEN_A, credentials({ roles }));
    expect(answer).toMatchObject({ httpStatus: 200, statusCode: 2001 });
    expect((await call('GET', '/versions', TOKEN_A)).httpStatus).toBe(200);
  });

  it('answers broken bodies with 400 or 2001', async () => {
    const authorization = `Token ${Buffer.from(TOKEN_A).toString('base64')}`;
    const url = `${base()}/2.2.1/credentials`;
    const headers = { authorization, 'content-type': 'application/json' };
    const broken = await fetch(url, { method: 'POST', headers, body: '{"token": "abc' });
    expect(broken.status).toBe(400);
    for (const body of [
      undefined,
      [],
      {},
      { token: 'x' },
      credentials({ token: 'a b' }),
      credentials({ url: 7 }),
    ]) {
      const answer = await call('POST', '/2.2.1/credentials', TOKEN_A, body);
      expect(answer.statusCode, JSON.stringify(body)).toBe(2001);
    }
  });

  it('keeps credentials tokens out of the journal', async () => {
    const { token } = await emsp.register(bench.versionsUrl, TOKEN_A);
    const own = emsp.ownToken ?? '';
    const entries = (await bench.journal()).filter(({ action }) => action !== 'GET tokens');
    const bodies = entries.filter(({ action }) => action === 'POST credentials').map(({ raw }) => raw);
    expect(bodies).toHaveLength(2);
    for (const raw of bodies) expect(raw).toContain('"token":"[redacted]"');
    for (const secret of [token, own, TOKEN_A]) expect(JSON.stringify(entries)).not.toContain(secret);
    const chain = entries.map(({ direction, action, http }) =>
      `${direction} ${action} ${http?.status ?? ''}`.trim(),
    );
    expect(chain.slice(-6)).toEqual([
      'in POST credentials',
      'out GET versions',
      'in GET versions 200',
      'out GET version_details',
      'in GET version_details 200',
      'out POST credentials 200',
    ]);
  });

  it('survives a restart', async () => {
    const { token } = await emsp.register(bench.versionsUrl, TOKEN_A);
    const port = bench.ocpi.port;
    const folder = await bench.stop();
    bench = await new Bench((config) => {
      config.listen.ocpi.port = port;
    }, folder).start();
    expect((await call('GET', '/2.2.1/locations', token)).httpStatus).toBe(200);
    expect((await call('GET', '/versions', TOKEN_A)).httpStatus).toBe(401);
  });

  it('lets a partner register again whose answer was lost', async () => {
    const cut = new AbortController();
    const body = JSON.stringify(credentials({ token: 'lost' }));
    const authorization = `Token ${Buffer.from(TOKEN_A).toString('base64')}`;
    const slow = await startEmsp({ tokenA: 'lost' });
    // The partner goes away while the bridge looks at its versions: the token is stored, the answer never arrives.
    slow.misbehave({ kind: 'slow', delayMs: 500, match: '/ocpi/2.2.1' });
    slow.events.on('received', (_, url) => {
      if (url.includes('/ocpi/2.2.1')) cut.abort();
    });
    const lost = fetch(`${base()}/2.2.1/credentials`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: body.replace(emsp.versionsUrl, slow.versionsUrl),
      signal: cut.signal,
    });
    await expect(lost).rejects.toThrow();
    const answered = { direction: 'out', action: 'POST credentials' };
    await expect.poll(async () => (await bench.journal()).at(-1)).toMatchObject(answered);
    const folder = await bench.stop();
    bench = await new Bench(() => {}, folder).start();
    expect((await bench.journal()).at(-1)).toMatchObject(answered);
    const peer = await slow.register(bench.versionsUrl, TOKEN_A).finally(() => slow.stop());
    expect((await call('GET', '/2.2.1/locations', peer.token)).httpStatus).toBe(200);
    expect((await call('GET', '/versions', TOKEN_A)).httpStatus).toBe(401);
  });

  it('echoes ids, makes missing ones, and swaps the routing headers', async () => {
    const { token } = await emsp.register(bench.versionsUrl, TOKEN_A);
    const authorization = `Token ${Buffer.from(token).toString('base64')}`;
    const bare = await fetch(`${base()}/2.2.1/locations`, { headers: { authorization } });
    expect(bare.headers.get('x-request-id')).toMatch(/./);
    const routed = await fetch(`${base()}/2.2.1/locations/`, {
      headers: {
        authorization,
        'x-request-id': 'r-1',
        'x-correlation-id': 'c-1',
        'ocpi-from-country-code': 'nl',
        'ocpi-from-party-id': 'EMS',
        'ocpi-to-country-code': 'DE',
        'ocpi-to-party-id': 'DPB',
      },
    });
    expect(routed.status).toBe(200);
    expect(Object.fromEntries(routed.headers)).toMatchObject({
      'x-request-id': 'r-1',
      'x-correlation-id': 'c-1',
      'ocpi-from-party-id': 'DPB',
      'ocpi-to-party-id': 'EMS',
    });
    const spoofed = await emsp.call({
      method: 'GET',
      url: `${base()}/2.2.1/locations`,
      headers: { 'ocpi-from-party-id': 'OTH' },
    });
    expect(spoofed.statusCode).toBe(2001);
    expect(PARTY.partyId).toBe('EMS');
  });
});
