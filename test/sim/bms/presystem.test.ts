import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChargingRequest, Presystem, type PresystemOptions } from '../../../src/sim/bms/index.js';
import { depot, TinyCms, type TinyCmsOptions } from './tiny-cms.js';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function pair(cmsOptions: TinyCmsOptions = {}, options: Partial<PresystemOptions> = {}) {
  const cms = new TinyCms(cmsOptions);
  const url = await cms.listen();
  opened.push(cms);
  const presystem = new Presystem({
    url,
    presystemId: 'BMS-1',
    kind: 'BMS',
    user: 'bms',
    password: 'bms-secret',
    dialect: '1.1.0',
    reconnect: false,
    timeoutMs: 15_000,
    ...options,
  });
  opened.push(presystem);
  return { cms, presystem };
}

const request = (chargingRequestId: string, extra: Partial<ChargingRequest> = {}): ChargingRequest => ({
  vehicleId: `bus-${chargingRequestId}`,
  chargingRequestId,
  chargingRequestData: { minTargetSoc: 80, maxTargetSoc: 95 },
  ...extra,
});

const idsOf = (frame: readonly unknown[] = []): string[] =>
  (frame[6] as { chargingRequestList: ChargingRequest[] }).chargingRequestList.map(
    ({ chargingRequestId }) => chargingRequestId,
  );

describe('connecting', () => {
  it('authenticates, boots, answers the first information and sees nothing wrong', async () => {
    const { cms, presystem } = await pair({ credentials: 'bms:bms-secret' });
    await presystem.connect();
    await presystem.waitFor(() => true);
    await expect.poll(() => cms.answers()).toHaveLength(1);
    expect(cms.requests('BootNotification')[0]?.[6]).toEqual({ presystem: 'BMS' });
    expect(cms.answers()[0]?.slice(5)).toEqual(['ProvideChargingInformation', {}]);
    expect(presystem.point('N1-1')).toMatchObject({ chargingStationId: 'N1', depotId: 'depot-nord' });
    expect(presystem.violations).toEqual([]);
  });

  it('reports a refused upgrade with its status', async () => {
    const { presystem } = await pair({ credentials: 'bms:another' });
    await expect(presystem.connect()).rejects.toMatchObject({ failure: 'upgrade-refused', status: 401 });
  });

  it('reports a rejected boot', async () => {
    const { presystem } = await pair({ boot: 'Rejected' });
    await expect(presystem.connect()).rejects.toMatchObject({ failure: 'boot-rejected' });
  });

  it('offers v2 before v1 in 2.0.0', async () => {
    const { cms, presystem } = await pair({}, { dialect: '2.0.0' });
    await presystem.connect();
    expect(cms.upgrades[0]?.headers['sec-websocket-protocol']).toBe('v2.463.vdv.de,v1.463.vdv.de');
  });

  it('comes back after a lost link, boots anew and makes its list known again', async () => {
    const { cms, presystem } = await pair({}, { reconnect: { initialMs: 5, maxMs: 20 } });
    await presystem.connect();
    await presystem.order(request('R1'));
    presystem.drop();
    await once(presystem.events, 'connected');
    await expect.poll(() => cms.requests('ProvideChargingRequests')).toHaveLength(2);
    expect(cms.requests('BootNotification')).toHaveLength(2);
    expect(idsOf(cms.requests('ProvideChargingRequests')[1])).toEqual(['R1']);
  });

  it('keeps trying until the CMS is there, waiting longer each time', async () => {
    const { presystem } = await pair({ boot: 'Rejected' }, { reconnect: { initialMs: 20, maxMs: 1000 } });
    const attempts: number[] = [];
    presystem.events.on('refused', () => attempts.push(performance.now()));
    const connecting = presystem.connect();
    await expect.poll(() => attempts.length).toBeGreaterThan(3);
    const waits = attempts.slice(1).map((at, index) => at - (attempts[index] ?? at));
    for (const [index, wait] of [20, 40, 80].entries()) expect(waits[index]).toBeGreaterThan(wait - 2);
    await presystem.close();
    await expect(connecting).rejects.toMatchObject({ failure: 'closed' });
  });

  it('ends a link on which two pings brought no sign of life', async () => {
    const { cms, presystem } = await pair({}, { pingIntervalMs: 20 });
    await presystem.connect();
    await expect.poll(() => cms.pings).toBeGreaterThan(2);
    cms.socket?.pause();
    await once(presystem.events, 'closed');
  });
});

