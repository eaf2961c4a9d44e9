/** What changes reaches the partners that registered: in order, newest state, in spite of their failures. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutBox, type PushOutcome } from '../../src/ocpi/out-box.js';
import type { EmspSimulator } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';
import { complaints, EPOCH, registeredEmsp, until } from './partner.js';

let bench: Bench;
let emsp: EmspSimulator;
beforeEach(async () => {
  bench = await new Bench().start();
  emsp = await registeredEmsp(bench);
});
afterEach(async () => {
  await emsp.stop();
  await bench.end();
});

const GUEST = 'NLEMS0001';
const putToken = async () => {
  const [token] = emsp.tokens;
  const url = `${bench.versionsUrl.replace('/versions', '/2.2.1/tokens')}/NL/EMS/${GUEST}`;
  return emsp.call({ method: 'PUT', url, body: token });
};
const statusOf = (location: Readonly<Record<string, unknown>>) =>
  (location['evses'] as { status: string }[] | undefined)?.[0]?.status;
const waitForStatus = (status: string) =>
  emsp.waitFor('locations', (location) => statusOf(location) === status);

describe('push', () => {
  it('PUTs the location to who does not know it, then PATCHes the status', async () => {
    const methods: string[] = [];
    emsp.events.on('received', (method, url) =>
      methods.push(`${method} ${new URL(url, 'http://x').pathname}`),
    );
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await waitForStatus('AVAILABLE');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Faulted' });
    await waitForStatus('OUTOFORDER');
    const own = `/ocpi/2.2.1/locations/DE/DPB/depot-nord`;
    const evse = `${own}/${bench.evseUid('N4-1')}`;
    expect(methods).toEqual([`PATCH ${evse}`, `PUT ${own}`, `PATCH ${evse}`]);
    expect(complaints(emsp)).toEqual([]);
  });

  it('PUTs a guest session from its start to its end, and never after that', async () => {
    expect((await putToken()).httpStatus).toBe(201);
    await bench.charge('N4', 'N4-1', { token: GUEST });
    const active = await emsp.waitFor('sessions', ({ status }) => status === 'ACTIVE');
    expect(active).toMatchObject({
      kwh: 0,
      auth_method: 'WHITELIST',
      location_id: 'depot-nord',
      evse_uid: bench.evseUid('N4-1'),
      cdr_token: { country_code: 'NL', party_id: 'EMS', uid: GUEST, type: 'RFID' },
    });
    await waitForStatus('CHARGING');
    await bench.meter('N4', 'T1', 3500);
    await emsp.waitFor('sessions', ({ kwh }) => kwh === 2.5);
    await bench.say('N4', 'TransactionEnded', { transactionId: 'T1', meterStopWh: 4000 });
    const ended = await emsp.waitFor('sessions', ({ status }) => status === 'COMPLETED');
    expect(ended).toMatchObject({ id: active['id'], kwh: 3 });
    await bench.meter('N4', 'T1', 9000);
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await waitForStatus('AVAILABLE');
    expect((await emsp.getSessions(EPOCH)).items).toEqual([ended]);
    expect((await emsp.getSessions(String(ended['last_updated']))).total).toBe(1);
    const to = String(ended['last_updated']);
    expect((await emsp.getSessions(EPOCH, { dateTo: to })).total).toBe(0);
    expect(complaints(emsp)).toEqual([]);
  });

  it('keeps a guest session at a bay that was not granted to itself', async () => {
    await putToken();
    await bench.charge('N1', 'N1-1', { token: GUEST });
    expect((await emsp.getSessions(EPOCH)).total).toBe(0);
  });

  it('sends the newest state once a partner that failed is back', async () => {
    const ended = emsp.misbehave({ kind: 'error', match: 'locations' });
    await bench.say('N4', 'LinkOpened');
    for (const status of ['Available', 'Faulted', 'Available', 'Reserved']) {
      await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status });
    }
    await until(async () => (await bench.journal()).some(({ http }) => http?.status === 500), 'a failure');
    ended();
    await waitForStatus('RESERVED');
    expect(complaints(emsp)).toEqual([]);
  });

  it('takes a cut answer for no answer and says it again', async () => {
    emsp.misbehave({ kind: 'truncated', match: 'PATCH', times: 1 });
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await waitForStatus('AVAILABLE');
  });

  it('tells after a restart what changed while it was down', async () => {
    const { port } = bench.ocpi;
    emsp.misbehave({ kind: 'error', match: 'locations', times: 1 });
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await until(async () => (await bench.journal()).some(({ http }) => http?.status === 500), 'a failure');
    const folder = await bench.stop();
    bench = await new Bench((config) => {
      config.listen.ocpi.port = port;
    }, folder).start();
    await waitForStatus('AVAILABLE');
  });

  it('goes on with the new token after PUT credentials', async () => {
    await emsp.putCredentials();
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await waitForStatus('AVAILABLE');
    expect(complaints(emsp)).toEqual([]);
  });

  it('journals each push with the frame and the rules behind it', async () => {
    await bench.say('N4', 'LinkOpened');
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await waitForStatus('AVAILABLE');
    const entries = await bench.journal();
    const put = entries
      .filter(({ action, direction }) => action === 'PUT locations' && direction === 'out')
      .at(-1);
    expect(put?.rules).toContain('ocpi221.evse/s.available');
    expect(put?.generation).toMatch(/^[0-9a-f]{64}$/);
    const said = entries.find(
      ({ action, raw }) => action === 'PointStatusReported' && raw.includes('Available'),
    );
    expect(put?.causes).toContain(said?.id);
    const { id, causes = [] } = put ?? {};
    expect(causes).not.toContain('0-0');
    const field = put?.fields?.find(({ path, raw }) => path === 'evses[0].status' && raw === said?.id);
    expect(field, id).toMatchObject({ rule: 'ocpi221.evse/s.available', read: 'test/PointStatusReported' });
    await until(async () => {
      const answers = (await bench.journal()).filter(({ causes }) => put && causes.includes(put.id));
      return answers.some(({ direction, http }) => direction === 'in' && http?.status === 201);
    }, 'the answer in the journal');
  });
});

describe('the out-box', () => {
  const outcomes: PushOutcome[] = [];
  const box = (sent: string[], refused: string[] = []) =>
    new OutBox({
      firstPauseMs: 5,
      refused: (job) => refused.push(job),
      send: async (job) => {
        sent.push(job);
        return outcomes.shift() ?? 'done';
      },
    });

  it('sends each job once, in order, and repeats a failed one before the others', async () => {
    outcomes.splice(0, outcomes.length, 'failed', 'failed');
    const sent: string[] = [];
    const out = box(sent);
    for (const job of ['a', 'b', 'a', 'c']) out.put(job);
    await until(() => sent.length >= 5, 'all jobs');
    expect(sent).toEqual(['a', 'a', 'a', 'b', 'c']);
  });

  it('gives up what is refused three times, and goes on', async () => {
    outcomes.splice(0, outcomes.length, 'refused', 'done', 'refused', 'refused');
    const [sent, refused]: [string[], string[]] = [[], []];
    const out = box(sent, refused);
    out.put('a');
    out.put('b');
    await until(() => refused.length > 0, 'giving up');
    expect(sent).toEqual(['a', 'b', 'a', 'a']);
    expect(refused).toEqual(['a']);
  });

  it('waits as long as it was told to', async () => {
    outcomes.splice(0, outcomes.length, { retryAfterMs: 120 });
    const sent: string[] = [];
    const from = Date.now();
    box(sent).put('a');
    await until(() => sent.length === 2, 'the repetition');
    expect(Date.now() - from).toBeGreaterThanOrEqual(110);
  });
});
