/**
 * A whole night of a whole depot on real sockets: chargers of both versions, a BMS of 1.1.0 and an ITCS of 2.0.0, lost
 * connections, a kill -9; and beside it a plain model of what the request lists come to.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { DepotStateJson } from '../../src/domain/index.js';
import { type ChargingRequest, Presystem } from '../../src/sim/bms/index.js';
import { type ChargerSimulator, type Clock, runFleet } from '../../src/sim/charger/index.js';
import { type BigDepot, bigDepotCharger, bigDepotConfig, range, seeded, sharedClock } from './big-depot.js';
import { type BridgeProcess, startBridgeProcess } from './bridge.js';
import type { SkippingClock } from './skipping-clock.js';

const HOURS = 24;
const STATIONS = 100;
const ORDERS_PER_HOUR = 11;
const ARRIVALS_PER_HOUR = 5;
const LEAVES_PER_HOUR = 9;
const HOUR_MS = 3_600_000;
const PATIENCE_MS = 30_000;
/** While something is done. What a slow machine takes longer for is then a small part of an hour: it has no more to do. */
const TIME_SCALE = 600;

const vehicleOf = (request: string): string => `V-${request}`;
const tokenOf = (request: string): string => `T-${request}`;
const requestOf = (token: string): string => token.slice(2);

const DEPOT: BigDepot = {
  stations: STATIONS,
  pointsPerStation: 2,
  depot: '    gridLimitKw: 9000\n    charging: { policy: deadline, minPushSeconds: 3600 }',
  ocpp: '{ heartbeatSeconds: 14400, metering: { intervalSeconds: 1800 } }',
  intervalSeconds: 2,
  vehicles: ['BMS-1', 'ITCS-1'].flatMap((side) =>
    range(HOURS * ORDERS_PER_HOUR).map((number) => {
      const request = `${side}.${number}`;
      return { id: vehicleOf(request), token: tokenOf(request) };
    }),
  ),
};

type Status = 'pending' | 'running' | 'stopping' | 'ended';

/** A request as both the model and the bridge may know it. */
export interface Believed {
  readonly vehicleId: string;
  minTargetSoc: number;
  status: Status;
}

interface Listed {
  minTargetSoc: number;
  terminate: boolean;
}

/** What a presystem's lists and the chargers' transactions come to: VDV 463 in a screenful. */
class Model {
  readonly requests = new Map<string, Believed>();
  readonly #omissionEnds: boolean;

  constructor(omissionEnds: boolean) {
    this.#omissionEnds = omissionEnds;
  }

  /** `first`: the first list after a connection; what it leaves out may just not be known any more. */
  list(listed: ReadonlyMap<string, Listed>, first: boolean): void {
    for (const [id, held] of [...this.requests]) {
      if (listed.has(id)) continue;
      if (held.status === 'pending' || held.status === 'ended') this.requests.delete(id);
      else if (this.#omissionEnds && !first) held.status = 'stopping';
    }
    for (const [id, { minTargetSoc, terminate }] of listed) {
      const held = this.requests.get(id);
      if (terminate) {
        if (held?.status === 'running') held.status = 'stopping';
        else if (held?.status === 'pending') this.requests.delete(id);
      } else if (held) held.minTargetSoc = minTargetSoc;
      else this.requests.set(id, { vehicleId: vehicleOf(id), minTargetSoc, status: 'pending' });
    }
  }

  started(id: string): void {
    const held = this.requests.get(id);
    if (held?.status === 'pending') held.status = 'running';
  }

  ended(id: string): void {
    const held = this.requests.get(id);
    if (held) held.status = 'ended';
  }
}

/** One upstream system: its list, its connection, the model of it. */
class Side {
  readonly presystem: Presystem;
  readonly model: Model;
  readonly listed = new Map<string, Listed>();
  readonly presystemId: 'BMS-1' | 'ITCS-1';
  ordered = 0;
  /** The list as it was last sent: what a new connection repeats. */
  #sent: ReadonlyMap<string, Listed> = new Map();

  constructor(presystemId: 'BMS-1' | 'ITCS-1', bridge: BridgeProcess, clock: Clock) {
    const isBms = presystemId === 'BMS-1';
    this.presystemId = presystemId;
    this.model = new Model(!isBms);
    this.presystem = new Presystem({
      url: `ws://127.0.0.1:${bridge.ports.vdv463}/vdv463/${presystemId}`,
      presystemId,
      kind: isBms ? 'BMS' : 'ITCS',
      user: isBms ? 'bms' : 'itcs',
      password: isBms ? 'bms-secret' : 'itcs-secret',
      dialect: isBms ? '1.1.0' : '2.0.0',
      reconnect: { initialMs: 100, maxMs: 500 },
      now: () => new Date(clock.now()),
    });
  }

