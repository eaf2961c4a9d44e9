/** A night of a depot that has a CSMS: the bridge that is fed knows what the CSMS knows, and what a proxy would. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChargerOptions, ChargerSimulator } from '../../../src/sim/charger/index.js';
import { CsmsSimulator, Feeding } from '../../../src/sim/csms/index.js';
import { OcppHarness, until } from '../harness.js';
import { behind } from '../proxy/behind.js';
import { fed, fedConfig, hand, TOKEN, urlOf } from './fed.js';

interface Bay {
  readonly identity: string;
  readonly protocol: 'ocpp1.6' | 'ocpp2.0.1';
  readonly points: readonly number[];
}

const BAYS: readonly Bay[] = [
  { identity: 'CP-N1', protocol: 'ocpp1.6', points: [1] },
  { identity: 'CP-N2', protocol: 'ocpp1.6', points: [1, 2] },
  { identity: 'CP-N3', protocol: 'ocpp2.0.1', points: [1, 2] },
];

const TAGS = ['BUS4711', 'BUS4712'];

async function charger(
  url: string,
  { identity, protocol, points }: Bay,
  index: number,
): Promise<ChargerSimulator> {
  const place = (number: number) => (protocol === 'ocpp1.6' ? { connectorId: number } : { evseId: number });
  const simulator = new ChargerSimulator({
    ...{ url, identity, protocol, timeScale: 300, reconnect: { initialMs: 10, maxMs: 50 } },
    password: `cp-n${index + 1}-secret-000${index + 1}`,
    points: points.map((number) => ({ ...place(number), powerType: 'DC' as const, maxPowerW: 150_000 })),
  } satisfies ChargerOptions);
  onTestFinished(() => simulator.stop());
  await simulator.start();
  return simulator;
}

/** Every bay charges a bus; the first of each station leaves, one station loses its connection meanwhile. */
async function night(csms: CsmsSimulator, url: string): Promise<void> {
  const chargers = await Promise.all(BAYS.map((bay, index) => charger(url, bay, index)));
  await Promise.all(
    BAYS.flatMap((bay, station) =>
      bay.points.map(async (point, index) => {
        const simulator = chargers[station];
        await simulator?.plugIn(point, { batteryWh: 350_000, socPct: 40 + index, maxPowerW: 150_000 });
        await simulator?.present(point, TAGS[index] ?? '');
      }),
    ),
  );
  const running = () =>
    BAYS.every(
      ({ identity, points }) =>
        csms.station(identity).transactions.filter(({ isRunning }) => isRunning).length === points.length,
    );
  await csms.waitFor('all charge', running, 10_000);
  await csms.waitFor(
    'a reading of each',
    () =>
      BAYS.every(({ identity, points }) =>
        points.every((point) => csms.station(identity).readings.get(point)?.has('SoC')),
      ),
    10_000,
  );
  await csms.cut('CP-N2');
  await csms.waitFor('it is back', () => csms.station('CP-N2').connected, 10_000);
  for (const simulator of chargers) await simulator.unplug(1);
  const left = () =>
    BAYS.every(({ identity }) => csms.station(identity).transactions.some((each) => !each.isRunning));
  await csms.waitFor('the first have left', left, 10_000);
}

/** What the CSMS knows of sessions that have ended, in words of the bridge. */
function ended(csms: CsmsSimulator) {
  return BAYS.flatMap(({ identity }) =>
    csms
      .station(identity)
      .transactions.filter(({ isRunning }) => !isRunning)
      .map(({ id, meterStartWh = 0, meterStopWh = 0, token }) => ({
        id: String(id),
        token,
        deliveredWh: Math.round(meterStopWh - meterStartWh),
      })),
  );
}