describe('the request list', () => {
  it('waits for the first information', async () => {
    const { cms, presystem } = await pair({ informAtOnce: false });
    await presystem.connect();
    const answer = presystem.order(request('R1'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(cms.requests('ProvideChargingRequests')).toHaveLength(0);
    cms.send(1, 'ProvideChargingInformation', depot());
    expect(await answer).toMatchObject({ outcome: 'conf' });
    expect(cms.requests('ProvideChargingRequests')).toHaveLength(1);
  });

  it('is always sent whole; changes carry the instruction of 1.x', async () => {
    const { cms, presystem } = await pair();
    await presystem.connect();
    await presystem.setRequests([request('R1'), request('R2')]);
    await presystem.change('R1', { priority: 1, chargingRequestData: { minTargetSoc: 90 } });
    await presystem.terminate('R2');
    await presystem.withdraw('R2');
    const lists = cms.requests('ProvideChargingRequests');
    expect(lists.map(idsOf)).toEqual([['R1', 'R2'], ['R1', 'R2'], ['R1', 'R2'], ['R1']]);
    expect(lists[3]?.[6]).toEqual({
      chargingRequestList: [
        {
          ...request('R1'),
          priority: 1,
          chargingInstruction: 'Changed',
          chargingRequestData: { minTargetSoc: 90, maxTargetSoc: 95 },
        },
      ],
    });
    expect(lists[2]?.[6]).toMatchObject({ chargingRequestList: [{}, { chargingInstruction: 'Terminate' }] });
  });

  it('terminates by leaving out in 2.0.0, which knows no instruction', async () => {
    const { cms, presystem } = await pair({}, { dialect: '2.0.0' });
    await presystem.connect();
    await presystem.order(request('R1'));
    await presystem.terminate('R1');
    const lists = cms.requests('ProvideChargingRequests');
    expect(lists.map(idsOf)).toEqual([['R1'], []]);
    expect(JSON.stringify(lists)).not.toContain('chargingInstruction');
  });

  it('cannot be emptied in 1.0.0', async () => {
    const { presystem } = await pair({}, { dialect: '1.0.0' });
    await expect(presystem.setRequests([])).rejects.toMatchObject({ failure: 'not-expressible' });
  });

  it('has one request under way; lists handed in meanwhile become one, the newest', async () => {
    const held: (() => void)[] = [];
    const { cms, presystem } = await pair({
      answer: ([, , , , id, action], nth) => {
        if (nth > 1) return cms.frame(2, action, {}, id);
        held.push(() => cms.send(2, action, {}, id));
        return undefined;
      },
    });
    await presystem.connect();
    const answers = [presystem.setRequests([request('R1')])];
    await expect.poll(() => held).toHaveLength(1);
    answers.push(presystem.setRequests([request('R2')]), presystem.setRequests([request('R3')]));
    held[0]?.();
    expect((await Promise.all(answers)).map(({ outcome }) => outcome)).toEqual(['conf', 'conf', 'conf']);
    expect(cms.requests('ProvideChargingRequests').map(idsOf)).toEqual([['R1'], ['R3']]);
  });

  it('is sent again with identical bytes until the retries are used up', async () => {
    const { cms, presystem } = await pair({ answer: () => undefined }, { timeoutMs: 15, retries: 2 });
    await presystem.connect();
    expect(await presystem.order(request('R1'))).toEqual({ outcome: 'timeout' });
    const sent = cms.received.filter((raw) => raw.includes('ProvideChargingRequests'));
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(1);
  });

  it('takes an err as receipt, whatever its shape', async () => {
    const shapes = ['boom', { message: 'boom' }, { errorMessage: 'boom' }, { errorDescription: 'boom' }];
    const { presystem } = await pair({
      answer: ([, , , , id, action], nth) =>
        JSON.stringify([3, 'CMS', 'BMS-1', new Date().toISOString(), id, action, shapes[nth - 1]]),
    });
    await presystem.connect();
    for (const _shape of shapes) {
      expect(await presystem.publish()).toMatchObject({ outcome: 'err', text: 'boom' });
    }
  });
});

describe('what the CMS does wrong is counted', () => {
  const provocations: Record<string, (cms: TinyCms) => void> = {
    'a payload against the schema': (cms) => cms.send(1, 'ProvideChargingInformation', depot('Asleep')),
    'text that is not JSON': (cms) => cms.socket?.send('[1,'),
    'an envelope of six positions': (cms) => cms.socket?.send('[1,"CMS","BMS-1","x","y","z"]'),
    'an answer nobody asked for': (cms) => cms.send(2, 'BootNotification', { status: 'Accepted' }),
    'a request of the wrong direction': (cms) => cms.send(1, 'BootNotification', { presystem: 'BMS' }),
    'one message id with two contents': (cms) => {
      const id = cms.send(1, 'ProvideChargingInformation', depot());
      cms.send(1, 'ProvideChargingInformation', depot('Occupied'), id);
    },
    'a message id that is no UUID': (cms) => cms.send(1, 'ProvideChargingInformation', depot(), '17'),
  };

  it.each(Object.entries(provocations))('%s', async (_name, provoke) => {
    const { cms, presystem } = await pair();
    await presystem.connect();
    await presystem.waitFor(() => true);
    expect(presystem.violations).toEqual([]);
    provoke(cms);
    await expect.poll(() => presystem.violations).toHaveLength(1);
  });
});

describe('unkind on purpose', () => {
  async function unkindly(
    unkind: PresystemOptions['unkind'] & object,
    options: Partial<PresystemOptions> = {},
  ) {
    const { cms, presystem } = await pair({}, { ...options, unkind });
    await presystem.connect();
    await presystem.waitFor(() => true);
    return { cms, presystem };
  }

  it('withholds a number of answers', async () => {
    const { cms } = await unkindly({ withholdConf: 2 });
    for (let i = 0; i < 3; i++) cms.send(1, 'ProvideChargingInformation', depot());
    await expect.poll(() => cms.answers()).toHaveLength(2);
  });

  it('answers with a fresh message id', async () => {
    const { cms } = await unkindly({ confWithRandomId: true });
    const id = cms.send(1, 'ProvideChargingInformation', depot());
    await expect.poll(() => cms.answers()).toHaveLength(2);
    expect(cms.answers().map((frame) => frame[4])).not.toContain(id);
  });

  it.each([
    ['string', 'cannot take this now'],
    ['message', { message: 'cannot take this now' }],
    ['errorMessage', { errorMessage: 'cannot take this now' }],
    ['errorCode', expect.objectContaining({ errorCode: 'InternalError' })],
  ] as const)('answers err in the shape %s', async (errAnswer, payload) => {
    const { cms } = await unkindly({ errAnswer });
    await expect.poll(() => cms.answers()).toHaveLength(1);
    expect(cms.answers()[0]?.[0]).toBe(3);
    expect(cms.answers()[0]?.[6]).toEqual(payload);
  });

  it.each([
    ['same', 1],
    ['different', 2],
  ] as const)('sends a list twice under one message id (%s)', async (duplicateRequests, contents) => {
    const { cms, presystem } = await unkindly({ duplicateRequests });
    await presystem.order(request('R1'));
    await expect.poll(() => cms.requests('ProvideChargingRequests')).toHaveLength(2);
    const lists = cms.requests('ProvideChargingRequests');
    expect(new Set(lists.map((frame) => frame[4])).size).toBe(1);
    expect(new Set(lists.map((frame) => JSON.stringify(frame[6]))).size).toBe(contents);
    expect(presystem.violations).toEqual([]);
  });

  it('writes object envelopes, swapped names, {} for an empty list and broken JSON', async () => {
    const { cms, presystem } = await unkindly({}, { timeoutMs: 60 });
    presystem.unkind = { objectEnvelope: true };
    const unanswered = presystem.order(request('R1'));
    await expect.poll(() => cms.received.at(-1)).toContain('"action":"ProvideChargingRequests"');
    expect(await unanswered).toEqual({ outcome: 'timeout' });
    presystem.unkind = { swapNames: true };
    await presystem.publish();
    expect(cms.requests('ProvideChargingRequests').at(-1)?.slice(1, 3)).toEqual(['BMS-1', 'BMS']);
    presystem.unkind = { dropEmptyList: true };
    await presystem.setRequests([]);
    expect(cms.requests('ProvideChargingRequests').at(-1)?.[6]).toEqual({});
    presystem.unkind = { malformedJson: 'ProvideChargingRequests' };
    await presystem.publish();
    expect(() => JSON.parse(cms.received.at(-1) ?? '')).toThrow();
  });

  it('sends its list before boot, or before the first information, or across an information', async () => {
    const early = await pair({}, { unkind: { requestsBeforeBoot: true } });
    early.presystem.order(request('R1'));
    early.presystem.connect().catch(() => {});
    await expect.poll(() => early.cms.requests('ProvideChargingRequests')).toHaveLength(1);
    expect(early.cms.requests('BootNotification')).toHaveLength(0);

    const hasty = await pair({ informAtOnce: false }, { unkind: { requestsBeforeInformation: true } });
    await hasty.presystem.connect();
    expect(await hasty.presystem.order(request('R1'))).toMatchObject({ outcome: 'conf' });

    const { cms } = await unkindly({ crossing: true });
    await expect.poll(() => cms.received).toHaveLength(3);
    expect(cms.received.map((raw) => JSON.parse(raw)[0])).toEqual([1, 1, 2]);
  });
});
