/** Chargers that keep their CSMS, a bridge that is killed between them: both ends come back, nothing is invented or lost. */
import { expect, it, onTestFinished } from 'vitest';
import { ChargerSimulator } from '../../src/sim/charger/index.js';
import { CsmsSimulator } from '../../src/sim/csms/index.js';
import { startBridgeProcess } from '../support/bridge.js';

interface State {
  readonly processes: Readonly<
    Record<
      string,
      {
        readonly processId: string;
        readonly stationId: string;
        readonly transactionId?: { readonly value: string };
        readonly deliveredWh?: { readonly value: number };
        readonly endedAt?: string;
      }
    >
  >;
}

const CHARGERS = ['CP-N1', 'CP-N2'] as const;

it('survives kill -9 of the bridge with open transactions, and of nothing else', async () => {
  const csms = new CsmsSimulator();
  await csms.start();
  onTestFinished(() => csms.stop());
  const proxy = `ocpp: { attach: proxy, csms: { url: "${csms.url}" } }`;
  const bridge = await startBridgeProcess({ store: 'lmdb', edit: (text) => `${text}\n${proxy}\n` });
  onTestFinished(() => bridge.remove());
  const chargers = CHARGERS.map(
    (identity) =>
      new ChargerSimulator({
        url: `ws://127.0.0.1:${bridge.ports.ocpp}/ocpp`,
        identity,
        password: `${identity.toLowerCase()}-secret-000${identity.at(-1)}`,
        protocol: 'ocpp1.6',
        points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
        timeScale: 60,
        reconnect: { initialMs: 200, maxMs: 500 },
      }),
  );
  for (const charger of chargers) {
    onTestFinished(() => charger.stop());
    await charger.start();
    await charger.plugIn(1, { batteryWh: 350_000, socPct: 40, maxPowerW: 150_000 });
    await charger.present(1, 'BUS4711');
  }
  const known = async () => {
    const { processes } = await bridge.get<State>('/api/v1/state');
    return Object.values(processes)
      .filter(({ transactionId }) => transactionId)
      .sort((a, b) => (a.stationId < b.stationId ? -1 : 1));
  };
  const energyAbove = async (wattHours: number) => {
    await expect
      .poll(async () => (await known()).map(({ deliveredWh }) => (deliveredWh?.value ?? 0) > wattHours))
      .toEqual([true, true]);
    return known();
  };
  const before = await energyAbove(1_000);
  const most = Math.max(...before.map(({ deliveredWh }) => deliveredWh?.value ?? 0));
  await bridge.kill();
  await csms.waitFor(
    'the end of both',
    () => CHARGERS.every((each) => !csms.station(each).connected),
    15_000,
  );
  await bridge.restart();
  const after = await energyAbove(most + 1_000);
  expect(after.map(({ processId, transactionId }) => [processId, transactionId?.value])).toEqual(
    before.map(({ processId, transactionId }) => [processId, transactionId?.value]),
  );
  expect(after.map(({ endedAt }) => endedAt)).toEqual([undefined, undefined]);
  const given = CHARGERS.flatMap((each) => csms.station(each).transactions.map(({ id }) => String(id)));
  expect(after.map(({ transactionId }) => transactionId?.value)).toEqual(given);
});
