import { EventEmitter } from 'node:events';
import type { ChargingRequest, Dialect } from '../bms/index.js';
import type { CmsFault } from './options.js';

/** A charging process: from plugging in to unplugging. */
export interface Process {
  readonly chargingProcessId: string;
  readonly startTime: string;
  status: 'Charging' | 'Finishing';
  presystemId?: string;
  chargingRequestId?: string;
}

export interface Point {
  readonly chargingPointId: string;
  readonly chargingStationId: string;
  vehicleId?: string;
  process?: Process;
}

interface Requests {
  readonly valid: Map<string, ChargingRequest>;
  readonly rejected: Map<string, string>;
}

export interface DepotEvents {
  readonly changed: [];
}

/** The depot behind the CMS: charging points, plugged vehicles, and what the upstream systems ordered. */
export class Depot {
  readonly events = new EventEmitter<DepotEvents>();
  readonly points: readonly Point[];
  readonly #faults: ReadonlySet<CmsFault>;
  readonly #now: () => Date;
  readonly #requests = new Map<string, Requests>();
  #processes = 0;

  constructor(
    stations: Readonly<Record<string, readonly string[]>>,
    faults: ReadonlySet<CmsFault>,
    now: () => Date,
  ) {
    this.#faults = faults;
    this.#now = now;
    this.points = Object.entries(stations).flatMap(([chargingStationId, ids]) =>
      ids.map((chargingPointId) => ({ chargingPointId, chargingStationId })),
    );
  }

  /** Requests in force, with their owner. */
  orders(): readonly { readonly presystemId: string; readonly request: ChargingRequest }[] {
    return [...this.#requests].flatMap(([presystemId, { valid }]) =>
      [...valid.values()].map((request) => ({ presystemId, request })),
    );
  }

  /** Why requests of the presystem's last list were not taken, by id. */
  rejections(presystemId: string): ReadonlyMap<string, string> {
    return this.#of(presystemId).rejected;
  }

  /** Takes a presystem's full list. `firstOfConnection` arms the guard against a list lost in a restart. */
  apply(
    presystemId: string,
    list: readonly ChargingRequest[],
    dialect: Dialect,
    firstOfConnection: boolean,
  ): void {
    const requests = this.#of(presystemId);
    requests.rejected.clear();
    this.#omit(presystemId, list, dialect, firstOfConnection);
    for (const request of list) {
      const reason = this.#refusal(request);
      if (reason !== undefined) requests.rejected.set(request.chargingRequestId, reason);
      else if (request.chargingInstruction === 'Terminate') this.#end(presystemId, request.chargingRequestId);
      else this.#take(presystemId, request);
    }
    this.events.emit('changed');
  }

  /** Whether the list holds an entry that cannot be taken. */
  hasInvalid(list: readonly ChargingRequest[]): boolean {
    return list.some((request) => this.#refusal(request) !== undefined);
  }

  forget(presystemId: string): void {
    this.#requests.delete(presystemId);
  }

  /** A vehicle is plugged in and starts to charge, for whichever request waits for it or the point. */
  plug(chargingPointId: string, vehicleId?: string): void {
    const point = this.#point(chargingPointId);
    const order = this.orders().find(
      ({ request }) =>
        (request.chargingPointId === chargingPointId && [undefined, request.vehicleId].includes(vehicleId)) ||
        (request.chargingPointId === undefined && request.vehicleId === vehicleId),
    );
    const named = vehicleId ?? order?.request.vehicleId;
    if (named !== undefined) point.vehicleId = named;
    point.process = {
      chargingProcessId: `urn:cms:process:${++this.#processes}`,
      startTime: this.#now().toISOString(),
      status: 'Charging',
      ...(order && {
        presystemId: order.presystemId,
        chargingRequestId: order.request.chargingRequestId,
      }),
    };
    this.events.emit('changed');
  }

  unplug(chargingPointId: string): void {
    const point = this.#point(chargingPointId);
    const { presystemId, chargingRequestId } = point.process ?? {};
    if (presystemId !== undefined && chargingRequestId !== undefined) {
      this.#of(presystemId).valid.delete(chargingRequestId);
    }
    delete point.process;
    delete point.vehicleId;
    this.events.emit('changed');
  }

  /** The point where this request is charging now. */
  runningAt(presystemId: string, chargingRequestId: string): Point | undefined {
    return this.points.find(
      ({ process }) =>
        process?.status === 'Charging' &&
        process.presystemId === presystemId &&
        process.chargingRequestId === chargingRequestId,
    );
  }

  #of(presystemId: string): Requests {
    const known = this.#requests.get(presystemId);
    if (known) return known;
    const made: Requests = { valid: new Map(), rejected: new Map() };
    this.#requests.set(presystemId, made);
    return made;
  }

