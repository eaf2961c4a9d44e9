/** Everybody the demo depot talks to, on real sockets: two 1.6J and two 2.0.1 chargers, a BMS, an ITCS, a partner. */
import type { Config } from '../config/index.js';
import { Presystem } from '../sim/bms/index.js';
import { ChargerSimulator, type Clock } from '../sim/charger/index.js';
import { EmspSimulator } from '../sim/emsp/index.js';

/** Where the bridge listens. */
export interface Doors {
  readonly ocpp: number;
  readonly vdv463: number;
  readonly ocpi: number;
}

export interface Peers {
  readonly chargers: Readonly<Record<'N1' | 'N2' | 'N3' | 'N4', ChargerSimulator>>;
  readonly bms: Presystem;
  readonly itcs: Presystem;
  readonly emsp: EmspSimulator;
  /** What any of them found wrong with what the bridge sent. */
  violations(): string[];
  stop(): Promise<void>;
}

/** Builds the peers of `config` (the demo's); nobody connects before {@link connect}. */
export function makePeers(config: Config, doors: Doors, clock: Clock): Peers {
  const violations: string[] = [];
  const charger = (id: string, protocol: 'ocpp1.6' | 'ocpp2.0.1'): ChargerSimulator => {
    const station = config.depots[0].stations.find((each) => each.id === id);
    if (!station) throw new Error(`the demo needs a station ${id}`);
    const simulator = new ChargerSimulator({
      url: `ws://127.0.0.1:${doors.ocpp}/ocpp`,
      identity: station.ocpp.identity,
      ...(station.ocpp.password ? { password: station.ocpp.password } : {}),
      protocol,
      vendor: 'Demo Works',
      model: protocol === 'ocpp1.6' ? 'Hall 150' : 'Hall 300',
      firmware: '1.0',
      clock,
      meterIntervalMs: 60_000,
      ...(station.maxPowerKw === undefined ? {} : { maxPowerW: station.maxPowerKw * 1000 }),
      points: station.points.map((point) => ({
        ...(protocol === 'ocpp1.6'
          ? { connectorId: point.connector }
          : { evseId: point.evse ?? point.connector }),
        powerType: point.powerType === 'DC' ? ('DC' as const) : ('AC' as const),
        maxPowerW: (station.maxPowerKw ?? 22) * 1000,
        ...(point.phases ? { phases: point.phases } : {}),
      })),
    });
    simulator.events.on('violation', (violation) => violations.push(`${id}: ${JSON.stringify(violation)}`));
    return simulator;
  };
  const presystem = (presystemId: string): Presystem => {
    const upstream = config.upstreams.find((each) => each.presystemId === presystemId);
    if (!upstream) throw new Error(`the demo needs an upstream ${presystemId}`);
    const { kind, user, password, dialect } = upstream;
    const simulator = new Presystem({
      url: `ws://127.0.0.1:${doors.vdv463}/vdv463/${presystemId}`,
      presystemId,
      kind,
      user,
      password,
      dialect,
      now: () => new Date(clock.now()),
    });
    simulator.events.on('violation', (violation) =>
      violations.push(`${presystemId}: ${JSON.stringify(violation)}`),
    );
    return simulator;
  };
  const emsp = new EmspSimulator({ party: { countryCode: 'NL', partyId: 'EMS' }, versions: ['2.2.1'] });
  emsp.events.on('violation', (violation) => violations.push(`emsp-demo: ${JSON.stringify(violation)}`));
  const peers = {
    chargers: {
      N1: charger('N1', 'ocpp1.6'),
      N2: charger('N2', 'ocpp1.6'),
      N3: charger('N3', 'ocpp2.0.1'),
      N4: charger('N4', 'ocpp2.0.1'),
    },
    bms: presystem('BMS-1'),
    itcs: presystem('ITCS-1'),
    emsp,
  };
  return {
    ...peers,
    violations: () => violations,
    async stop() {
      await Promise.allSettled([
        ...Object.values(peers.chargers).map((each) => each.stop()),
        peers.bms.close(),
        peers.itcs.close(),
        emsp.stop(),
      ]);
    },
  };
}

/** Connects all peers and registers the partner. */
export async function connect(peers: Peers, config: Config, doors: Doors): Promise<void> {
  await Promise.all(Object.values(peers.chargers).map((charger) => charger.start()));
  await Promise.all([peers.bms.connect(), peers.itcs.connect()]);
  await peers.emsp.start();
  const [partner] = config.ocpi?.partners ?? [];
  if (!partner) throw new Error('the demo needs a partner');
  await peers.emsp.register(`http://127.0.0.1:${doors.ocpi}/ocpi/versions`, partner.tokenA);
}
