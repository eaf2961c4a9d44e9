/** Things that go wrong at a depot, planted one by one: `explain` names the cause of each. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/explain/index.js';
import { type Planted, planted } from '../support/planted.js';

const N1 = { kind: 'point', id: 'N1-1' } as const;
const VISITORS = { kind: 'point', id: 'N4-1' } as const;

/** The sentence, and where its evidence is. */
function told(finding: Finding | undefined) {
  const { sentence = '', value, evidence = [], rules = [] } = finding ?? {};
  return { sentence, value, frames: evidence.map(({ id }) => id), rules };
}

const occupied = (evseId: number, status: string, at: string) => ({
  ...{ evseId, connectorId: 1, connectorStatus: status, timestamp: at },
});

/** A bus of the fleet charges at N1-1 since 02:05, with 40 % at 02:06. */
async function busAtN1(scene: Planted, idTag = 'BUS4711'): Promise<number> {
  scene.at('02:04');
  await scene.status('N1', 1, 'Preparing');
  scene.at('02:05');
  const transactionId = await scene.started('N1', idTag);
  await scene.status('N1', 1, 'Charging');
  scene.at('02:06');
  await scene.metered('N1', transactionId, {
    'Power.Active.Import': ['88000', 'W'],
    'Energy.Active.Import.Register': ['1500', 'Wh'],
    SoC: ['40', 'Percent'],
  });
  return transactionId;
}

describe('what a partner sees', () => {
  it('UNKNOWN, because the link of the charger was lost', async () => {
    const scene = await planted();
    await scene.connected('N4');
    scene.at('02:03');
    const status = await scene.call('N4', 'StatusNotification', occupied(1, 'Available', scene.now));
    const pushed = await scene.push('emsp-demo', 'N4-1');
    scene.at('02:12:30');
    const lost = await scene.lost('N4');
    const { value, sentence, frames, rules } = told(
      (await scene.why(VISITORS, '02:14', 'emsp-demo')).get('status'),
    );
    expect(value).toBe('UNKNOWN');
    expect(sentence).toContain('since 02:12:30');
    expect(sentence).toContain('charger N4 is not connected: its link was lost at 02:12:30');
    expect(frames).toEqual([lost]);
    expect(frames).not.toContain(status);
    expect(rules[0]).toMatchObject({ rule: 'ocpi221.evse/s.not-connected', line: expect.any(Number) });
    expect(rules[0]?.file).toMatch(/mappings\/ocpi\/evse\.yaml$/);
    expect(rules[0]?.reason).toMatch(/^Nobody knows what goes on at a charger that is not connected/);
    const { told: receipt } = (await scene.why(VISITORS, '02:14', 'emsp-demo')).get('status') ?? {};
    expect(receipt).toMatchObject({
      id: pushed,
      value: 'AVAILABLE',
      confirmed: { at: '2026-11-21T02:03:00.000Z' },
    });
    // Before, nothing was wrong.
    expect((await scene.why(VISITORS, '02:12', 'emsp-demo')).get('status')).toMatchObject({
      value: 'AVAILABLE',
    });
  });

  it('UNKNOWN, because the charger was never there', async () => {
    const scene = await planted();
    const { sentence, value } = told((await scene.why(VISITORS, '02:14', 'emsp-demo')).get('status'));
    expect(value).toBe('UNKNOWN');
    expect(sentence).toContain('charger N4 has not connected');
    expect(sentence).toContain('nothing of it was told to emsp-demo');
  });

  it('UNKNOWN, because the charger has said nothing of the bay', async () => {
    const scene = await planted();
    await scene.connected('N4');
    const { sentence, value } = told((await scene.why(VISITORS, '02:14', 'emsp-demo')).get('status'));
    expect(value).toBe('UNKNOWN');
    expect(sentence).toContain('charger N4 has said nothing of this bay');
  });

  it('INOPERATIVE, because a bus of the fleet has the bay', async () => {
    const scene = await planted({ edit: (text) => text.replace('points: [N4-1]', 'points: [N4-1, N1-1]') });
    await scene.connected('N1');
    await busAtN1(scene);
    const { sentence, value, rules } = told((await scene.why(N1, '02:14', 'emsp-demo')).get('status'));
    expect(value).toBe('INOPERATIVE');
    expect(sentence).toContain(
      "one of the depot's own vehicles uses the bay (vehicle WEB62834613200001 stands there)",
    );
    expect(rules[0]?.reason).toContain('one constant word instead');
  });

  it('OUTOFORDER, because the charger as a whole is faulted', async () => {
    const scene = await planted({ edit: (text) => text.replace('points: [N4-1]', 'points: [N1-1]') });
    await scene.connected('N1');
    await scene.status('N1', 1, 'Available');
    scene.at('02:07');
    const fault = await scene.status('N1', 0, 'Faulted', { errorCode: 'InternalError' });
    const { sentence, value, frames } = told((await scene.why(N1, '02:14', 'emsp-demo')).get('status'));
    expect(value).toBe('OUTOFORDER');
    expect(sentence).toContain('charger N1 said at 02:07:00 that it is Faulted as a whole');
    expect(frames).toContain(fault);
  });

  it('nothing, because no grant names the bay', async () => {
    const scene = await planted();
    const { sentence, value } = told((await scene.why(N1, '02:14', 'emsp-demo')).get('status'));
    expect(value).toBeUndefined();
    expect(sentence).toBe(
      'emsp-demo (OCPI 2.2.1) sees nothing of N1-1: no grant in the configuration names it',
    );
  });

  it('something else than it was told, because it refused the push', async () => {
    const scene = await planted();
    await scene.connected('N4');
    await scene.call('N4', 'StatusNotification', occupied(1, 'Available', scene.now));
    scene.at('02:08');
    await scene.call('N4', 'StatusNotification', occupied(1, 'Faulted', scene.now));
    const pushed = await scene.push('emsp-demo', 'N4-1', 503);
    const status = (await scene.why(VISITORS, '02:14', 'emsp-demo')).get('status');
    expect(status?.told).toMatchObject({ id: pushed, refused: 'HTTP 503' });
    expect(status?.told?.confirmed).toBeUndefined();
  });

  it('what it would see, because it has not registered', async () => {
    const scene = await planted({ partners: [{ partnerId: 'emsp-demo', sessions: [] }] });
    expect(told((await scene.why(VISITORS, '02:14', 'emsp-demo')).get('connection')).sentence).toContain(
      'emsp-demo is not registered, so it is told nothing',
    );
  });
});