  #point(chargingPointId: string): Point {
    const point = this.points.find((candidate) => candidate.chargingPointId === chargingPointId);
    if (!point) throw new Error(`no charging point ${chargingPointId}`);
    return point;
  }

  #refusal({ chargingPointId, chargingProcessId, chargingRequestData }: ChargingRequest): string | undefined {
    const { minTargetSoc, maxTargetSoc } = chargingRequestData;
    if (minTargetSoc > maxTargetSoc && !this.#faults.has('corrects-target-soc')) {
      return `minTargetSoc ${minTargetSoc} is above maxTargetSoc ${maxTargetSoc}`;
    }
    if (chargingPointId && !this.points.some((point) => point.chargingPointId === chargingPointId)) {
      return `there is no charging point ${chargingPointId}`;
    }
    if (chargingProcessId && !this.#processPoint(chargingProcessId)) {
      return `there is no charging process ${chargingProcessId}`;
    }
    return undefined;
  }

  #processPoint(chargingProcessId: string): Point | undefined {
    return this.points.find(({ process }) => process?.chargingProcessId === chargingProcessId);
  }

  #take(presystemId: string, request: ChargingRequest): void {
    const { chargingRequestId, chargingProcessId } = request;
    this.#of(presystemId).valid.set(chargingRequestId, request);
    const adopted =
      chargingProcessId === undefined ? undefined : this.#processPoint(chargingProcessId)?.process;
    if (adopted) Object.assign(adopted, { presystemId, chargingRequestId });
  }

  #end(presystemId: string, chargingRequestId: string): void {
    const point = this.runningAt(presystemId, chargingRequestId);
    if (point?.process) point.process.status = 'Finishing';
    this.#of(presystemId).valid.delete(chargingRequestId);
  }

  #omit(
    presystemId: string,
    list: readonly ChargingRequest[],
    dialect: Dialect,
    firstOfConnection: boolean,
  ): void {
    if (this.#faults.has('omission-ignored')) return;
    const listed = new Set(list.map(({ chargingRequestId }) => chargingRequestId));
    const owners = this.#faults.has('deletes-of-others') ? [...this.#requests.keys()] : [presystemId];
    for (const owner of owners) {
      const ids = [...this.#of(owner).valid.keys()];
      const omitted = ids.filter((id) => !listed.has(id));
      const running = ids.filter((id) => this.runningAt(owner, id));
      const vanished = omitted.filter((id) => running.includes(id));
      const endsRunning =
        this.#faults.has('omission-ends-running') ||
        (dialect === '2.0.0' && !guarded(vanished.length, running.length, firstOfConnection));
      for (const id of omitted) if (endsRunning || !vanished.includes(id)) this.#end(owner, id);
    }
  }
}

/** 2.0 ends a running request by leaving it out; many at once, or first thing after a restart, is an accident. */
function guarded(vanished: number, running: number, firstOfConnection: boolean): boolean {
  return firstOfConnection || (vanished >= 2 && vanished * 2 >= running);
}
