/** What people order of a station over the admin API and the command line: checked, on record, once, and answered. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBridge } from '../../src/bridge.js';
import { sendToStation } from '../../src/cli/station-send.js';
import { parseConfig } from '../../src/config/index.js';
import type { JournalEntry } from '../../src/journal/index.js';
import { folder, output } from '../cli/support.js';
import { startWorld, type World } from '../tables/world.js';
import { AnsweringCharger } from './charger.js';

const quick = (text: string) => `${text}\nocpp: { callTimeoutSeconds: 1.5 }\n`;

async function withN1(world: World): Promise<AnsweringCharger> {
  const charger = await AnsweringCharger.connect(world.bridge.ports.ocpp, 'CP-N1', 'cp-n1-secret-0001');
  onTestFinished(() => charger.close());
  return charger;
}

interface Answered {
  status: number;
  code?: string;
  detail?: string;
  intent: string;
  frames: string[];
  answer: object;
}

async function send(port: number, body: object, headers: Record<string, string> = {}, id = 'N1') {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/stations/${id}/commands`, {
    method: 'POST',
    headers: { authorization: 'Bearer demo-admin', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { http: response.status, ...((await response.json()) as Answered) };
}

describe('commands of people', () => {
  it('reach the station and bring its answer, with intent and frames on record', async () => {
    const world = await startWorld();
    const charger = await withN1(world);
    charger.answers = { Reset: { status: 'Rejected' } };
    const port = world.bridge.ports.admin;
    const stranger = await send(
      port,
      { action: 'Reset', payload: { type: 'Soft' } },
      { authorization: 'Bearer x' },
    );
    expect(stranger.http).toBe(401);
    const told = await send(port, { action: 'Reset', payload: { type: 'Soft' } });
    expect(told).toMatchObject({
      http: 200,
      stationId: 'N1',
      action: 'Reset',
      answer: { status: 'Rejected' },
    });
    expect(charger.asked).toContainEqual({ action: 'Reset', payload: { type: 'Soft' } });
    const entry = async (id: string) =>
      (await world.admin<JournalEntry>('GET', `/api/v1/journal/${id}`)).body;
    const intent = await entry(told.intent);
    expect(intent).toMatchObject({ action: 'Intent Reset', link: 'bridge', direction: 'internal' });
    expect(JSON.parse(intent.raw)).toMatchObject({
      stationId: 'N1',
      by: expect.stringContaining('admin API'),
    });
    const [out, back] = await Promise.all(told.frames.map(entry));
    expect(out).toMatchObject({ direction: 'out', link: 'ocpp:CP-N1', causes: [told.intent] });
    expect(back).toMatchObject({ direction: 'in', causes: [out?.id] });
  });

  it('are refused before they are sent: unknown, invalid, not for a CSMS, not connected', async () => {
    const world = await startWorld();
    const port = world.bridge.ports.admin;
    const reset = { action: 'Reset', payload: { type: 'Soft' } };
    expect(await send(port, reset)).toMatchObject({ http: 409, code: 'OCPP_NOT_CONNECTED' });
    expect(await send(port, reset, {}, 'N9')).toMatchObject({ http: 404, code: 'OCPP_UNKNOWN_STATION' });
    const charger = await withN1(world);
    const invalid = async (body: object) => {
      const told = await send(port, body);
      expect(told).toMatchObject({ http: 422, code: 'OCPP_COMMAND_INVALID' });
      return told.detail;
    };
    expect(await invalid({ action: 'Reset', payload: { type: 'OnIdle' } })).toContain('/type');
    expect(await invalid({ action: 'Reset', payload: {} })).toContain('"type"');
    expect(await invalid({ action: 'Rest' })).toContain('did you mean Reset?');
    expect(await invalid({ action: 'BootNotification', payload: {} })).toContain('CSMS cannot ask');
    expect((await send(port, { action: 'Reset', payload: [] })).http).toBe(400);
    expect(await send(port, { action: 'Reset', pyload: {} })).toMatchObject({
      http: 400,
      detail: expect.stringContaining('"pyload"'),
    });
    expect(charger.asked.filter(({ action }) => action === 'Reset')).toEqual([]);
  });

  it('say how they failed: a CALLERROR, no answer', async () => {
    const world = await startWorld(quick);
    const charger = await withN1(world);
    charger.answers = { ClearCache: 'silence', Reset: { error: 'NotSupported' } };
    const port = world.bridge.ports.admin;
    expect(await send(port, { action: 'ClearCache' })).toMatchObject({ http: 504, code: 'OCPP_TIMEOUT' });
    const refused = await send(port, { action: 'Reset', payload: { type: 'Hard' } });
    expect(refused).toMatchObject({ http: 502, code: 'OCPP_CALL_REFUSED' });
    expect(refused.detail).toContain('NotSupported');
  });

  it('leave alone what the planner decides, unless forced', async () => {
    const world = await startWorld();
    const charger = await withN1(world);
    charger.answers = {
      ClearChargingProfile: { status: 'Accepted' },
      RemoteStartTransaction: { status: 'Accepted' },
    };
    const port = world.bridge.ports.admin;
    const clear = { action: 'ClearChargingProfile', payload: {} };
    expect(await send(port, clear)).toMatchObject({ http: 409, code: 'OCPP_COMMAND_GUARDED' });
    expect(await send(port, { ...clear, force: true })).toMatchObject({
      http: 200,
      answer: { status: 'Accepted' },
    });
    const start = { idTag: 'BUS4711', connectorId: 1 };
    const schedule = { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] };
    const chargingProfile = {
      ...{ chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxProfile' },
      ...{ chargingProfileKind: 'Relative', chargingSchedule: schedule },
    };
    const action = 'RemoteStartTransaction';
    expect(await send(port, { action, payload: { ...start, chargingProfile } })).toMatchObject({ http: 409 });
    expect(await send(port, { action, payload: start })).toMatchObject({ http: 200 });
    expect(charger.count('ClearChargingProfile')).toBe(1);
  });

  it('are free where nothing is planned', async () => {
    const world = await startWorld((text) => text.replace('policy: deadline', 'policy: forward'));
    const charger = await withN1(world);
    charger.answers = { ClearChargingProfile: { status: 'Unknown' } };
    const told = await send(world.bridge.ports.admin, { action: 'ClearChargingProfile' });
    expect(told).toMatchObject({ http: 200, answer: { status: 'Unknown' } });
  });

  it('are carried out once under one key, also over a restart, and the key stands for nothing else', async () => {
    const world = await startWorld(quick);
    const charger = await withN1(world);
    charger.answers = { Reset: { status: 'Accepted' }, ClearCache: 'silence' };
    const port = world.bridge.ports.admin;
    const reset = { action: 'Reset', payload: { type: 'Soft' }, idempotencyKey: 'k1' };
    const both = await Promise.all([send(port, reset), send(port, reset)]);
    expect(both[0]).toEqual(both[1]);
    const header = await send(port, { ...reset, idempotencyKey: undefined }, { 'idempotency-key': 'k1' });
    expect(header).toEqual(both[0]);
    const other = await send(port, { ...reset, payload: { type: 'Hard' } });
    expect(other).toMatchObject({ http: 422, code: 'OCPP_COMMAND_KEY' });
    expect(await send(port, reset, { 'idempotency-key': 'k2' })).toMatchObject({ http: 400 });
    expect(await send(port, { action: 'ClearCache', idempotencyKey: 'k3' })).toMatchObject({ http: 504 });
    await charger.call('Heartbeat', {});
    await world.bridge.stop();
    const config = parseConfig(world.configText, world.configFile);
    const again = await startBridge(config, pino({ level: 'silent' }));
    onTestFinished(() => again.stop());
    const back = await AnsweringCharger.connect(again.ports.ocpp, 'CP-N1', 'cp-n1-secret-0001');
    onTestFinished(() => back.close());
    expect(await send(again.ports.admin, reset)).toMatchObject({ http: 200, intent: both[0]?.intent });
    const unknown = await send(again.ports.admin, { action: 'ClearCache', idempotencyKey: 'k3' });
    expect(unknown).toMatchObject({ http: 409, code: 'OCPP_OUTCOME_UNKNOWN' });
    expect([charger.count('Reset'), charger.count('ClearCache')]).toEqual([1, 1]);
    expect([back.count('Reset'), back.count('ClearCache')]).toEqual([0, 0]);
  });

  it('may be given again under their key when they never left', async () => {
    const world = await startWorld();
    const port = world.bridge.ports.admin;
    const reset = { action: 'Reset', payload: { type: 'Soft' }, idempotencyKey: 'k1' };
    expect(await send(port, reset)).toMatchObject({ http: 409, code: 'OCPP_NOT_CONNECTED' });
    const charger = await withN1(world);
    charger.answers = { Reset: { status: 'Accepted' } };
    expect(await send(port, reset)).toMatchObject({ http: 200 });
  });

  it('are part of the description of the API', async () => {
    const world = await startWorld();
    const { body } = await world.admin<{ paths: Record<string, { post?: object }> }>(
      'GET',
      '/api/v1/openapi.json',
    );
    expect(body.paths['/api/v1/stations/{id}/commands']?.post).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { required: ['action'] } } } },
    });
  });
});

describe('depotbridge station send', () => {
  it('sends a payload from a file and prints the answer; errors are a line with code and fix', async () => {
    const world = await startWorld();
    const charger = await withN1(world);
    const answer = { configurationKey: [], unknownKey: ['Nothing'] };
    charger.answers = { GetConfiguration: answer };
    const path = folder({ 'payload.json': '{ "key": ["Nothing"] }' });
    const config = join(path, 'depot.yaml');
    writeFileSync(config, world.configText.replace('port: 0', `port: ${world.bridge.ports.admin}`));
    const options = { config, format: 'text' } as const;
    const { code, text } = await output(() =>
      sendToStation('N1', 'GetConfiguration', join(path, 'payload.json'), options),
    );
    expect(code).toBe(0);
    expect(JSON.parse(text)).toEqual(answer);
    await expect(sendToStation('N1', 'ClearChargingProfile', undefined, options)).rejects.toMatchObject({
      code: 'OCPP_COMMAND_GUARDED',
      message: expect.not.stringContaining('With force'),
    });
    await expect(sendToStation('N9', 'Reset', undefined, options)).rejects.toThrow('N9 is not configured');
  });
});
