/** What the CSMS asks of stations. */
import { describe, expect, it } from 'vitest';
import { CsmsSimulator } from '../../../src/sim/csms/index.js';
import { bus, charger, csms, Raw } from './support.js';

describe('a call', () => {
  it('gives the answer, the CALLERROR, or the reason why there is none', async () => {
    const simulator = await csms({ callTimeoutMs: 100 });
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const asked = async (id: string) => raw.hear(([type, messageId]) => type === 2 && messageId === id);

    const answered = simulator.call('CP-1', 'Reset', { type: 'Soft' }, { messageId: 'a', timeoutMs: 5_000 });
    expect(await asked('a')).toEqual([2, 'a', 'Reset', { type: 'Soft' }]);
    raw.say([3, 'a', { status: 'Accepted' }]);
    expect(await answered).toEqual({ status: 'Accepted' });

    const refused = simulator.call('CP-1', 'ClearCache', {}, { messageId: 'b', timeoutMs: 5_000 });
    await asked('b');
    raw.say([4, 'b', 'NotSupported', 'no cache', { a: 1 }]);
    await expect(refused).rejects.toMatchObject({ kind: 'refused', code: 'NotSupported', details: { a: 1 } });

    await expect(simulator.call('CP-1', 'ClearCache')).rejects.toMatchObject({ kind: 'timeout' });
    await expect(simulator.call('CP-2', 'ClearCache')).rejects.toMatchObject({ kind: 'not-connected' });
    expect(simulator.violations).toEqual([]);
  });

  it('waits for the answer to the one before', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const calls = ['1', '2'].map((messageId) => simulator.call('CP-1', 'ClearCache', {}, { messageId }));
    await raw.hear(([, id]) => id === '1');
    expect(await raw.ask('a', 'Heartbeat')).toMatchObject([3, 'a', {}]);
    expect(raw.heard.length).toBe(2);
    raw.say([3, '1', { status: 'Accepted' }]);
    await raw.hear(([, id]) => id === '2');
    raw.say([3, '2', { status: 'Rejected' }]);
    expect(await Promise.all(calls)).toEqual([{ status: 'Accepted' }, { status: 'Rejected' }]);
  });

  it('may be any text, whose answer is nobody’s', async () => {
    const simulator = await csms();
    const raw = await new Raw(`${simulator.url}/CP-1`).open();
    const text = '[2, "x" ,"DataTransfer",{"vendorId":"V","data":"16.0 12345678901234567890 \\u00fc"}]';
    simulator.sendRaw('CP-1', text);
    await raw.hear(([, id]) => id === 'x');
    expect(raw.heard).toEqual([text]);
    raw.say([3, 'x', { status: 'Accepted' }]);
    await simulator.waitFor('its answer', () => simulator.violations.length === 1);
    expect(simulator.frames().map(({ direction, text: kept }) => [direction, kept])).toEqual([
      ['sent', text],
      ['received', '[3,"x",{"status":"Accepted"}]'],
    ]);
  });
});

describe.each(['ocpp1.6', 'ocpp2.0.1'] as const)('orders to a station of %s', (protocol) => {
  async function charging() {
    const simulator = await csms();
    const station = charger(simulator.url, { protocol });
    await station.start();
    await station.plugIn(1, bus);
    const [transaction] = await simulator.waitFor('a transaction', () => {
      const { transactions } = simulator.station('CP-1');
      return station.view(1).transactionId !== undefined && transactions.length > 0 && transactions;
    });
    if (!transaction) throw new Error('no transaction');
    return { simulator, station, transaction };
  }

  it('limit and free it', async () => {
    const { simulator, station } = await charging();
    const accepted = { status: 'Accepted' };
    expect(await simulator.order.setLimit('CP-1', { pointId: 1, powerW: 40_000 })).toMatchObject(accepted);
    expect(station.view(1).limitW).toBe(40_000);
    const higher = { pointId: 1, stackLevel: 1, profileId: 77 };
    const schedule = { unit: 'W', periods: [{ startPeriod: 0, limit: 20_000 }] } as const;
    expect(await simulator.order.setLimit('CP-1', { ...higher, schedule })).toMatchObject(accepted);
    expect(station.view(1).limitW).toBe(20_000);
    const whole = { pointId: 0, purpose: 'ChargePointMaxProfile', powerW: 10_000 } as const;
    expect(await simulator.order.setLimit('CP-1', whole)).toMatchObject(accepted);
    expect(station.view(1).limitW).toBe(10_000);
    expect(
      await simulator.order.clearProfiles('CP-1', { purpose: 'ChargingStationMaxProfile' }),
    ).toMatchObject(accepted);
    expect(await simulator.order.clearProfiles('CP-1', { profileId: 77 })).toMatchObject(accepted);
    expect(station.view(1).limitW).toBe(40_000);
    expect(await simulator.order.clearProfiles('CP-1')).toMatchObject(accepted);
    expect(station.view(1).limitW).toBe(150_000);
    expect(simulator.violations).toEqual([]);
  });

  it('stop, start, configure and reset it', async () => {
    const { simulator, station, transaction } = await charging();
    const accepted = { status: 'Accepted' };
    expect(await simulator.order.remoteStop('CP-1', transaction.id)).toMatchObject(accepted);
    await simulator.waitFor('its end', () => !transaction.isRunning);
    expect(transaction.stopReason).toBe('Remote');
    const start = { token: 'APP', pointId: 1, limit: { powerW: 30_000 } };
    expect(await simulator.order.remoteStart('CP-1', start)).toMatchObject(accepted);
    await simulator.waitFor('the next', () => simulator.station('CP-1').transactions.length === 2);
    await simulator.waitFor('its limit', () => station.view(1).limitW === 30_000);
    const key = protocol === 'ocpp1.6' ? 'HeartbeatInterval' : 'OCPPCommCtrlr.HeartbeatInterval';
    const configured = JSON.stringify(await simulator.order.configure('CP-1', key, '77'));
    expect(configured).toContain('"Accepted"');
    expect(await simulator.order.reset('CP-1', 'now')).toMatchObject(accepted);
    await simulator.waitFor('a second boot', () => simulator.station('CP-1').boots === 2);
    expect(simulator.violations).toEqual([]);
  });
});

it('says what it lacks', async () => {
  const simulator = await csms();
  await new Raw(`${simulator.url}/CP-1`).open();
  const usage = { kind: 'usage' };
  await expect(simulator.order.setLimit('CP-1', { powerW: 1 })).rejects.toMatchObject(usage);
  await expect(simulator.order.setLimit('CP-1', { pointId: 1 })).rejects.toMatchObject(usage);
  await expect(simulator.order.reset('CP-2')).rejects.toMatchObject(usage);
  expect(() => new CsmsSimulator().url).toThrow('start() first');
  expect(() => new CsmsSimulator({ plan: {} })).toThrow('a plan needs');
});
