import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmspFault, EmspSimulator, type OcpiVersion } from '../../../src/sim/emsp/index.js';
import { cdr, evse, location, NOW, session, TinyCpo, TOKEN_A } from './tiny-cpo.js';

let cpo: TinyCpo;
let emsp: EmspSimulator;
let versionsUrl: string;

async function begin(version: OcpiVersion = '2.2.1') {
  cpo = new TinyCpo();
  cpo.version = version;
  versionsUrl = await cpo.start();
  emsp = new EmspSimulator({ party: { countryCode: 'NL', partyId: 'EMS' }, versions: [version] });
  await emsp.start();
}

beforeEach(() => begin());

afterEach(async () => {
  await emsp.stop();
  await cpo.app.close();
});

describe('registration', () => {
  it('exchanges tokens while the CPO calls back, and nothing is wrong', async () => {
    const peer = await emsp.register(versionsUrl, TOKEN_A);
    expect(peer).toMatchObject({ version: '2.2.1', parties: [{ countryCode: 'DE', partyId: 'DPB' }] });
    expect(peer.token).toBe(cpo.token);
    expect(cpo.partner?.token).toBe(emsp.ownToken);
    expect(cpo.partnerUrl('locations')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ocpi\/2\.2\.1\/locations$/);
    expect(await emsp.getCredentials()).toMatchObject({ token: cpo.token });
    expect(emsp.violations).toEqual([]);
  });

  it('stores nothing if the token is refused', async () => {
    await expect(emsp.register(versionsUrl, 'wrong')).rejects.toMatchObject({
      failure: 'http',
      httpStatus: 401,
    });
    expect(emsp.peer).toBeUndefined();
    await expect(emsp.getLocations()).rejects.toMatchObject({ failure: 'not-registered' });
  });

  it('stops where no version is common', async () => {
    cpo.version = '2.3.0';
    await expect(emsp.register(versionsUrl, TOKEN_A)).rejects.toMatchObject({ failure: 'no-mutual-version' });
  });

  it('replaces both tokens with PUT and ends both with DELETE', async () => {
    const before = await emsp.register(versionsUrl, TOKEN_A);
    const ownBefore = emsp.ownToken;
    const after = await emsp.putCredentials();
    expect(after.token).not.toBe(before.token);
    expect(emsp.ownToken).not.toBe(ownBefore);
    expect(cpo.partner?.token).toBe(emsp.ownToken);
    await emsp.deleteCredentials();
    expect(emsp.peer).toBeUndefined();
    expect(await cpo.push('GET', emsp.versionsUrl)).toMatchObject({ status: 401 });
  });

  it.each([
    ['2.1.1', `Token ${TOKEN_A}`],
    ['2.3.0', `Token ${btoa(TOKEN_A)}`],
  ] as const)('speaks %s with its own token form', async (version, header) => {
    await emsp.stop();
    await cpo.app.close();
    await begin(version);
    await emsp.register(versionsUrl, TOKEN_A);
    expect(cpo.heard[0]?.headers.authorization).toBe(header);
    expect(emsp.violations).toEqual([]);
  });

  it.each([
    ['raw', TOKEN_A],
    ['base64-newline', btoa(`${TOKEN_A}\n`)],
  ] as const)('can write its token %s', async (form, written) => {
    emsp.tokenForm = form;
    await emsp.register(versionsUrl, TOKEN_A).catch(() => {});
    expect(cpo.heard[0]?.headers.authorization).toBe(`Token ${written}`);
  });
});

