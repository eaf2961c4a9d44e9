/** A generated depot: as many stations as wanted, odd ones speak 1.6J, even ones 2.0.1. */
import type { ChargerOptions, Clock } from '../../src/sim/charger/index.js';
import type { BridgePorts, RunningClock } from './bridge.js';
import { SkippingClock } from './skipping-clock.js';

export interface BigDepot {
  readonly stations: number;
  readonly pointsPerStation: number;
  /** Ids and tokens of its buses. */
  readonly vehicles?: readonly { readonly id: string; readonly token: string }[];
  /** Text of `gridLimitKw`, `charging` and the like, as YAML of the depot. */
  readonly depot?: string;
  /** YAML of `ocpp`. */
  readonly ocpp?: string;
  readonly intervalSeconds?: number;
}

export const stationId = (station: number): string => `S${station}`;
export const pointId = (station: number, point: number): string => `S${station}-${point}`;
const identity = (station: number): string => `CP-${station}`;
const password = (station: number): string => `cp-secret-of-station-${station}`;
export const protocolOf = (station: number): 'ocpp1.6' | 'ocpp2.0.1' =>
  station % 2 === 1 ? 'ocpp1.6' : 'ocpp2.0.1';

/** Edits the text of the example configuration, ports and store already set, into one of this depot. */
export function bigDepotConfig(big: BigDepot): (text: string) => string {
  return (text) => {
    const head = text.slice(0, text.indexOf('depots:'));
    const id = /- id: (depot-\w+)/.exec(text)?.[1];
    if (!id) throw new Error('the example has no depot');
    const stations = range(big.stations).map((station) => {
      const points = range(big.pointsPerStation).map((point) => {
        const number =
          protocolOf(station) === 'ocpp1.6' ? `connector: ${point}` : `evse: ${point}, connector: 1`;
        return `          - { id: ${pointId(station, point)}, ${number}, standard: IEC_62196_T2_COMBO, format: CABLE, powerType: DC, maxVoltage: 920, maxAmperage: 200 }`;
      });
      return `      - id: ${stationId(station)}
        ocpp: { identity: ${identity(station)}, password: ${password(station)} }
        maxPowerKw: ${150 * big.pointsPerStation}
        points:
${points.join('\n')}`;
    });
    const vehicles = (big.vehicles ?? []).map(
      (bus) => `  - { id: ${bus.id}, batteryKwh: 350, maxPowerKw: 150, tokens: [${bus.token}] }`,
    );
    return `${head}depots:
  - id: ${id}
    name: Big Depot
    timeZone: Europe/Berlin
${big.depot ?? ''}
    stations:
${stations.join('\n')}
vehicles:${vehicles.length ? `\n${vehicles.join('\n')}` : ' []'}
upstreams:
  - { presystemId: BMS-1,  kind: BMS,  user: bms,  password: bms-secret,  dialect: "1.1.0", intervalSeconds: ${big.intervalSeconds ?? 15} }
  - { presystemId: ITCS-1, kind: ITCS, user: itcs, password: itcs-secret, dialect: "2.0.0", intervalSeconds: ${big.intervalSeconds ?? 15} }
${big.ocpp ? `ocpp: ${big.ocpp}` : ''}
journal: { keepDays: 30, maxGb: 10 }
log: { level: info }
`;
  };
}

/** How a station of the depot is simulated. */
export function bigDepotCharger(
  big: BigDepot,
  station: number,
  ports: BridgePorts,
  clock: Clock,
  more: Partial<ChargerOptions> = {},
): ChargerOptions {
  const protocol = protocolOf(station);
  return {
    url: `ws://127.0.0.1:${ports.ocpp}/ocpp`,
    identity: identity(station),
    password: password(station),
    protocol,
    clock,
    points: range(big.pointsPerStation).map((point) => ({
      ...(protocol === 'ocpp1.6' ? { connectorId: point } : { evseId: point }),
      powerType: 'DC',
      maxPowerW: 150_000,
      initialEnergyWh: 1_000_000 + 10_000 * station + point,
    })),
    reconnect: { initialMs: 100, maxMs: 500 },
    ...more,
  };
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** A clock for the simulators and the same for the bridge. */
export function sharedClock(startAt: string, timeScale: number) {
  const anchorMs = Date.now();
  const startAtMs = Date.parse(startAt);
  const clock = new SkippingClock({ startAt: startAtMs, timeScale });
  const running: RunningClock = { startAtMs, anchorMs, timeScale };
  return { clock, running };
}

/** mulberry32: chance that is the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
