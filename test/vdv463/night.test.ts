/** A depot night: 200 charging points, two presystems, 500 requests, reconnects and a restart, against a plain model. */
import { describe, expect, it } from 'vitest';
import type { StationConfig } from '../../src/config/index.js';
import type { RequestStatus } from '../../src/domain/index.js';
import { Cms, ITCS, upstream } from './cms.js';
import { order, Peer } from './peer.js';

const HOURS = 24;
const POINTS = 200;
const PER_HOUR = 11;

const stations = Array.from({ length: POINTS / 2 }, (_, s) => ({
  id: `S${s}`,
  ocpp: { identity: `CP-${s}` },
  points: [1, 2].map((connector) => ({
    id: `S${s}-${connector}`,
    connector,
    standard: 'IEC_62196_T2_COMBO',
    format: 'CABLE' as const,
    powerType: 'DC' as const,
    maxVoltage: 920,
    maxAmperage: 200,
  })),
})) as unknown as StationConfig[];

interface Modelled {
  readonly vehicleId: string;
  minTargetSoc: number;
  status: RequestStatus;
}

/** A bus at a bay. */
interface Stay {
  readonly vehicleId: string;
  readonly transactionId: string;
}

/** What a presystem and the bridge should both believe, in a screenful. */
class Model {
  readonly requests = new Map<string, Modelled>();
  readonly #omissionEnds: boolean;

  constructor(omissionEnds: boolean) {
    this.#omissionEnds = omissionEnds;
  }