  order(): void {
    for (const number of range(ORDERS_PER_HOUR)) {
      this.ordered += 1;
      const minTargetSoc = 60 + (number % 30);
      this.listed.set(`${this.presystemId}.${this.ordered}`, { minTargetSoc, terminate: false });
    }
  }

  /** Makes the list known. */
  async send(departureAt: string): Promise<void> {
    const requests = [...this.listed].map(([id, { minTargetSoc, terminate }]): ChargingRequest => {
      const instruction = terminate ? 'Terminate' : 'Normal';
      return {
        vehicleId: vehicleOf(id),
        chargingRequestId: id,
        chargingRequestData: { minTargetSoc, maxTargetSoc: 95, requestedTimeForDeparture: departureAt },
        ...(this.presystemId === 'BMS-1' ? { chargingInstruction: instruction } : {}),
      };
    });
    this.#sent = new Map([...this.listed].map(([id, entry]) => [id, { ...entry }]));
    // Before it is sent: what a charger does about it may be known before the list is answered.
    this.model.list(this.#sent, false);
    for (const [id, { terminate }] of [...this.listed]) if (terminate) this.listed.delete(id);
    const answer = await this.presystem.setRequests(requests);
    if (answer.outcome !== 'conf')
      throw new Error(`${this.presystemId}: the list was not taken: ${answer.outcome}`);
  }

  /** A new connection begins with the list as it was. */
  reconnected(): void {
    this.model.list(this.#sent, true);
  }

  /** The target of one moves, one that waits is dropped, one that runs is ended: each in its dialect's way. */
  change(hour: number): void {
    const ids = [...this.listed.keys()];
    const moved = this.listed.get(ids[hour % ids.length] ?? '');
    if (moved) moved.minTargetSoc = 50 + hour;
    const statusOf = (id: string) => this.model.requests.get(id)?.status;
    const waits = ids.find((id) => statusOf(id) === 'pending');
    if (waits) this.listed.delete(waits);
    for (const id of ids.filter((each) => statusOf(each) === 'ended')) this.listed.delete(id);
    const runs = ids.filter((id) => statusOf(id) === 'running');
    const [ended] = runs.length > 2 ? runs : [];
    if (ended === undefined) return;
    if (this.presystemId === 'ITCS-1') this.listed.delete(ended);
    else this.listed.set(ended, { minTargetSoc: this.listed.get(ended)?.minTargetSoc ?? 0, terminate: true });
  }
}

export interface NightResult {
  readonly requests: number;
  /** Messages that did not fit their schema, found by any peer or by the bridge itself. */
  readonly violations: readonly string[];
  /** Moments at which the bridge's requests were not the model's, in words. */
  readonly disagreements: readonly string[];
  readonly snapshots: number;
  readonly sessions: number;
}

export interface NightOptions {
  /** Real seconds that it takes at least. */
  readonly seconds: number;
  /** Looks at what was stored, after the end of the bridge and before its folder goes. */
  readonly inspect?: (bridge: BridgeProcess) => Promise<void>;
}

/** @throws Error if something that the night waits for does not come */
export async function playDepotNight({ seconds, inspect }: NightOptions): Promise<NightResult> {
  const { clock, running } = sharedClock('2026-11-20T12:00:00Z', TIME_SCALE);
  const bridge = await startBridgeProcess({ store: 'lmdb', clock: running, edit: bigDepotConfig(DEPOT) });
  const night = new Night(bridge, clock);
  try {
    await night.begin();
    // What differs once differs for hours: the first differences say most, and soon.
    for (let hour = 0; hour < HOURS && night.isRight; hour++) {
      const spent = pause((seconds / HOURS) * 1000);
      await night.hour(hour);
      await spent;
    }
    const result = await night.result();
    await night.end();
    await bridge.terminate();
    await inspect?.(bridge);
    return result;
  } finally {
    await night.end();
    await bridge.remove();
  }
}

/** A bus at a bay. */
interface Stay {
  readonly charger: ChargerSimulator;
  readonly point: number;
  readonly request: string;
}

class Night {
  readonly #bridge: BridgeProcess;
  readonly #clock: SkippingClock;
  readonly #sides: readonly Side[];
  readonly #stays: Stay[] = [];
  readonly #violations: string[] = [];
  readonly #disagreements: string[] = [];
  readonly #chance = seeded(463);
  #chargers: readonly ChargerSimulator[] = [];
  #snapshots = 0;
  #sessions = 0;

  constructor(bridge: BridgeProcess, clock: SkippingClock) {
    this.#bridge = bridge;
    this.#clock = clock;
    this.#sides = [new Side('BMS-1', bridge, clock), new Side('ITCS-1', bridge, clock)];
  }

  async begin(): Promise<void> {
    const fleet = await runFleet(STATIONS, (station) =>
      bigDepotCharger(DEPOT, station, this.#bridge.ports, this.#clock),
    );
    this.#chargers = fleet.chargers;
    for (const charger of this.#chargers) {
      charger.events.on('violation', (each) => this.#violations.push(JSON.stringify(each)));
      charger.events.on('acknowledged', ({ idToken, stopAcknowledged }) => {
        const request = requestOf(idToken ?? '');
        for (const { model } of this.#sides) {
          if (stopAcknowledged) model.ended(request);
          else model.started(request);
        }
      });
    }
    for (const { presystem } of this.#sides) {
      presystem.events.on('violation', (each) => this.#violations.push(JSON.stringify(each).slice(0, 500)));
      presystem.events.on('information', () => this.#snapshots++);
      await presystem.connect();
    }
  }

  /** Whether bridge and model have agreed so far. */
  get isRight(): boolean {
    return this.#disagreements.length === 0;
  }

  async hour(hour: number): Promise<void> {
    const begins = this.#clock.now();
    const departureAt = new Date(begins + 8 * HOUR_MS).toISOString();
    for (const side of this.#sides) {
      side.order();
      await side.send(departureAt);
    }
    await this.#compare(`${hour} h, ordered`);
    await this.#arrivals();
    await this.#compare(`${hour} h, arrived`);
    const away = await this.#disconnects();
    for (const side of this.#sides) {
      side.change(hour);
      await side.send(departureAt);
    }
    await this.#advance(0.2 * HOUR_MS);
    await Promise.all(away.map((charger) => charger.goOnline()));
    await this.#untilOnline();
    await this.#reconnect(hour);
    await this.#until(() => !this.#any('stopping'), 'ended requests to end');
    if (hour === HOURS / 2) await this.#kill();
    await this.#departures(hour);
    await this.#compare(`${hour} h, departed`);
    await this.#advance(begins + HOUR_MS - this.#clock.now());
  }

  async #advance(ms: number): Promise<void> {
    if (ms <= 0) return;
    await this.#bridge.advance(ms);
    this.#clock.advance(ms);
  }

  async result(): Promise<NightResult> {
    return {
      requests: this.#sides.reduce((sum, { ordered }) => sum + ordered, 0),
      violations: [...this.#violations, ...(await this.#ownViolations())],
      disagreements: this.#disagreements,
      snapshots: this.#snapshots,
      sessions: this.#sessions,
    };
  }

  async end(): Promise<void> {
    await Promise.all([
      ...this.#chargers.map((charger) => charger.stop()),
      ...this.#sides.map(({ presystem }) => presystem.close()),
    ]);
    this.#chargers = [];
  }

  #any(status: Status): boolean {
    return this.#sides.some(({ model }) =>
      [...model.requests.values()].some((each) => each.status === status),
    );
  }

  /** Some of those that wait come, to bays that are free. */
  async #arrivals(): Promise<void> {
    const taken = new Set(this.#stays.map(({ charger, point }) => `${charger.identity} ${point}`));
    const coming: string[] = [];
    for (const { model } of this.#sides) {
      const waiting = [...model.requests].filter(([, { status }]) => status === 'pending');
      for (const [request] of waiting.slice(0, ARRIVALS_PER_HOUR)) {
        const free = this.#chargers.flatMap((charger) =>
          [1, 2]
            .filter((point) => charger.online && !taken.has(`${charger.identity} ${point}`))
            .map((point) => ({ charger, point })),
        );
        const place = free[Math.floor(this.#chance() * free.length)];
        if (!place) continue;
        taken.add(`${place.charger.identity} ${place.point}`);
        this.#stays.push({ ...place, request });
        coming.push(request);
        await place.charger.plugIn(place.point, {
          idTag: tokenOf(request),
          batteryWh: 350_000,
          socPct: 20 + this.#chance() * 50,
          maxPowerW: 150_000,
        });
      }
    }
    this.#sessions += coming.length;
    const arrived = () =>
      coming.every((id) => this.#sides.some(({ model }) => model.requests.get(id)?.status === 'running'));
    await this.#until(arrived, 'buses to begin to charge');
  }

  /** Those that have stood longest leave. */
  async #departures(hour: number): Promise<void> {
    if (hour < 3) return;
    const leaving = this.#stays.splice(0, LEAVES_PER_HOUR);
    for (const { charger, point } of leaving) charger.unplug(point);
    const gone = () =>
      leaving.every(({ request }) =>
        this.#sides.every(({ model }) => (model.requests.get(request)?.status ?? 'ended') === 'ended'),
      );
    await this.#until(gone, 'departed buses to end');
  }

  /** Every tenth charger loses its connection for a moment; every twentieth for a while: those are given. */
  async #disconnects(): Promise<ChargerSimulator[]> {
    const away = this.#chargers.filter((charger) => {
      const chance = this.#chance();
      if (chance > 0.9) charger.dropConnection();
      return chance < 0.05;
    });
    await Promise.all(away.map((charger) => charger.goOffline()));
    return away;
  }

  async #reconnect(hour: number): Promise<void> {
    const side = this.#sides[hour % 5 === 2 ? 0 : 1];
    if (!side || (hour % 5 !== 2 && hour % 5 !== 4)) return;
    side.presystem.drop();
    await this.#until(() => !side.presystem.connected, 'a presystem to be gone');
    await this.#until(() => side.presystem.connected, 'a presystem to be back');
    side.reconnected();
  }

  async #kill(): Promise<void> {
    await this.#bridge.kill();
    await this.#bridge.restart();
    await this.#untilOnline();
    await this.#until(
      () => this.#sides.every(({ presystem }) => presystem.connected),
      'presystems to be back',
    );
    for (const side of this.#sides) side.reconnected();
  }

