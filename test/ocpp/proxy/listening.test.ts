/** What the bridge learns from a conversation that is not its own. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChargerSimulator } from '../../../src/sim/charger/index.js';
import { until } from '../harness.js';
import { dial } from '../raw.js';
import { behind } from './behind.js';

const TAG = 'BUS4711';

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

  it('passes frames on as they are', async () => {
    const { csms, bridge } = await behind();
    const station = await dial(bridge.port);
    onTestFinished(() => station.end());
    const frame = '[ 2 , "a b\\u00e9" ,"Heartbeat",{ } ]';
    await station.ask(frame);
    const [received, sent] = csms.frames('CP-N1');
    expect(received?.text).toBe(frame);
    expect(station.heard[0]).toBe(sent?.text);
  });
});