describe('asking', () => {
  beforeEach(() => emsp.register(versionsUrl, TOKEN_A));

  it('follows Link to the last page', async () => {
    const list = await emsp.getLocations({ limit: 2 });
    expect(list).toMatchObject({ pages: 2, total: 3 });
    expect(list.items.map(({ id }) => id)).toEqual(['L1', 'L2', 'L3']);
    const asked = cpo.heard.at(-1);
    expect(asked?.headers).toMatchObject({ 'ocpi-from-party-id': 'EMS', 'ocpi-to-party-id': 'DPB' });
    expect(emsp.violations).toEqual([]);
  });

  it('gets one location, and an error of its own for an unknown one', async () => {
    expect(await emsp.getLocation('L2')).toMatchObject({ id: 'L2' });
    await expect(emsp.getLocation('L9')).rejects.toMatchObject({ httpStatus: 404, statusCode: 2003 });
  });

  it('counts a location that breaks its class', async () => {
    cpo.locations = [{ ...location('L1'), country: 'DE', vin: 'WEB62834613200001' }];
    await emsp.getLocations();
    expect(emsp.violations).not.toEqual([]);
    expect(emsp.violations.every(({ kind }) => kind === 'schema')).toBe(true);
  });

  it('starts a session and hears what came of it, once', async () => {
    const asked = await emsp.startSession({ locationId: 'L1', evseUid: 'L1-E1' });
    expect(asked.response).toMatchObject({ result: 'ACCEPTED' });
    expect(cpo.heard.at(-1)?.body).toMatchObject({ location_id: 'L1', token: { party_id: 'EMS' } });
    await cpo.push('POST', asked.responseUrl, { result: 'ACCEPTED' });
    expect(await asked.result()).toEqual({ result: 'ACCEPTED' });
    expect(emsp.violations).toEqual([]);
    await cpo.push('POST', asked.responseUrl, { result: 'FAILED' });
    expect(emsp.violations).toMatchObject([{ message: 'a second result for one request' }]);
  });

  it('gives up on a result that never comes', async () => {
    const asked = await emsp.stopSession('S1');
    await expect(asked.result(20)).rejects.toMatchObject({ failure: 'timeout' });
  });

  it('sets a charging profile, hears its result and the active profile', async () => {
    const asked = await emsp.setChargingProfile('S1', {
      charging_rate_unit: 'W',
      charging_profile_period: [{ start_period: 0, limit: 11000 }],
    });
    await cpo.push('POST', asked.responseUrl, { result: 'ACCEPTED' });
    expect(await asked.result()).toEqual({ result: 'ACCEPTED' });
    const active = { start_date_time: NOW, charging_profile: { charging_rate_unit: 'W' } };
    await cpo.push('PUT', `${cpo.partnerUrl('chargingprofiles')}/S1`, active);
    expect(emsp.activeProfiles.get('S1')).toEqual(active);
    expect(await emsp.setChargingPreferences('S1', { profile_type: 'FAST' })).toBe('ACCEPTED');
    expect(emsp.violations).toEqual([]);
  });
});

