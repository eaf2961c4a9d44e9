/** A station gets another password through the bridge: nobody is locked out, and nobody can read it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { hashSecret } from '../../src/config/index.js';
import type { PasswordStatus } from '../../src/ocpp/index.js';
import { AnsweringCharger } from '../admin/charger.js';
import { exampleConfig, OcppHarness, until } from './harness.js';
import { knock } from './raw.js';

const OLD = { N1: 'cp-n1-secret-0001', N4: 'cp-n4-secret-0004' } as const;
type StationId = keyof typeof OLD;

interface Version {
  readonly name: string;
  readonly id: StationId;
  readonly protocol: string;
  readonly action: string;
  /** An answer with this word. */
  answer(status: string): object;
  /** The password in what the charger was told. */
  passwordIn(payload: unknown): string;
  /** The forms in which the charger may log in with it. */
  logins(password: string): (string | Buffer)[];
}

const in16: Version = {
  name: '1.6',
  id: 'N1',
  protocol: 'ocpp1.6',
  action: 'ChangeConfiguration',
  answer: (status) => ({ status }),
  passwordIn: (payload) => (payload as { value: string }).value,
  logins: (password) => [Buffer.from(password, 'hex'), password],
};

const in201: Version = {
  name: '2.0.1',
  id: 'N4',
  protocol: 'ocpp2.0.1',
  action: 'SetVariables',
  answer: (attributeStatus) => ({
    setVariableResult: [
      {
        attributeStatus,
        component: { name: 'SecurityCtrlr' },
        variable: { name: 'BasicAuthPassword' },
      },
    ],
  }),
  passwordIn: (payload) =>
    (payload as { setVariableData: { attributeValue: string }[] }).setVariableData[0]?.attributeValue ?? '',
  logins: (password) => [password],
};

async function started(
  edit: (text: string) => string = (text) => text,
  callTimeoutSeconds = 5,
): Promise<OcppHarness> {
  const harness = await OcppHarness.start({
    edit: (text) => edit(`${text}\nocpp: { callTimeoutSeconds: ${callTimeoutSeconds} }\n`),
    options: { metering: null, limits: { badLogins: 1_000 } },
  });
  onTestFinished(() => harness.remove());
  return harness;
}

async function charger(
  harness: OcppHarness,
  { id, protocol }: Version,
  password: string = OLD[id],
): Promise<AnsweringCharger> {
  const made = await AnsweringCharger.connect(harness.port, `CP-${id}`, password, protocol);
  onTestFinished(() => made.close());
  return made;
}

/** A station has little time to answer: for those that do not. */
const impatient = () => started(undefined, 0.3);

/** 101 or 401. */
function knocking(harness: OcppHarness, { id, protocol }: Version, password: string | Buffer) {
  const login = Buffer.concat([Buffer.from(`CP-${id}:`), Buffer.from(password)]).toString('base64');
  return knock(harness.port, {
    identity: `CP-${id}`,
    password: '',
    protocols: [protocol],
    header: { authorization: `Basic ${login}` },
  });
}

const change = (harness: OcppHarness, stationId: StationId, more: object = {}) =>
  harness.ocpp.passwords.change({ stationId, source: 'bridge', by: 'a test', ...more });

/** The last password that the charger was told. */
function told({ asked }: AnsweringCharger, version: Version): string {
  const payload = asked.findLast((each) => each.action === version.action)?.payload;
  return payload === undefined ? '' : version.passwordIn(payload);
}

const everything = async (harness: OcppHarness) =>
  JSON.stringify([await harness.journal(), harness.log, harness.ocpp.commands.refusalsOf('N1')]);

const told0 = (status: PasswordStatus) => [status.inForce.source, status.told.length];

