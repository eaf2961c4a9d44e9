/** `depotbridge doctor --station`: everything that went wrong with a charger, how often, and where to look. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { doctor } from '../../src/cli/doctor.js';
import { trace } from '../../src/cli/trace.js';
import type { DomainEvent } from '../../src/domain/index.js';
import { AnsweringCharger } from '../admin/charger.js';
import { startWorld, type World } from '../tables/world.js';
import { folder, output } from './support.js';

/** A configuration by which commands find the bridge of this world. */
function configOf(world: World): string {
  const config = join(folder(), 'depot.yaml');
  writeFileSync(config, world.configText.replace('port: 0', `port: ${world.bridge.ports.admin}`));
  return config;
}

async function told(world: World, station?: string): Promise<string> {
  const config = configOf(world);
  return (await output(() => doctor({ config, ...(station ? { station } : {}) }))).text;
}

async function connect(world: World, identity = 'CP-N1', password = 'cp-n1-secret-0001') {
  const charger = await AnsweringCharger.connect(world.bridge.ports.ocpp, identity, password);
  onTestFinished(() => charger.close());
  return charger;
}

function send(world: World, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${world.bridge.ports.admin}/api/v1/stations/N1/commands`, {
    method: 'POST',
    headers: { authorization: 'Bearer demo-admin', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** What the planner writes down when the charger does not take a limit. */
async function limitRefused({ bridge: { runtime } }: World): Promise<void> {
  const { depot } = runtime;
  const at = new Date().toISOString();
  const payload = { pointId: 'N1-1', steps: [{ at, powerW: 50_000 }], outcome: 'rejected' };
  const entry = await depot.journal.append({
    ...{ depotId: depot.id, link: 'bridge', protocol: 'bridge', direction: 'internal' },
    ...{ action: 'LimitAnswered', raw: '{}', causes: [] },
  });
  const more = { intentId: entry.id, reason: 'SetChargingProfile NotSupported', at, receivedAt: at };
  const event = { type: 'LimitAnswered', stationId: 'N1', payload: { ...payload, ...more }, raw: entry.id };
  await depot.apply([{ ...event, ruleOf: () => 'bridge/LimitAnswered' } as unknown as DomainEvent]);
}

it('tells counts and the last example of every trouble, and nothing of a station without any', async () => {
  const world = await startWorld();
  const charger = await connect(world);
  charger.answers = { SetChargingProfile: { status: 'NotSupported' } };
  for (const idTag of [1, 2, 3]) await charger.call('Authorize', { idTag });
  await charger.call('StatusNotification', { connectorId: 7, errorCode: 'NoError', status: 'Available' });
  const timestamp = new Date().toISOString();
  await charger.call('StopTransaction', { transactionId: 99, timestamp, meterStop: 10 });
  await charger.call('Dance', {});
  await limitRefused(world);
  charger.answers['ClearCache'] = { error: 'GenericError', text: '\u001b[2Jgone' };
  await send(world, { action: 'ClearCache' });
  const chargingSchedule = { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] };
  const csChargingProfiles = {
    ...{ chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile' },
    ...{ chargingProfileKind: 'Relative', chargingSchedule },
  };
  await send(world, {
    action: 'SetChargingProfile',
    payload: { connectorId: 1, csChargingProfiles },
    force: true,
  });
  const text = await told(world, 'N1');
  const journal = String.raw`journal \d+-\d+`;
  expect(text).toMatch(
    new RegExp(
      String.raw`! N1: ocpp16\.Authorize: .+ \(3 since 2.+Z\); last .+OCPP_INVALID_PAYLOAD /idTag.+${journal}`,
    ),
  );
  expect(text).toMatch(new RegExp(`! N1: ocpp16\\.point-status: .+MAP_IDENTITY.+${journal}`));
  expect(text).toMatch(
    new RegExp(`! N1: ends of transactions whose start.+TransactionEnded.+99, ${journal}`),
  );
  expect(text).toMatch(new RegExp(`! N1: .+OCPP_NOT_HANDLED.+${journal}`));
  expect(text).toMatch(new RegExp(`! N1: N1-1: the limit.+not hold.+NotSupported, ${journal}`));
  expect(text).toMatch(new RegExp(`! N1: SetChargingProfile is refused.+NotSupported, ${journal}`));
  expect(text).toMatch(/! [4-9] objects are parked; see depotbridge parked --station N1/);
  expect(text).toContain('ClearCache is refused');
  expect(text).toContain('?[2Jgone');
  const other = await told(world, 'N2');
  expect(other).not.toContain('last 2');
  expect(other).toContain('✓ nothing is parked');
  expect(await told(world)).toContain('(3 since 2');
});

it('names the readings that were not used, by make', async () => {
  const world = await startWorld();
  const charger = await connect(world);
  await charger.call('BootNotification', { chargePointVendor: 'Acme', chargePointModel: 'DC150' });
  const sampledValue = [{ value: 'abc', measurand: 'SoC' }];
  const meterValue = [{ timestamp: new Date().toISOString(), sampledValue }];
  await charger.call('MeterValues', { connectorId: 1, meterValue });
  expect(await told(world)).toContain('! Acme: SoC was not used once (MAP_NOT_A_NUMBER)\n');
  const { body } = await world.admin<{ passedOver: object[] }>('GET', '/api/v1/tables/counters');
  expect(body.passedOver).toEqual([{ vendor: 'Acme', measurand: 'SoC', code: 'MAP_NOT_A_NUMBER', count: 1 }]);
});

it('tells what was repaired, how often, since when, and where the last is', async () => {
  const world = await startWorld((text) => text.replace(/^mappings:.*$/m, 'mappings: [builtin]'));
  const charger = await connect(world);
  const sampledValue = [{ value: '49.9', measurand: 'Frequency', unit: 'Hz' }];
  const meterValue = [{ timestamp: new Date().toISOString(), sampledValue }];
  for (const connectorId of [1, 1, 1]) await charger.call('MeterValues', { connectorId, meterValue });
  const line = /! N1: profile\.hertz\/r\.hertz repaired 3 frames since (\S+Z); last: journal (\d+-\d+)\n/;
  const [, since, last] = line.exec(await told(world, 'N1')) ?? [];
  expect(Date.now() - Date.parse(since ?? '')).toBeLessThan(60_000);
  const { code, text } = await output(() => trace(last ?? '', { config: configOf(world) }));
  expect([code, text]).toEqual([0, expect.stringContaining('MeterValues')]);
});

it('names stations that knock and are not configured', async () => {
  const world = await startWorld();
  expect(await told(world)).not.toContain('knocked');
  await expect(connect(world, 'CP-N1x')).rejects.toThrow();
  expect(await told(world)).toContain('! a station knocked that is not configured: CP-N1x; see');
});

it('traces nothing that is not in the journal, and says so', async () => {
  const world = await startWorld();
  const asked = trace('1000000000000-0', { config: configOf(world) });
  await expect(asked).rejects.toMatchObject({ code: 'JOURNAL_NO_ENTRY' });
});