describe('what a presystem sees', () => {
  it('nothing new, because it is not connected', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.status('N1', 1, 'Available');
    await scene.inform('BMS-1');
    scene.at('02:08');
    await scene.status('N1', 1, 'Faulted', { errorCode: 'GroundFailure' });
    const found = await scene.why(N1, '02:14', 'BMS-1');
    expect(told(found.get('connection')).sentence).toBe(
      'nothing was sent to BMS-1 for 14 min, though it is told every 15 s at least: it is not connected, and still sees what it was told then',
    );
    expect(found.get('chargingPointStatus')).toMatchObject({
      value: 'Faulted',
      told: { value: 'Available' },
    });
    expect(told((await scene.why(N1, '02:14', 'ITCS-1')).get('connection')).sentence).toContain(
      'ITCS-1 was told nothing in the last two days',
    );
  });

  it('a snapshot that it did not confirm', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.status('N1', 1, 'Available');
    scene.at('02:13:50');
    const id = await scene.inform('BMS-1', false);
    const { told: receipt } = (await scene.why(N1, '02:14', 'BMS-1')).get('chargingPointStatus') ?? {};
    expect(receipt).toEqual({
      ...{ id, at: '2026-11-21T02:13:50.000Z', action: 'ProvideChargingInformation', value: 'Available' },
    });
  });

  it('a fault as an overlay of its vendor words it', async () => {
    const overlay = `overlay: vendor.hall.lock
of: ocpp16.fault
select: {vendor: Hallbau}
tables:
  point:
    in: [msg.errorCode, msg.vendorErrorCode]
    out: [f.pointFaultCode]
    rows:
      # This vendor reports a plug that was not pushed in as a ground failure with code 77.
      o.not-pushed: [GroundFailure, "77", UsageFailure]
`;
    const scene = await planted({ tables: { 'hall.yaml': overlay } });
    await scene.connected('N1');
    const boot = { chargePointVendor: 'Hallbau', chargePointModel: 'H1' };
    await scene.call('N1', 'BootNotification', boot);
    scene.at('02:08');
    const frame = await scene.status('N1', 1, 'Faulted', {
      errorCode: 'GroundFailure',
      vendorErrorCode: '77',
    });
    const { sentence, value, frames, rules } = told(
      (await scene.why(N1, '02:14', 'BMS-1')).get('chargingPointFaultCode'),
    );
    expect(value).toBe('UsageFailure');
    expect(sentence).toContain('since 02:08:00');
    expect(sentence).toContain('vendor code 77');
    expect(frames).toEqual([frame]);
    const [row] = rules.filter(({ rule }) => rule === 'vendor.hall.lock/o.not-pushed');
    expect(row?.file).toMatch(/hall\.yaml$/);
    expect(row?.line).toBe(10);
    expect(row?.reason).toBe(
      'This vendor reports a plug that was not pushed in as a ground failure with code 77.',
    );
  });

  it('an old power, because nothing has come since', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await busAtN1(scene);
    const { sentence, value } = told((await scene.why(N1, '02:14', 'BMS-1')).get('presentPower'));
    expect(value).toBe(88);
    expect(sentence).toBe(
      '88 kW, measured at 02:06:00 (8 min earlier); it is old: nothing has come for 8 min, though readings are due every 30 s',
    );
    scene.at('02:07');
    await scene.lost('N1');
    expect(told((await scene.why(N1, '02:14')).get('power')).sentence).toContain(
      '(the charger is not connected)',
    );
  });

  it('no state of charge, because nobody has told one', async () => {
    const scene = await planted();
    await scene.connected('N4');
    const started = {
      ...{ eventType: 'Started', timestamp: scene.now, triggerReason: 'Authorized', seqNo: 0 },
      ...{ transactionInfo: { transactionId: 'T1' }, evse: { id: 1, connectorId: 1 } },
      idToken: { idToken: 'BUS4713', type: 'ISO14443' },
    };
    await scene.call('N4', 'TransactionEvent', started);
    const found = await scene.why(VISITORS, '02:14', 'ITCS-1');
    expect(found.get('stateOfCharge')?.value).toBeUndefined();
    expect(told(found.get('stateOfCharge')).sentence).toBe(
      'not told: no source has told a state of charge of this process, which began at 02:00:00 (with alternating current a charger does not know it)',
    );
    expect(told((await scene.why(VISITORS, '02:14', 'BMS-1')).get('presentPowerLimit')).sentence).toContain(
      'VDV 463 1.1.0 has no field for it',
    );
  });
});