describe.each([in16, in201])('OCPP $name', (version) => {
  const { id, action } = version;

  it('both passwords count until the station came in with the new one, over a restart; then the new one alone', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    station.answers = { [action]: version.answer('RebootRequired') };
    const changed = await change(harness, id);
    expect(changed).toMatchObject({ outcome: 'accepted', status: 'RebootRequired' });
    expect(changed).not.toHaveProperty('password');
    const password = told(station, version);
    expect(password).toMatch(id === 'N1' ? /^[0-9a-f]{40}$/ : /^[A-Za-z0-9]{32}$/);
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['configuration', 1]);
    expect(await knocking(harness, version, OLD[id])).toBe(101);
    await harness.end();
    await harness.begin();
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['configuration', 1]);
    expect(await knocking(harness, version, 'something-else-16')).toBe(401);
    expect(await knocking(harness, version, OLD[id])).toBe(101);
    for (const login of version.logins(password)) expect(await knocking(harness, version, login)).toBe(101);
    expect(await knocking(harness, version, OLD[id])).toBe(401);
    const status = harness.ocpp.passwords.status(id);
    expect(told0(status)).toEqual(['bridge', 0]);
    expect(status.inForce.hash).toBe(hashSecret(password, 'sha256'));
    await harness.end();
    await harness.begin();
    expect(await knocking(harness, version, OLD[id])).toBe(401);
    for (const login of version.logins(password)) expect(await knocking(harness, version, login)).toBe(101);
    expect(harness.log.map(({ msg }) => msg)).toContain(
      'a station has a password from the bridge, not the configured one',
    );
  });

  it('is nowhere to be read, and who wanted it is on record', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    station.answers = { [action]: version.answer('Accepted') };
    const changed = await change(harness, id, { print: true });
    const password = told(station, version);
    expect(changed.password).toBe(password);
    for (const login of version.logins(password)) await knocking(harness, version, login);
    const used = await until(
      async () => (await harness.journal({ action: 'PasswordUsed' }))[0],
      'the note of its use',
    );
    expect(used).toMatchObject({ causes: [changed.intent], link: `ocpp:CP-${id}` });
    const [intent] = await harness.journal({ action: 'Intent ChangePassword' });
    expect(JSON.parse(intent?.raw ?? '')).toEqual({ stationId: id, source: 'bridge', by: 'a test' });
    const [sent, answer] = await harness.journal({ action });
    expect(sent).toMatchObject({ causes: [changed.intent], rules: ['bridge/password-hidden'] });
    expect(version.passwordIn((JSON.parse(sent?.raw ?? '') as unknown[])[3])).toBe('(hidden)');
    expect(changed.frames).toEqual([sent?.id, answer?.id]);
    const bytes = Buffer.from(password, 'hex').toString('latin1');
    const text = await everything(harness);
    for (const form of [password, ...(id === 'N1' ? [bytes] : [])]) expect(text).not.toContain(form);
  });

  it.each([
    ['Rejected', 'Rejected'],
    ['NotSupported', 'UnknownVariable'],
  ])('the old one alone counts when the station says %s', async (word16, word201) => {
    const harness = await started();
    const station = await charger(harness, version);
    const word = id === 'N1' ? word16 : word201;
    station.answers = { [action]: version.answer(word) };
    await expect(change(harness, id)).rejects.toMatchObject({
      code: 'OCPP_PASSWORD_REFUSED',
      message: `${id} answered ${word}`,
    });
    for (const login of version.logins(told(station, version)))
      expect(await knocking(harness, version, login)).toBe(401);
    expect(await knocking(harness, version, OLD[id])).toBe(101);
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['configuration', 0]);
  });

  it('a CALLERROR that repeats the password tells it to nobody', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    // The station answers with what it was told.
    const echo = (text: () => string) => ({
      error: 'NotSupported',
      get text() {
        return text();
      },
    });
    station.answers = { [action]: echo(() => `no ${told(station, version)}!`) };
    const failure = await change(harness, id).catch((error: Error) => error);
    const password = told(station, version);
    expect(failure).toMatchObject({
      code: 'OCPP_PASSWORD_REFUSED',
      message: `${action}: NotSupported no (hidden)!`,
    });
    expect(await everything(harness)).not.toContain(password);
    expect(await everything(harness)).toContain('no (hidden)!');
  });

  it.each(['silence', 'InternalError', 'a lost connection'])(
    'both count when nobody knows the outcome: %s',
    async (how) => {
      const harness = await impatient();
      const station = await charger(harness, version);
      if (how !== 'a lost connection')
        station.answers = { [action]: how === 'silence' ? 'silence' : { error: how } };
      else station.answers = { [action]: 'silence' };
      const changing = change(harness, id);
      await until(() => told(station, version), 'the password');
      if (how === 'a lost connection') await station.close();
      const changed = await changing;
      expect(changed).toMatchObject({ outcome: 'unknown' });
      expect(changed.meaning).toContain('the old one is accepted too');
      expect(await knocking(harness, version, OLD[id])).toBe(101);
      await harness.end();
      await harness.begin();
      expect(await knocking(harness, version, OLD[id])).toBe(101);
      expect(await knocking(harness, version, told(station, version))).toBe(101);
      expect(await knocking(harness, version, OLD[id])).toBe(401);
    },
  );

  it('tries again after silence: whichever the station took opens the door', async () => {
    const harness = await impatient();
    const station = await charger(harness, version);
    const passwords: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      station.answers = { [action]: 'silence' };
      await change(harness, id);
      passwords.push(told(station, version));
    }
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['configuration', 3]);
    const [first = '', second = '', third = ''] = passwords;
    expect(await knocking(harness, version, second)).toBe(101);
    expect(await knocking(harness, version, OLD[id])).toBe(401);
    expect(await knocking(harness, version, first)).toBe(401);
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['bridge', 1]);
    expect(await knocking(harness, version, third)).toBe(101);
    expect(await knocking(harness, version, second)).toBe(401);
  });

  it('one that it took makes those before it worthless, and too many are not told', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    station.answers = { [action]: { error: 'InternalError' } };
    for (let round = 0; round < 8; round += 1) await change(harness, id);
    const lost = told(station, version);
    await expect(change(harness, id)).rejects.toMatchObject({ code: 'OCPP_PASSWORD_PENDING' });
    expect(station.count(action)).toBe(8);
    expect(await knocking(harness, version, lost)).toBe(101);
    const back = await charger(harness, version, lost);
    back.answers = { [action]: { error: 'InternalError' } };
    await change(harness, id);
    const forgotten = told(back, version);
    back.answers = { [action]: version.answer('Accepted') };
    await change(harness, id);
    expect(await knocking(harness, version, forgotten)).toBe(401);
    expect(await knocking(harness, version, lost)).toBe(101);
    expect(await knocking(harness, version, told(back, version))).toBe(101);
    expect(await knocking(harness, version, lost)).toBe(401);
  });

  it('goes back to the configured one by the same steps', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    station.answers = { [action]: version.answer('Accepted') };
    await change(harness, id);
    const password = told(station, version);
    const back = await charger(harness, version, password);
    back.answers = { [action]: version.answer('Accepted') };
    await change(harness, id, { source: 'configuration' });
    const sent = told(back, version);
    expect(sent).toBe(id === 'N1' ? Buffer.from(OLD[id]).toString('hex') : OLD[id]);
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['bridge', 1]);
    expect(await knocking(harness, version, password)).toBe(101);
    expect(await knocking(harness, version, OLD[id])).toBe(101);
    expect(await knocking(harness, version, password)).toBe(401);
    expect(told0(harness.ocpp.passwords.status(id))).toEqual(['configuration', 0]);
    expect(await everything(harness)).not.toContain(sent);
  });

  it('the configuration counts again once another password stands there', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    station.answers = { [action]: version.answer('Accepted') };
    await change(harness, id);
    const password = told(station, version);
    expect(await knocking(harness, version, password)).toBe(101);
    await harness.end();
    const other = 'another-secret-17';
    const changed = { ...exampleConfig((text) => text.replace(OLD[id], other)), ocpp: harness.config.ocpp };
    await harness.begin(changed);
    expect(harness.log.at(-1)?.msg).toContain('the configured password of a station was changed');
    expect(await knocking(harness, version, password)).toBe(401);
    await harness.end();
    // A slip of the configuration that nobody came in with has taken nothing away.
    await harness.begin();
    expect(await knocking(harness, version, OLD[id])).toBe(401);
    expect(await knocking(harness, version, password)).toBe(101);
    await harness.end();
    await harness.begin(changed);
    expect(await knocking(harness, version, other)).toBe(101);
    await harness.end();
    await harness.begin();
    expect(await knocking(harness, version, password)).toBe(401);
    expect(await knocking(harness, version, OLD[id])).toBe(101);
  });

  it('the configuration may say the same, hashed or in clear', async () => {
    const harness = await started();
    const station = await charger(harness, version);
    station.answers = { [action]: version.answer('Accepted') };
    await change(harness, id);
    const password = told(station, version);
    const says = async (text: string) => {
      await harness.end();
      const { config } = harness;
      await harness.begin({ ...exampleConfig((all) => all.replace(OLD[id], text)), ocpp: config.ocpp });
    };
    await says(password);
    // It has not come in with it yet.
    expect(await knocking(harness, version, OLD[id])).toBe(101);
    for (const login of version.logins(password)) expect(await knocking(harness, version, login)).toBe(101);
    await says(harness.ocpp.passwords.status(id).inForce.hash ?? '');
    expect(await knocking(harness, version, OLD[id])).toBe(401);
    for (const login of version.logins(password)) expect(await knocking(harness, version, login)).toBe(101);
  });
});