function known({ state }: OcppHarness) {
  return [...state.processes.values()]
    .filter(({ endedAt, transactionId }) => endedAt !== undefined && transactionId)
    .map(({ transactionId, vehicle, deliveredWh }) => ({
      ...{
        id: transactionId?.value,
        token: vehicle?.value.token,
        deliveredWh: Math.round(deliveredWh?.value ?? -1),
      },
    }));
}

const byId = <T extends { id?: string | undefined }>(list: readonly T[]) =>
  list.toSorted((a, b) => (a.id ?? '').localeCompare(b.id ?? ''));

function pictureOf({ state }: OcppHarness) {
  return BAYS.map(({ identity }) => {
    const station = state.stations.get(identity.slice('CP-'.length));
    const points = Object.values(station?.points ?? {}).map(({ pointId, status, processId }) => {
      const process = processId ? state.processes.get(processId) : undefined;
      return [pointId, status?.value, process?.transactionId?.value, process?.vehicle?.value.token];
    });
    return { link: station?.link.value, boot: station?.boot?.value.model, points };
  });
}

describe('a night that is fed', () => {
  it('is the night of the CSMS, and the same as through a proxy', async () => {
    // One night, heard twice: the chargers go through a proxy to the CSMS, which hands over what it hears.
    const { csms, bridge: proxy } = await behind({ csms: { firstTransactionId: 100 } });
    const { bridge, url } = await fed();
    const feeding = new Feeding(csms, { url: new URL(url).origin, token: TOKEN, collectMs: 20 });
    onTestFinished(() => feeding.stop());
    await night(csms, proxy.url);
    await feeding.settled();
    expect(feeding.rejected).toBe(0);
    expect(byId(known(bridge))).toEqual(byId(ended(csms)));
    expect(known(bridge)).toHaveLength(3);
    await until(
      () => JSON.stringify(pictureOf(bridge)) === JSON.stringify(pictureOf(proxy)),
      'the same picture',
    ).catch(() => undefined);
    expect(pictureOf(bridge)).toEqual(pictureOf(proxy));
    expect(byId(known(bridge))).toEqual(byId(known(proxy)));
    expect(bridge.ocpp.feed?.status()).toMatchObject({
      gaps: [],
      connected: 3,
      items: { duplicate: 0, rejected: 0 },
    });
    const calls = csms
      .calls()
      .filter(({ identity }) => identity === 'CP-N1')
      .map(({ action }) => action);
    const heard = (await bridge.journal({ link: 'ocpp:CP-N1', direction: 'in' })).map(({ action, raw }) =>
      raw.startsWith('[2') ? action : '',
    );
    expect(heard.filter((action) => action !== '')).toEqual(expect.arrayContaining(calls));
  });

  it('that is handed over afterwards, at once or in pieces out of an old buffer, leaves the same sessions', async () => {
    const csms = new CsmsSimulator();
    onTestFinished(() => csms.stop());
    await csms.start();
    await night(csms, csms.url);
    const items = csms.frames().map(({ identity, direction, text, at }, index) => ({
      ...{ station: identity, protocol: csms.station(identity).protocol, frame: text, seq: index },
      from: direction === 'received' ? 'station' : 'csms',
      // It had been out of order for hours.
      at: new Date(at - 3 * 3_600_000).toISOString(),
    }));
    const bridge = await OcppHarness.start({ config: fedConfig() });
    onTestFinished(() => bridge.remove());
    for (let from = 0; from < items.length; from += 17) {
      const piece = items.slice(from, from + 17);
      await hand(urlOf(bridge), piece.toReversed());
      // Each piece twice: the CSMS did not hear that it was taken.
      expect(await hand(urlOf(bridge), piece)).toMatchObject({ accepted: 0, duplicate: piece.length });
    }
    expect(byId(known(bridge))).toEqual(byId(ended(csms)));
    expect(bridge.ocpp.feed?.status()).toMatchObject({ connected: 0, gaps: [] });
    expect(await bridge.journal({ action: 'LinkOpened' })).toEqual([]);
  });
});
