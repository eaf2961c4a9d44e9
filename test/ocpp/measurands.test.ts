/** Stations that do not have every measurand that is wished for, or do not let themselves be asked. */
import { afterEach, expect, it } from 'vitest';
import { OcppHarness, until } from './harness.js';
import { dial } from './raw.js';

type Frame = [number, string, string, Record<string, unknown>];

let cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

const MEASURANDS = ['Energy.Active.Import.Register', 'Power.Active.Import', 'Voltage', 'SoC'];

/** A harness, and a station that answers calls as told; both end with the test. */
async function station(
  protocol: 'ocpp1.6' | 'ocpp2.0.1',
  answer: (action: string, payload: never) => unknown,
) {
  const harness = await OcppHarness.start({
    options: { metering: { intervalSeconds: 30, measurands: MEASURANDS } },
  });
  cleanups.push(() => harness.remove());
  const socket =
    protocol === 'ocpp1.6'
      ? await dial(harness.port)
      : await dial(harness.port, { identity: 'CP-N3', password: 'cp-n3-secret-0003', protocols: [protocol] });
  cleanups.push(() => socket.end());
  const asked: Frame[] = [];
  socket.socket.on('message', (text) => {
    const [kind, id, action, payload] = JSON.parse(String(text)) as Frame;
    if (kind !== 2) return;
    asked.push([kind, id, action, payload]);
    socket.socket.send(
      JSON.stringify(answer(action, payload as never) ?? [4, id, 'NotImplemented', '', {}]).replace(
        '"$id"',
        JSON.stringify(id),
      ),
    );
  });
  const boot =
    protocol === 'ocpp1.6'
      ? { chargePointVendor: 'Acme', chargePointModel: 'One' }
      : { reason: 'PowerUp', chargingStation: { vendorName: 'Acme', model: 'Two' } };
  const reboot = () => socket.ask([2, `b${asked.length}`, 'BootNotification', boot]);
  await reboot();
  const surveyed = async (count: number) =>
    until(async () => (await harness.journal({ action: 'StationSurveyed' })).length === count, 'the survey');
  await surveyed(1);
  const survey = async () => harness.ocpp.commands.surveyOf(protocol === 'ocpp1.6' ? 'N1' : 'N3');
  return { asked, reboot, surveyed, survey };
}

it('sets the measurands that a 1.6 station has when it refuses the list for one that it has not', async () => {
  let list = 'Energy.Active.Import.Register';
  const has = new Set(MEASURANDS.filter((each) => each !== 'Voltage'));
  const { asked, reboot, surveyed, survey } = await station(
    'ocpp1.6',
    (action, { key, value }: { key: string; value: string }) => {
      if (action === 'GetConfiguration') {
        const configurationKey = [
          { key: 'MeterValueSampleInterval', readonly: false, value: '30' },
          { key: 'MeterValuesSampledData', readonly: false, value: list },
        ];
        return [3, '$id', { configurationKey }];
      }
      if (action !== 'ChangeConfiguration' || key !== 'MeterValuesSampledData') return undefined;
      const status = value.split(',').every((each) => has.has(each)) ? 'Accepted' : 'Rejected';
      if (status === 'Accepted') list = value;
      return [3, '$id', { status }];
    },
  );
  expect(list).toBe('Energy.Active.Import.Register,Power.Active.Import,SoC');
  expect(await survey()).toMatchObject({
    settings: { MeterValuesSampledData: list },
    refused: ['MeterValuesSampledData=Voltage: Rejected'],
  });
  asked.length = 0;
  await reboot();
  await surveyed(2);
  // What it has is set already: nothing is written again.
  const offered = asked.flatMap(([, , action, payload]) =>
    action === 'ChangeConfiguration' ? [payload['value']] : [],
  );
  expect(offered).toEqual([MEASURANDS.join(',')]);
});