describe('a password that cannot be changed', () => {
  const code = (error: string) => ({ code: error });

  it('none; a station that nobody knows, or that is away', async () => {
    const harness = await started((text) => text.replace(`, password: ${OLD.N1}`, ''));
    await charger(harness, in16);
    await expect(change(harness, 'N1')).rejects.toMatchObject(code('OCPP_NO_PASSWORD'));
    expect(() => harness.ocpp.passwords.status('N1')).toThrow('the configuration names none');
    await expect(change(harness, 'N4')).rejects.toMatchObject(code('OCPP_NOT_CONNECTED'));
    await expect(change(harness, 'N9' as StationId)).rejects.toMatchObject(code('OCPP_UNKNOWN_STATION'));
    expect(await harness.journal({ action: 'Intent ChangePassword' })).toEqual([]);
  });

  it.each([
    ['hashed', hashSecret(OLD.N1, 'sha256'), 'only a hash'],
    ['too short for the standard', 'too-short', '16 to 20 bytes'],
  ])('the configured one, %s', async (_, configured, why) => {
    const harness = await started((text) => text.replace(`password: ${OLD.N1}`, `password: "${configured}"`));
    await charger(harness, in16, configured.startsWith('sha256:') ? OLD.N1 : configured);
    await expect(change(harness, 'N1', { source: 'configuration' })).rejects.toMatchObject({
      code: 'OCPP_PASSWORD_UNFIT',
      message: expect.stringContaining(why),
    });
  });
});