  #untilOnline(): Promise<void> {
    const away = () => this.#chargers.filter((charger) => !charger.online || charger.queued > 0);
    const said = () =>
      away().map(({ identity, online, queued }) => `${identity} ${online ? `keeps ${queued}` : 'offline'}`);
    return this.#until(
      () => away().length === 0,
      'chargers to be back',
      () => `: ${said().join(', ')}`,
    );
  }

  async #until(look: () => boolean, what: string, details = () => ''): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!look()) {
      if (performance.now() > end) throw new Error(`the night waited in vain for ${what}${details()}`);
      await pause(10);
    }
  }

  /** The bridge comes to believe what the model believes, soon. */
  async #compare(when: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS / 3;
    for (;;) {
      const differences = differencesOf(this.#sides, await this.#bridge.get<DepotStateJson>('/api/v1/state'));
      if (differences.length === 0) return;
      if (performance.now() > end) {
        this.#disagreements.push(`${when}: ${differences.slice(0, 3).join('; ')}`);
        return;
      }
      await pause(50);
    }
  }

  /** What the bridge itself refused to send. */
  async #ownViolations(): Promise<string[]> {
    const response = await fetch(`http://127.0.0.1:${this.#bridge.ports.admin}/metrics`, {
      headers: { authorization: 'Bearer demo-admin' },
    });
    const text = await response.text();
    return text
      .split('\n')
      .filter((line) => /^\w*schema_violations\w*[{ ]/.test(line) && !line.endsWith(' 0'));
  }
}

function differencesOf(sides: readonly Side[], state: DepotStateJson): string[] {
  return sides.flatMap(({ presystemId, model }) => {
    const held = state.presystems[presystemId]?.requests ?? {};
    const ids = new Set([...model.requests.keys(), ...Object.keys(held)]);
    return [...ids].flatMap((id) => {
      const wanted = model.requests.get(id);
      const there = held[id];
      const told = there && {
        vehicleId: there.request.vehicleId,
        minTargetSoc: there.request.minTargetSocPct,
        status: there.status,
      };
      const [here, inModel] = [JSON.stringify(told) ?? 'none', JSON.stringify(wanted) ?? 'none'];
      return here === inModel ? [] : [`${id} is ${here}, not ${inModel}`];
    });
  });
}