  list(entries: ReadonlyMap<string, Modelled>, terminated: ReadonlySet<string>, first: boolean): void {
    for (const [id, held] of [...this.requests]) {
      const runs = held.status === 'running' || held.status === 'stopping';
      if (terminated.has(id)) {
        if (held.status === 'running') held.status = 'stopping';
        else if (!runs && held.status === 'pending') this.requests.delete(id);
      } else if (!entries.has(id)) {
        if (!runs) this.requests.delete(id);
        else if (this.#omissionEnds && !first && held.status === 'running') held.status = 'stopping';
      }
    }
    for (const [id, entry] of entries) {
      // The end is the only thing that is read of an entry that ends.
      if (terminated.has(id)) continue;
      const held = this.requests.get(id);
      if (held) held.minTargetSoc = entry.minTargetSoc;
      else this.requests.set(id, { ...entry, status: 'pending' });
    }
  }

  of(vehicleId: string): Modelled | undefined {
    return [...this.requests.values()].find((request) => request.vehicleId === vehicleId);
  }

  get plain(): Record<string, Modelled> {
    return Object.fromEntries([...this.requests].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

const believed = (cms: Cms, presystemId: string): Record<string, Modelled> =>
  Object.fromEntries(
    Object.entries(cms.runtime.depot.state.presystems[presystemId]?.requests ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { request, status }]) => [
        id,
        { vehicleId: request.vehicleId, minTargetSoc: request.minTargetSocPct, status },
      ]),
  );

/** One presystem: its own list, its model, its connection. */
class Side {
  readonly presystemId: string;
  readonly model: Model;
  readonly listed = new Map<string, Modelled>();
  readonly violations: string[] = [];
  ordered = 0;
  #peer: Peer | undefined;
  #first = true;

  constructor(presystemId: string, omissionEnds: boolean) {
    this.presystemId = presystemId;
    this.model = new Model(omissionEnds);
  }

  async connect(cms: Cms): Promise<void> {
    await this.disconnect();
    this.#peer = await Peer.booted(cms, this.presystemId);
    this.#first = true;
  }

  async disconnect(): Promise<void> {
    this.violations.push(...(this.#peer?.violations ?? []));
    await this.#peer?.close();
    this.#peer = undefined;
  }

  async send(terminated: ReadonlySet<string> = new Set()): Promise<void> {
    const entries = [...this.listed].map(([id, { vehicleId, minTargetSoc }]) =>
      order(id, vehicleId, {
        chargingRequestData: { minTargetSoc, maxTargetSoc: 95 },
        ...(terminated.has(id) ? { chargingInstruction: 'Terminate' } : {}),
      }),
    );
    const answer = await this.#peer?.list(entries);
    expect(answer?.[0]).toBe(2);
    this.model.list(this.listed, terminated, this.#first);
    this.#first = false;
    for (const id of terminated) this.listed.delete(id);
  }
}

describe('a depot night', () => {
  it('ends with the requests of a plain model, and every message valid', { timeout: 180_000 }, async () => {
    const upstreams = [upstream({ intervalSeconds: 2 }), { ...ITCS, intervalSeconds: 2 }];
    let cms = await Cms.start({ stations, upstreams });
    const sides = [new Side('BMS-1', false), new Side('ITCS-1', true)];
    for (const side of sides) await side.connect(cms);
    const compare = () => {
      for (const { presystemId, model } of sides) expect(believed(cms, presystemId)).toEqual(model.plain);
    };
    const bays = new Map<number, Stay>();
    for (let hour = 0; hour < HOURS; hour++) {
      for (const [s, side] of sides.entries()) {
        for (let i = 0; i < PER_HOUR; i++) {
          const id = `R${side.ordered++}`;
          side.listed.set(id, { vehicleId: `V-${s}-${id}`, minTargetSoc: 60 + (i % 30), status: 'pending' });
        }
        if (hour % 5 === 2 + s) await side.connect(cms);
        await side.send();
      }
      compare();
      await evening(cms, sides, bays, hour);
      compare();
      for (const side of sides) await change(side, hour);
      compare();
      if (hour === HOURS / 2) {
        for (const side of sides) await side.disconnect();
        await cms.stop(true);
        cms = await Cms.start({ stations, upstreams, folder: cms.folder });
        compare();
        for (const side of sides) await side.connect(cms);
      }
      await morning(cms, sides, bays, hour);
      compare();
    }
    for (const side of sides) await side.disconnect();
    expect(sides.reduce((sum, { ordered }) => sum + ordered, 0)).toBeGreaterThanOrEqual(500);
    expect(sides.flatMap(({ violations }) => violations)).toEqual([]);
    expect(await cms.count('schemaViolations')).toBe(0);
    await cms.stop();
  });
});

/** Buses arrive: some of those ordered in this hour plug in and charge. */
async function evening(
  cms: Cms,
  sides: readonly Side[],
  bays: Map<number, Stay>,
  hour: number,
): Promise<void> {
  for (const side of sides) {
    const waiting = [...side.model.requests.values()]
      .filter(({ status }) => status === 'pending')
      .slice(0, 4);
    for (const [i, request] of waiting.entries()) {
      const bay = (hour * 37 + i * 11 + (side === sides[0] ? 0 : 5)) % POINTS;
      if (bays.has(bay)) continue;
      const station = `S${Math.floor(bay / 2)}`;
      const { vehicleId } = request;
      const pointId = `${station}-${(bay % 2) + 1}`;
      const transactionId = await cms.charge(station, pointId, vehicleId, { powerW: 1_000 * hour });
      bays.set(bay, { vehicleId, transactionId });
      request.status = 'running';
    }
  }
}

/** A target moves, a request that waits is dropped, one that runs is ended: each in its dialect's way. */
async function change(side: Side, hour: number): Promise<void> {
  const ids = [...side.listed.keys()];
  const moved = side.listed.get(ids[hour % ids.length] ?? '');
  if (moved) moved.minTargetSoc = 50 + hour;
  const waits = ids.find((id) => side.model.requests.get(id)?.status === 'pending');
  if (waits) side.listed.delete(waits);
  const runs = ids.filter((id) => side.model.requests.get(id)?.status === 'running');
  const [ended] = runs.length > 2 ? runs : [];
  if (ended === undefined) return side.send();
  if (side.presystemId === 'BMS-1') return side.send(new Set([ended]));
  side.listed.delete(ended);
  return side.send();
}

/** The buses that have stood longest leave. */
async function morning(
  cms: Cms,
  sides: readonly Side[],
  bays: Map<number, Stay>,
  hour: number,
): Promise<void> {
  if (hour < 3) return;
  for (const [bay, { vehicleId, transactionId }] of [...bays].slice(0, 7)) {
    const station = `S${Math.floor(bay / 2)}`;
    const pointId = `${station}-${(bay % 2) + 1}`;
    await cms.say(station, 'TransactionEnded', { pointId, transactionId, stopClass: 'ordinary' });
    await cms.say(station, 'PointStatusReported', { pointId, status: 'Available' });
    bays.delete(bay);
    for (const { model } of sides) {
      const request = model.of(vehicleId);
      if (request) request.status = 'ended';
    }
  }
}