describe('a password that somebody sets by hand', () => {
  const payload = { key: 'authorizationKEY', value: 'by-hand-secret-01' };
  const order = { stationId: 'N1', action: 'ChangeConfiguration', payload, by: 'a test' };

  it('is not sent unless forced, and is not to be read then either; its key counts as any other', async () => {
    const harness = await started();
    const station = await charger(harness, in16);
    station.answers = { ChangeConfiguration: { status: 'Accepted' } };
    await expect(harness.ocpp.orders.send(order)).rejects.toMatchObject({ code: 'OCPP_PASSWORD_BY_HAND' });
    expect(station.count('ChangeConfiguration')).toBe(0);
    const forced = { ...order, force: true, key: 'k1' };
    const answered = await harness.ocpp.orders.send(forced);
    expect(told(station, in16)).toBe(payload.value);
    expect(await everything(harness)).not.toContain(payload.value);
    await harness.end();
    await harness.begin();
    const back = await charger(harness, in16);
    expect(await harness.ocpp.orders.send(forced)).toEqual(answered);
    expect(back.count('ChangeConfiguration')).toBe(0);
  });

  it('is guarded in 2.0.1 too; other variables are not', async () => {
    const harness = await started();
    const station = await charger(harness, in201);
    station.answers = { SetVariables: in201.answer('Accepted') };
    const variable = (name: string) => ({
      setVariableData: [
        { component: { name: 'SecurityCtrlr' }, variable: { name }, attributeValue: 'by-hand-secret-04' },
      ],
    });
    const send = (name: string) =>
      harness.ocpp.orders.send({
        stationId: 'N4',
        action: 'SetVariables',
        payload: variable(name),
        by: 'a test',
      });
    await expect(send('basicAuthPassword')).rejects.toMatchObject({ code: 'OCPP_PASSWORD_BY_HAND' });
    await send('OrganizationName');
    expect(station.count('SetVariables')).toBe(1);
    expect(await everything(harness)).toContain('by-hand-secret-04');
  });

  it('a station that tells its password when it is asked tells it to nobody', async () => {
    const harness = await started();
    const station = await charger(harness, in16);
    const configurationKey = [
      { key: 'AuthorizationKey', readonly: false, value: OLD.N1 },
      { key: 'HeartbeatInterval', readonly: false, value: '60' },
    ];
    station.answers = { GetConfiguration: { configurationKey } };
    const ask = { stationId: 'N1', action: 'GetConfiguration', payload: {}, by: 'a test' };
    const { answer } = await harness.ocpp.orders.send(ask);
    expect(answer).toMatchObject({ configurationKey: [{ value: '(hidden)' }, { value: '60' }] });
    const text = await everything(harness);
    expect(text).toContain('HeartbeatInterval');
    expect(text).not.toContain(OLD.N1);
  });

  it('in a report of 2.0.1, neither', async () => {
    const harness = await started();
    const station = await charger(harness, in201);
    const reportData = [
      {
        component: { name: 'SecurityCtrlr' },
        variable: { name: 'BasicAuthPassword' },
        variableAttribute: [{ value: OLD.N4 }],
      },
    ];
    const answer = await station.call('NotifyReport', {
      requestId: 1,
      generatedAt: new Date().toISOString(),
      seqNo: 0,
      reportData,
    });
    expect(answer[0]).toBe(3);
    const [entry] = await harness.journal({ action: 'NotifyReport' });
    expect(entry?.rules).toEqual(['bridge/password-hidden']);
    expect(entry?.raw).not.toContain(OLD.N4);
    expect(entry?.raw).toContain('BasicAuthPassword');
  });
});