describe('being pushed to', () => {
  const locationUrl = (rest = '') => `${cpo.partnerUrl('locations')}/DE/DPB/L1${rest}`;
  const sessionUrl = () => `${cpo.partnerUrl('sessions')}/DE/DPB/S1`;

  beforeEach(() => emsp.register(versionsUrl, TOKEN_A));

  it('keeps locations and applies changes of their parts', async () => {
    const arriving = emsp.waitFor('locations', ({ id }) => id === 'L1');
    expect(await cpo.push('PUT', locationUrl(), location('L1'))).toMatchObject({ status: 201 });
    expect(await arriving).toMatchObject({ id: 'L1' });
    const later = '2026-11-21T02:00:00Z';
    await cpo.push('PATCH', locationUrl('/L1-E1'), { status: 'CHARGING', last_updated: later });
    await cpo.push('PUT', locationUrl('/L1-E2'), evse('L1-E2', 'PLANNED', later));
    expect(emsp.locations.get('L1')).toMatchObject({
      last_updated: later,
      evses: [
        { uid: 'L1-E1', status: 'CHARGING' },
        { uid: 'L1-E2', status: 'PLANNED' },
      ],
    });
    expect((await cpo.push('GET', locationUrl('/L1-E2/1'))).text).toContain('IEC_62196_T2');
    expect(emsp.violations).toEqual([]);
  });

  it('answers 404 to a change of what it does not know', async () => {
    const body = { status: 'CHARGING', last_updated: NOW };
    expect(await cpo.push('PATCH', locationUrl('/L1-E1'), body)).toMatchObject({ status: 404 });
  });

  it('appends periods of a patched session', async () => {
    const period = { start_date_time: NOW, dimensions: [{ type: 'ENERGY', volume: 1 }] };
    await cpo.push('PUT', sessionUrl(), session({ charging_periods: [period] }));
    await cpo.push('PATCH', sessionUrl(), { kwh: 2.5, charging_periods: [period], last_updated: NOW });
    expect(emsp.sessions.get('S1')).toMatchObject({ kwh: 2.5, charging_periods: [period, period] });
    expect(emsp.violations).toEqual([]);
  });

  it.each([
    [{ total_energy: 1.4 }, 'total_energy is 1.4, its periods have 1.5'],
    [{ total_time: 1 }, 'total_time is 1, its periods have 0.5'],
    [{ total_cost: { excl_vat: 0.6 } }, 'total_cost is 0.6, its parts are 0.5'],
    [{ total_cost: { excl_vat: 0.5, incl_vat: 0.4 } }, 'the cost with tax is less than without'],
    [{ tariffs: [] }, 'a cost without a tariff'],
    [{ start_date_time: '2026-11-21T00:00:00Z' }, 'the first period does not begin with the session'],
    [{ credit: true, credit_reference_id: 'C0' }, 'a credit of 0.5'],
  ])('sees what is wrong in a bill: %j', async (change, message) => {
    await cpo.push('POST', cpo.partnerUrl('cdrs'), { ...cdr('C1'), ...change });
    expect(emsp.violations.map((violation) => violation.message)).toContain(message);
  });

  it('takes a CDR and tells where it lies', async () => {
    const { status, headers } = await cpo.push('POST', cpo.partnerUrl('cdrs'), cdr('C1'));
    expect(status).toBe(201);
    expect((await cpo.push('GET', headers.get('location') ?? '')).text).toContain('"id":"C1"');
    expect(emsp.cdrs.get('C1')).toMatchObject({ total_energy: 1.5 });
    expect(emsp.violations).toEqual([]);
  });

  it('lists its tokens in pages and authorizes', async () => {
    const first = await cpo.push('GET', `${cpo.partnerUrl('tokens')}?limit=1`);
    expect(first.headers.get('x-total-count')).toBe('2');
    const next = /<(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await cpo.push('GET', next);
    expect(JSON.parse(second.text).data).toMatchObject([{ type: 'APP_USER' }]);
    expect(second.headers.get('link')).toBeNull();
    const url = `${cpo.partnerUrl('tokens')}/NLEMS0001/authorize`;
    expect((await cpo.push('POST', url, { location_id: 'L1' })).text).toContain('"allowed":"ALLOWED"');
    expect(await cpo.push('POST', url.replace('0001', '9'))).toMatchObject({ status: 404 });
  });

  const wrongs: Record<string, [kind: string, push: () => Promise<unknown>]> = {
    'another id in the body': ['behaviour', () => cpo.push('PUT', locationUrl(), location('L2'))],
    'a body against its class': [
      'schema',
      () => cpo.push('PUT', locationUrl(), { ...location('L1'), time_zone: undefined }),
    ],
    'half a JSON text': ['schema', () => cpo.push('PUT', locationUrl(), '{"id":')],
    'a PATCH without last_updated': [
      'behaviour',
      async () => {
        await cpo.push('PUT', sessionUrl(), session());
        await cpo.push('PATCH', sessionUrl(), { kwh: 2 });
      },
    ],
    'a change after the end': [
      'behaviour',
      async () => {
        await cpo.push('PUT', sessionUrl(), session({ status: 'COMPLETED', end_date_time: NOW }));
        await cpo.push('PATCH', sessionUrl(), { kwh: 2, last_updated: NOW });
      },
    ],
    'last_updated going back': [
      'behaviour',
      async () => {
        await cpo.push('PUT', sessionUrl(), session());
        await cpo.push('PUT', sessionUrl(), session({ last_updated: '2026-11-20T00:00:00Z' }));
      },
    ],
    'a CDR twice': [
      'behaviour',
      async () => {
        await cpo.push('POST', cpo.partnerUrl('cdrs'), cdr('C1'));
        await cpo.push('POST', cpo.partnerUrl('cdrs'), cdr('C1'));
      },
    ],
    'a party that did not register': [
      'headers',
      () => cpo.push('PUT', locationUrl(), location('L1'), { 'ocpi-from-party-id': 'XYZ' }),
    ],
  };

  it.each(Object.entries(wrongs))('counts %s', async (_name, [kind, push]) => {
    await push();
    expect(emsp.violations).toMatchObject([{ kind }]);
  });

  it.each([
    ['error', 500],
    ['too-many', 429],
  ] as const)('fails on purpose: %s', async (kind, status) => {
    emsp.misbehave({ kind, times: 1, match: 'PUT', retryAfterSeconds: 7 });
    const first = await cpo.push('PUT', locationUrl(), location('L1'));
    expect(first.status).toBe(status);
    if (kind === 'too-many') expect(first.headers.get('retry-after')).toBe('7');
    expect(await cpo.push('PUT', locationUrl(), location('L1'))).toMatchObject({ status: 201 });
  });

  it('says nothing at all on purpose, until it is stopped', async () => {
    emsp.misbehave({ kind: 'silent' });
    const pushing = cpo.push('PUT', locationUrl(), location('L1'));
    const settled = pushing.then(
      () => 'answered',
      () => 'cut',
    );
    expect(await Promise.race([settled, delay(40, 'silence')])).toBe('silence');
    await emsp.stop();
    expect(await settled).toBe('cut');
  });

  it('answers half a JSON text, or late, on purpose', async () => {
    const end = emsp.misbehave({ kind: 'truncated' });
    const { text } = await cpo.push('PUT', locationUrl(), location('L1'));
    expect(() => JSON.parse(text)).toThrow();
    end();
    const slow: EmspFault = { kind: 'slow', delayMs: 60 };
    emsp.misbehave(slow);
    const before = performance.now();
    await cpo.push('PUT', locationUrl(), location('L1'));
    expect(performance.now() - before).toBeGreaterThan(50);
  });
});
