/** What the bridge learns from a conversation that is not its own. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { stationOf } from '../../../src/ocpp/index.js';
import { ChargerSimulator } from '../../../src/sim/charger/index.js';
import { type OcppHarness, until } from '../harness.js';
import { knock } from '../raw.js';
import { behind, rawBehind } from './behind.js';
import { plug, type RawCsms, type RawPeer } from './raw-csms.js';

const TAG = 'BUS4711';
const ago = (minutes: number) => `${new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19)}Z`;

/** A charger and its CSMS, both led by hand. */
class Talk {
  charger!: RawPeer;
  back!: RawPeer;
  #number = 0;
  #asked = 0;

  readonly bridge: OcppHarness;
  readonly csms: RawCsms;

  private constructor(bridge: OcppHarness, csms: RawCsms) {
    this.bridge = bridge;
    this.csms = csms;
  }

  static async begin(setup: Parameters<typeof rawBehind>[0] = {}): Promise<Talk> {
    const { bridge, csms } = await rawBehind(setup);
    const talk = new Talk(bridge, csms);
    await talk.connect();
    return talk;
  }

  async connect(): Promise<void> {
    const { length } = this.csms.peers;
    this.charger = await plug(this.bridge.port);
    this.back = await this.csms.peer(length);
  }

  /** The charger calls; without an answer it gets none. */
  async says(action: string, payload: object, answer?: object | 'refused'): Promise<void> {
    const id = `n${++this.#number}`;
    const before = this.back.got.length;
    this.charger.send(JSON.stringify([2, id, action, payload]));
    await this.back.nth(before);
    if (answer === undefined) return;
    const heard = this.charger.got.length;
    const refusal = [4, id, 'InternalError', '', {}];
    this.back.send(JSON.stringify(answer === 'refused' ? refusal : [3, id, answer]));
    await this.charger.nth(heard);
  }

  /** The CSMS calls, and the charger answers. */
  async orders(action: string, payload: object, answer: object): Promise<void> {
    const id = `c${++this.#asked}`;
    const before = this.charger.got.length;
    this.back.send(JSON.stringify([2, id, action, payload]));
    await this.charger.nth(before);
    const heard = this.back.got.length;
    this.charger.send(JSON.stringify([3, id, answer]));
    await this.back.nth(heard);
  }

  start(answer?: object | 'refused', at = this.began): Promise<void> {
    return this.says(
      'StartTransaction',
      { connectorId: 1, idTag: TAG, meterStart: 1_000, timestamp: at },
      answer,
    );
  }

  meters(transactionId: number, wattHours: number, at = ago(1)): Promise<void> {
    const meterValue = [{ timestamp: at, sampledValue: [{ value: String(wattHours) }] }];
    return this.says('MeterValues', { connectorId: 1, transactionId, meterValue }, {});
  }

  stop(transactionId: number, meterStop: number): Promise<void> {
    return this.says('StopTransaction', { transactionId, meterStop, timestamp: ago(0), reason: 'Local' }, {});
  }

  readonly began = ago(5);

  get processes() {
    return [...this.bridge.state.processes.values()].filter((process) => process.transactionId);
  }

  /** Everything that was said so far has been heard when this returns. */
  async heard(): Promise<void> {
    await this.says('DataTransfer', { vendorId: 'mark' }, { status: 'Accepted' });
  }
}

const number = (transactionId: number, status = 'Accepted') => ({ transactionId, idTagInfo: { status } });

describe('a station behind the bridge', () => {
  it('charges with its CSMS, and the depot knows all of it', async () => {
    const { csms, bridge } = await behind({ csms: { firstTransactionId: 0 } });
    const charger = new ChargerSimulator({
      url: bridge.url,
      identity: 'CP-N1',
      password: 'cp-n1-secret-0001',
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      timeScale: 600,
    });
    onTestFinished(() => charger.stop());
    await charger.start();
    await charger.plugIn(1, { batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 });
    await charger.present(1, TAG);
    const process = await until(
      () => [...bridge.state.processes.values()].find((each) => (each.deliveredWh?.value ?? 0) > 1_000),
      'energy',
    );
    expect(process.transactionId?.value).toBe('0');
    expect(csms.station('CP-N1').transactions[0]?.id).toBe(0);
  });

  it('is on record: its words, those of its CSMS, and which answers which', async () => {
    const talk = await Talk.begin();
    await talk.start(number(7));
    await talk.orders('Reset', { type: 'Soft' }, { status: 'Rejected' });
    await talk.heard();
    const entries = (await talk.bridge.journal()).filter(({ protocol }) => protocol === 'ocpp1.6');
    expect(entries.slice(0, 4).map(({ link, direction, action }) => [link, direction, action])).toEqual([
      ['ocpp:CP-N1', 'in', 'StartTransaction'],
      ['csms:CP-N1', 'in', 'StartTransaction'],
      ['csms:CP-N1', 'in', 'Reset'],
      ['ocpp:CP-N1', 'in', 'Reset'],
    ]);
    expect(entries[1]?.causes).toEqual([entries[0]?.id]);
    expect(entries[3]?.causes).toEqual([entries[2]?.id]);
  });
});