it('sets the measurands that a 2.0.1 station has when it refuses the list for one that it has not', async () => {
  let list = '';
  const { survey } = await station(
    'ocpp2.0.1',
    (action, payload: { setVariableData: { variable: { name: string }; attributeValue: string }[] }) => {
      if (action === 'GetVariables') {
        const unknown = {
          component: { name: 'X' },
          variable: { name: 'Y' },
          attributeStatus: 'UnknownComponent',
        };
        return [3, '$id', { getVariableResult: [unknown] }];
      }
      if (action !== 'SetVariables') return undefined;
      const setVariableResult = payload.setVariableData.map(({ attributeValue, ...of }) => {
        if (of.variable.name !== 'TxUpdatedMeasurands') return { ...of, attributeStatus: 'Accepted' };
        if (attributeValue.includes('SoC')) return { ...of, attributeStatus: 'Rejected' };
        list = attributeValue;
        return { ...of, attributeStatus: 'Accepted' };
      });
      return [3, '$id', { setVariableResult }];
    },
  );
  expect(list).toBe('Energy.Active.Import.Register,Power.Active.Import,Voltage');
  expect((await survey())?.refused).toEqual(['SampledDataCtrlr.TxUpdatedMeasurands=SoC: Rejected']);
});

it('reads a configuration with values that are too long', async () => {
  const { asked, survey } = await station('ocpp1.6', (action) => {
    if (action !== 'GetConfiguration') return undefined;
    const every = [...MEASURANDS, ...Array.from({ length: 40 }, (_, i) => `Current.Import.L${i}`)].join(',');
    const configurationKey = [
      { key: 'MeterValueSampleInterval', readonly: false, value: '30' },
      { key: 'MeterValuesSampledData', readonly: false, value: every },
      { key: 'ChargingScheduleAllowedChargingRateUnit', readonly: true, value: 'Power' },
    ];
    return [3, '$id', { configurationKey }];
  });
  expect(await survey()).toMatchObject({ abilities: { units: ['W'] }, refused: [] });
  expect(asked.map(([, , action]) => action)).not.toContain('ChangeConfiguration');
});

it.each([
  ['refuses the question', undefined],
  ['answers beside the schema', [3, '$id', { configurationKey: [{ key: 'X', value: 'x' }] }]],
])('sets what a station is to measure that %s for its configuration', async (_, told) => {
  const set: string[] = [];
  await station('ocpp1.6', (action, { key, value }: { key: string; value: string }) => {
    if (action === 'GetConfiguration') return told;
    if (action !== 'ChangeConfiguration') return undefined;
    set.push(`${key}=${value}`);
    return [3, '$id', { status: 'Accepted' }];
  });
  expect(set).toEqual(['MeterValueSampleInterval=30', `MeterValuesSampledData=${MEASURANDS.join(',')}`]);
});

it('says which settings a 1.6 station has taken for after its restart', async () => {
  const { survey } = await station('ocpp1.6', (action, { key }: { key: string }) => {
    if (action === 'GetConfiguration') return [3, '$id', { configurationKey: [] }];
    const status = key === 'MeterValueSampleInterval' ? 'RebootRequired' : 'Accepted';
    return action === 'ChangeConfiguration' ? [3, '$id', { status }] : undefined;
  });
  expect(await survey()).toMatchObject({ refused: [], untilRestart: ['MeterValueSampleInterval=30'] });
});

it('says which settings a 2.0.1 station has taken for after its restart', async () => {
  const { survey } = await station(
    'ocpp2.0.1',
    (action, payload: { getVariableData: object[]; setVariableData: { attributeValue: string }[] }) => {
      if (action === 'GetVariables') {
        const unknown = payload.getVariableData.map((of) => ({ ...of, attributeStatus: 'UnknownVariable' }));
        return [3, '$id', { getVariableResult: unknown }];
      }
      if (action !== 'SetVariables') return undefined;
      const setVariableResult = payload.setVariableData.map(({ attributeValue, ...of }) => ({
        ...of,
        attributeStatus: attributeValue === '30' ? 'RebootRequired' : 'Accepted',
      }));
      return [3, '$id', { setVariableResult }];
    },
  );
  const untilRestart = ['SampledDataCtrlr.TxUpdatedInterval=30'];
  expect(await survey()).toMatchObject({ refused: [], untilRestart });
});
