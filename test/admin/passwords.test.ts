/** Passwords of stations over the admin API and the command line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { changePassword, type PasswordOptions } from '../../src/cli/station-password.js';
import { folder, output } from '../cli/support.js';
import { knock } from '../ocpp/raw.js';
import { startWorld, type World } from '../tables/world.js';
import { AnsweringCharger } from './charger.js';

const OLD = 'cp-n1-secret-0001';

async function withN1(world: World, password = OLD): Promise<AnsweringCharger> {
  const charger = await AnsweringCharger.connect(world.bridge.ports.ocpp, 'CP-N1', password);
  onTestFinished(() => charger.close());
  return charger;
}

async function post(world: World, body?: object, id = 'N1', token = 'demo-admin') {
  const response = await fetch(
    `http://127.0.0.1:${world.bridge.ports.admin}/api/v1/stations/${id}/password`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    },
  );
  return { http: response.status, ...((await response.json()) as Record<string, unknown>) };
}

/** The password that it was told last. */
function told({ asked }: AnsweringCharger): string {
  const last = asked.findLast(({ action }) => action === 'ChangeConfiguration');
  return (last?.payload as { value: string } | undefined)?.value ?? '';
}

describe('POST /api/v1/stations/{id}/password', () => {
  it('changes it, tells it only if asked to, and is guarded and described', async () => {
    const world = await startWorld();
    expect((await post(world, {}, 'N1', 'wrong')).http).toBe(401);
    expect(await post(world)).toMatchObject({ http: 409, code: 'OCPP_NOT_CONNECTED' });
    expect(await post(world, {}, 'N9')).toMatchObject({ http: 404, code: 'OCPP_UNKNOWN_STATION' });
    const charger = await withN1(world);
    charger.answers = { ChangeConfiguration: { status: 'Accepted' } };
    expect((await post(world, { pint: true })).http).toBe(400);
    const silent = await post(world);
    expect(silent).toMatchObject({ http: 200, stationId: 'N1', outcome: 'accepted', status: 'Accepted' });
    expect(silent).not.toHaveProperty('password');
    expect(await post(world, { print: true })).toMatchObject({ http: 200, password: told(charger) });
    charger.answers = { ChangeConfiguration: { status: 'Rejected' } };
    expect(await post(world)).toMatchObject({ http: 502, code: 'OCPP_PASSWORD_REFUSED' });
    const { body } = await world.admin<{ paths: Record<string, object> }>('GET', '/api/v1/openapi.json');
    expect(body.paths['/api/v1/stations/{id}/password']).toMatchObject({ post: {}, get: {} });
  });
});

describe('depotbridge station password', () => {
  async function commandOn(world: World) {
    const config = join(folder(), 'depot.yaml');
    writeFileSync(config, world.configText.replace('port: 0', `port: ${world.bridge.ports.admin}`));
    return async (options: Partial<PasswordOptions> = {}) => {
      let errors = '';
      const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
        errors += String(chunk);
        return true;
      });
      try {
        const told = await output(() =>
          changePassword('N1', { config, format: 'text', wait: 0, ...options }),
        );
        return { ...told, errors };
      } finally {
        spy.mockRestore();
      }
    };
  }

  it('says what became of it, prints nothing unless asked to, and waits for the login', async () => {
    const world = await startWorld();
    const charger = await withN1(world);
    charger.answers = { ChangeConfiguration: { status: 'Accepted' } };
    const command = await commandOn(world);
    const first = await command();
    expect(first).toMatchObject({ code: 0, text: '' });
    expect(first.errors).toContain('N1 took its new password and uses it the next time it connects');
    expect(first.errors).not.toContain(told(charger));
    expect((await command({ status: true })).text).toMatch(
      /^in force: that of the configuration\ntold: one of the bridge, .*; it said that it took it/,
    );
    const second = command({ print: true, wait: 10 });
    await expect.poll(() => charger.count('ChangeConfiguration')).toBe(2);
    const login = Buffer.from(`CP-N1:${told(charger)}`).toString('base64');
    const header = { authorization: `Basic ${login}` };
    await expect.poll(() => knock(world.bridge.ports.ocpp, { password: '', header })).toBe(101);
    const { code, text, errors } = await second;
    expect([code, text]).toEqual([0, `${told(charger)}\n`]);
    expect(errors).toContain('N1 came in with its new password; the old one is refused');
    expect(errors).toMatch(/password: sha256:[0-9a-f]{64}/);
    expect((await command({ status: true })).text).toMatch(
      /^in force: that of the bridge, since 20.*sha256:/,
    );
  });

  it('ends with 1 if nobody knows, and fails if the station said no', async () => {
    const world = await startWorld((text) => `${text}\nocpp: { callTimeoutSeconds: 1.5 }\n`);
    const charger = await withN1(world);
    charger.answers = { ChangeConfiguration: 'silence' };
    const command = await commandOn(world);
    const { code, errors } = await command();
    expect(code).toBe(1);
    expect(errors).toContain('nobody knows whether the station took its new password');
    charger.answers = { ChangeConfiguration: { status: 'NotSupported' } };
    await expect(command()).rejects.toMatchObject({
      code: 'OCPP_PASSWORD_REFUSED',
      message: 'N1 answered NotSupported',
    });
  });
});