describe('the number of a transaction of 1.6', () => {
  it.each([
    ['another', 43],
    ['the same', 42],
  ])('was lost on the way, and the retry gets %s: one process, both lead to it', async (_which, again) => {
    const talk = await Talk.begin();
    // The CSMS has answered, and the charger was gone.
    await talk.start(number(42));
    talk.charger.socket.terminate();
    await talk.back.end();
    await talk.connect();
    await talk.start(number(again));
    await talk.meters(again, 3_000);
    await talk.meters(42, 4_000, ago(0));
    await talk.stop(again, 6_000);
    await talk.heard();
    expect(talk.processes).toMatchObject([
      {
        transactionId: { value: String(again) },
        deliveredWh: { value: 5_000 },
        stopReason: { value: 'Local' },
      },
    ]);
  });

  it('is refused with a CALLERROR, and comes with the retry: one process, from the first word on', async () => {
    const talk = await Talk.begin();
    await talk.start('refused');
    await talk.heard();
    expect(talk.processes).toMatchObject([
      { transactionId: { value: '-1' }, meterStartWh: { value: 1_000 } },
    ]);
    await talk.meters(-1, 2_000);
    await talk.start(number(9));
    await talk.meters(9, 3_000, ago(0));
    await talk.heard();
    expect(talk.processes).toMatchObject([{ transactionId: { value: '9' }, deliveredWh: { value: 2_000 } }]);
  });

  it('never comes: the transaction is what the charger says, to its end', async () => {
    const talk = await Talk.begin();
    await talk.start();
    talk.charger.socket.terminate();
    await until(() => talk.processes.length === 1, 'the transaction');
    await talk.connect();
    await talk.meters(-1, 2_000);
    await talk.stop(-1, 2_500);
    await talk.heard();
    expect(talk.processes).toMatchObject([
      { transactionId: { value: '-1' }, deliveredWh: { value: 1_500 }, stopReason: { value: 'Local' } },
    ]);
  });

  it('comes with a refusal of the token: the charger decides what becomes of it', async () => {
    const talk = await Talk.begin();
    await talk.start(number(5, 'Blocked'));
    await talk.meters(5, 1_500);
    await talk.heard();
    expect(talk.processes).toMatchObject([{ transactionId: { value: '5' }, deliveredWh: { value: 500 } }]);
    expect(talk.processes[0]?.endedAt).toBeUndefined();
  });
});

it('an outage is told afterwards, through the relay, hours late', async () => {
  const talk = await Talk.begin();
  await talk.start(number(3), ago(600));
  await talk.meters(3, 50_000, ago(500));
  await talk.says(
    'StopTransaction',
    { transactionId: 3, meterStop: 90_000, timestamp: ago(400), reason: 'EVDisconnected' },
    {},
  );
  await talk.heard();
  expect(talk.processes).toMatchObject([
    { deliveredWh: { value: 89_000 }, endedAt: expect.stringContaining(ago(400).slice(0, 16)) },
  ]);
});

it('open transactions survive the bridge: none is invented, none lost', async () => {
  const talk = await Talk.begin();
  await talk.start(number(11));
  await talk.meters(11, 2_000);
  await talk.heard();
  const before = JSON.stringify(talk.processes);
  await talk.bridge.end();
  expect(await talk.charger.end()).toMatchObject({ code: 1001 });
  expect(await talk.back.end()).toMatchObject({ code: 1001 });
  await talk.bridge.begin();
  expect(JSON.stringify(talk.processes)).toBe(before);
  await talk.connect();
  await talk.meters(11, 3_000, ago(0));
  await talk.stop(11, 4_000);
  await talk.heard();
  expect(talk.processes).toMatchObject([{ deliveredWh: { value: 3_000 }, stopReason: { value: 'Local' } }]);
});