describe('what the bridge knows of a bay', () => {
  it('since when it is as it is, however often that was said', async () => {
    const scene = await planted();
    await scene.connected('N1');
    await scene.status('N1', 1, 'Unavailable');
    for (const time of ['02:03', '02:06', '02:09']) await scene.at(time).status('N1', 1, 'Available');
    const status = (await scene.why(N1, '02:14')).get('status');
    expect(told(status).sentence).toBe('Available, since 02:03:00: the charger said so at 02:09:00');
  });

  it('a vehicle that is not known, because of its token', async () => {
    const scene = await planted({ edit: (text) => `${text}\nocpp: { acceptUnknownTokens: false }\n` });
    await scene.connected('N1');
    scene.at('02:05');
    await scene.started('N1', 'STRANGER', 'Invalid');
    const found = await scene.why(N1, '02:14');
    expect(told(found.get('vehicle')).sentence).toBe(
      "not known: token STRANGER was presented, which is no vehicle's in the configuration",
    );
    expect(told(found.get('token')).sentence).toContain('the charger was told Invalid for token STRANGER');
  });

  it('a message that counts for nothing, because no connector is configured for it', async () => {
    const scene = await planted();
    await scene.connected('N1');
    scene.at('02:09');
    const frame = await scene.status('N1', 7, 'Faulted', { errorCode: 'GroundFailure' });
    const { sentence, value, frames } = told((await scene.why(N1, '02:14')).get('parked'));
    expect(value).toBe('MAP_IDENTITY');
    expect(sentence).toContain('StatusNotification at 02:09:00 could not be translated');
    expect(sentence).toContain('and is parked, so it counts for nothing');
    expect(frames).toEqual([frame]);
  });

  it('messages that wait, because nobody told the start of their transaction', async () => {
    const scene = await planted();
    await scene.connected('N1');
    scene.at('02:10');
    const frame = await scene.call('N1', 'StopTransaction', {
      ...{ transactionId: 4711, meterStop: 9000, timestamp: scene.now, reason: 'Local' },
    });
    const { sentence, frames } = told((await scene.why(N1, '02:14')).get('waiting'));
    expect(sentence).toBe('a message of transaction 4711 waits for its start, which charger N1 has not told');
    expect(frames).toEqual([frame]);
  });

  it('times that are not the charger’s, because its clock is ahead', async () => {
    const scene = await planted();
    await scene.connected('N1');
    scene.at('02:10');
    await scene.status('N1', 1, 'Available', { timestamp: '2026-11-21T03:10:00Z' });
    expect(told((await scene.why(N1, '02:14')).get('clock')).sentence).toBe(
      'the clock of charger N1 is 60 min ahead: its times are not used, those of receipt are',
    );
  });

  it('times that are set right, because its clock is behind', async () => {
    const scene = await planted();
    await scene.connected('N1');
    for (const [time, said] of [
      ['02:06', '01:36'],
      ['02:08', '01:38'],
    ] as const) {
      scene.at(time);
      await scene.status('N1', 1, 'Available', { timestamp: `2026-11-21T${said}:00Z` });
    }
    expect(told((await scene.why(N1, '02:14')).get('clock')).sentence).toBe(
      'the clock of charger N1 is 30 min behind: its times are set right by that',
    );
  });
});
