/** Keeps every partner's world in line with the depot, and says what changed in it. */
import { EventEmitter } from 'node:events';
import type { Runtime } from '../depot/index.js';
import type { DepotState, ProcessState } from '../domain/index.js';
import type { Guests } from './guests.js';
import type { Partner } from './partners.js';
import type { Stored, World } from './world.js';

export interface RoamingEvents {
  readonly evse: [world: World, evseUid: string];
  readonly session: [world: World, sessionId: string];
  /** A process changed that is a session of this world, over or not. */
  readonly looked: [world: World, process: ProcessState];
}

export interface RoamingOptions {
  readonly runtime: Pick<Runtime, 'depot' | 'log' | 'tables'>;
  readonly worlds: readonly World[];
  readonly guests: Guests;
}

export class Roaming {
  readonly events = new EventEmitter<RoamingEvents>();
  readonly #options: RoamingOptions;
  readonly #isGuest = (process: ProcessState) => this.#ownerOf(process) !== undefined;
  #seen: DepotState | undefined;
  #generation: string | undefined;
  #soon: NodeJS.Immediate | undefined;
  #stop: (() => void) | undefined;

  constructor(options: RoamingOptions) {
    this.#options = options;
  }

  /** Begins to follow the depot. */
  start(): void {
    for (const world of this.#options.worlds) this.#store(world.settle());
    this.refresh();
    this.#stop = this.#options.runtime.depot.onChange(() => {
      this.#soon ??= setImmediate(() => this.refresh());
    });
  }

  stop(): void {
    this.#stop?.();
    clearImmediate(this.#soon);
  }

  worldOf(partner: Partner): World {
    const world = this.#options.worlds.find((candidate) => candidate.partner === partner);
    if (!world) throw new RangeError(`no world for partner ${partner.id}`);
    return world;
  }

  /** Brings every world up to the depot's newest state; `everything` also where the depot did not change. */
  refresh(everything = false): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    const { depot, tables } = this.#options.runtime;
    const { state } = depot;
    // Other tables may tell the same state otherwise.
    const isSameTables = this.#generation === tables().id;
    this.#generation = tables().id;
    const before = everything || !isSameTables ? undefined : this.#seen;
    const isFirst = this.#seen === undefined;
    this.#seen = state;
    if (before === state) return;
    const changed = changedSince(before, state);
    for (const world of this.#options.worlds) {
      this.#refreshEvses(world, changed.stationIds, state);
      this.#refreshSessions(world, changed.processes, isFirst);
    }
  }

  #refreshEvses(world: World, stationIds: Iterable<string>, state: DepotState): void {
    for (const place of world.placesAt(stationIds)) {
      const { evseUid } = place;
      const stored = this.#guarded(`EVSE ${evseUid}`, () => world.lookAt(place, state, this.#isGuest));
      if (!stored) continue;
      this.#store([stored]);
      this.events.emit('evse', world, evseUid);
    }
  }

  #refreshSessions(world: World, processes: readonly ProcessState[], isFirst: boolean): void {
    for (const process of processes) {
      const { processId } = process;
      // What was over before we looked for the first time was nobody's session.
      if (isFirst && process.closedAt && !world.shelves.sessions.has(processId)) continue;
      const owner = this.#options.guests.ownerOf(process);
      const stored = this.#guarded(`session ${processId}`, () => world.lookAtProcess(process, owner));
      if (stored) {
        this.#store([stored]);
        this.events.emit('session', world, processId);
      }
      if (world.shelves.sessions.has(processId)) this.events.emit('looked', world, process);
    }
  }

  /** Whether it is, or would be, the session of a partner. */
  isGuest(process: ProcessState): boolean {
    return this.#isGuest(process);
  }

  #ownerOf(process: ProcessState): object | undefined {
    const known = this.#options.worlds.find((world) => world.shelves.sessions.has(process.processId));
    return known ?? this.#options.guests.ownerOf(process);
  }

  /** What cannot be made is not told; the others go on. The maker has counted and logged it. */
  #guarded<T>(what: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#options.runtime.log.error({ err: error, what }, 'a partner is not told of a change');
      return undefined;
    }
  }

  #store(stored: readonly Stored[]): void {
    Promise.all(stored).catch((error: unknown) => {
      this.#options.runtime.log.error({ err: error }, 'what partners were told could not be stored');
    });
  }
}

/** Which processes changed, and which stations, by themselves or by a process at them; without `before`, all of them. */
function changedSince(
  before: DepotState | undefined,
  state: DepotState,
): { readonly processes: readonly ProcessState[]; readonly stationIds: ReadonlySet<string> } {
  if (!before) return { processes: state.processes.values(), stationIds: new Set(state.stations.keys()) };
  const processes = [...state.processes.changesSince(before.processes)].flatMap(
    ([, process]) => process ?? [],
  );
  const stationIds = new Set(processes.map(({ stationId }) => stationId));
  for (const [stationId] of state.stations.changesSince(before.stations)) stationIds.add(stationId);
  return { processes, stationIds };
}