describe('whose words they are', () => {
  const profile = {
    connectorId: 1,
    csChargingProfiles: {
      ...{
        chargingProfileId: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Absolute',
      },
      chargingSchedule: {
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 11_000 }],
      },
    },
  };

  it('a station that says what only a CSMS orders has ordered nothing', async () => {
    const talk = await Talk.begin();
    await talk.says('SetChargingProfile', profile, { status: 'Accepted' });
    await talk.heard();
    expect(talk.bridge.state.stations.get('N1')?.csmsLimits).toBeUndefined();
    await talk.orders('SetChargingProfile', profile, { status: 'Accepted' });
    await talk.heard();
    expect(talk.bridge.state.stations.get('N1')?.csmsLimits).toHaveLength(1);
  });

  it('a CSMS that says what only a station knows has told nothing, then and when its words are played again', async () => {
    const ocpp = 'vehicleDataTransfer: [{ vendorId: org.plain, vin: data }]';
    const talk = await Talk.begin({ ocpp });
    const named = { vendorId: 'org.plain', data: 'WEB62834613200001' };
    await talk.says('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' }, {});
    await talk.orders('DataTransfer', named, { status: 'Accepted' });
    await talk.orders('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Faulted' }, {});
    await talk.heard();
    const point = () => talk.bridge.point('N1', 'N1-1');
    expect([point().vehicle, point().status?.value]).toEqual([undefined, 'Occupied']);
    const entries = (await talk.bridge.journal()).filter(({ link }) => link === 'csms:CP-N1');
    expect(entries.length).toBeGreaterThan(2);
    expect(entries.map((entry) => stationOf(entry, talk.bridge.runtime.identity))).toEqual(
      entries.map(() => undefined),
    );
  });
});

describe('a password that the CSMS changes', () => {
  const secret = '00112233445566778899aabbccddeeff00112233';
  const change = { key: 'AuthorizationKey', value: secret };
  const bytes = Buffer.from(secret, 'hex');
  const withBytes = Buffer.concat([Buffer.from('CP-N1:'), bytes]).toString('base64');
  const header = { authorization: `Basic ${withBytes}` };

  it('opens the door of the bridge too, and is nowhere to be read', async () => {
    const talk = await Talk.begin();
    expect(await knock(talk.bridge.port, { password: '', header })).toBe(401);
    await talk.orders('ChangeConfiguration', change, { status: 'Accepted' });
    expect(talk.charger.texts.at(-1)).toContain(secret);
    await talk.heard();
    expect(await knock(talk.bridge.port, { password: '', header })).toBe(101);
    // The charger has come with it: the old one is refused from now on, also after a restart.
    await talk.bridge.end();
    await talk.bridge.begin();
    expect(await knock(talk.bridge.port)).toBe(401);
    expect(await knock(talk.bridge.port, { password: '', header })).toBe(101);
    const { bridge } = talk;
    const seen = JSON.stringify([await bridge.journal(), bridge.log, [...bridge.state.stations.values()]]);
    expect(seen).toContain('(hidden)');
    expect(seen.toLowerCase()).not.toContain(secret);
  });

  it('is not learned if the charger refuses it', async () => {
    const talk = await Talk.begin();
    await talk.orders('ChangeConfiguration', change, { status: 'Rejected' });
    await talk.heard();
    expect(await knock(talk.bridge.port, { password: '', header })).toBe(401);
  });
});

describe('a CSMS that moves its charger', () => {
  it.each([
    ['elsewhere', 'wss://user:pw@cloud.example/ocpp', 'wss://cloud.example/ocpp'],
    ['to the bridge itself', 'HERE', undefined],
  ])('%s', async (_where, url, warned) => {
    const talk = await Talk.begin();
    const value = url.replace('HERE', talk.bridge.url);
    await talk.orders(
      'ChangeConfiguration',
      { key: 'CentralSystemURL', value },
      { status: 'RebootRequired' },
    );
    await talk.heard();
    expect(talk.bridge.ocpp.relayOf('N1')?.moved?.url).toBe(warned);
    const line = talk.bridge.log.find(({ code }) => code === 'OCPP_MOVED_AWAY');
    expect(line && 'url' in line ? line.url : undefined).toBe(warned);
  });
});
