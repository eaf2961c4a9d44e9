/** One way to read a recording: some tables, and the state that they make of it, entry by entry. */
import type { Config } from '../config/index.js';
import { mergeStations } from '../depot/index.js';
import {
  type DepotState,
  type DomainEvent,
  initialState,
  type JournalId,
  PersistentMap,
  reduce,
} from '../domain/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation, MapFailure } from '../mapping/index.js';
import { StationReplay } from '../ocpp/index.js';
import { presystemOf, replayFrame, replayRequests } from '../vdv463/index.js';
import { decisionOf } from './decisions.js';
import { stationsOf } from './recording.js';

/** What one entry came to. */
export interface Step {
  /** The standard's word for it, or the event's name. */
  readonly message: string;
  readonly stationId?: string;
  readonly presystemId?: string;
  readonly events: readonly DomainEvent[];
  readonly failures: readonly MapFailure[];
  readonly refused?: { readonly code: string; readonly message: string };
}

/** So many payloads that failed are remembered, for a later rerun. */
const MOST_FAILED = 10_000;

export class Side {
  readonly generation: Generation;
  readonly #config: Config;
  readonly #stations: StationReplay;
  /** Mappings that failed, by raw payload: a rerun of what never failed here adds nothing. */
  readonly #failed = new Map<JournalId, readonly string[]>();
  #identity: IdentityRegistry;
  #state: DepotState;

  constructor(config: Config, generation: Generation, identity: IdentityRegistry, state?: DepotState) {
    this.#config = config;
    this.generation = generation;
    this.#identity = identity;
    this.#state = state ?? initialState(identity.depotId, stationsOf(identity));
    this.#stations = new StationReplay(config);
  }

  get state(): DepotState {
    return this.#state;
  }

  get identity(): IdentityRegistry {
    return this.#identity;
  }

  /** Another way to read what comes from here on, beginning with the same state. */
  fork(generation: Generation): Side {
    return new Side(this.#config, generation, this.#identity, this.#state);
  }

  /** The bridge was started here, with these identities: it read its state from the store. */
  restart(identity: IdentityRegistry): void {
    this.#identity = identity;
    this.#stations.restart();
    const { depotId, processes, presystems } = this.#state;
    const fresh = initialState(depotId, stationsOf(identity));
    this.#state = {
      depotId,
      stations: mergeStations(fresh, this.#state),
      // As a store gives them back.
      processes: PersistentMap.of([...processes].sort(byKey)),
      presystems: Object.fromEntries(Object.entries(presystems).sort(byKey)),
    };
  }

  /** Takes one entry into the state. Undefined: it says nothing that counts. */
  take(entry: JournalEntry): Step | undefined {
    const step = this.#read(entry);
    if (!step) return undefined;
    for (const event of step.events) this.#state = reduce(this.#state, event);
    if (step.failures.length > 0 && entry.direction === 'in') this.#noteFailed(entry.id, step.failures);
    return step;
  }

  /** Runs a payload again that had failed, as an operator did after a fix. */
  rerun(entry: JournalEntry): Step | undefined {
    const failed = this.#failed.get(entry.id);
    const step = failed && this.#read(entry);
    if (!failed || !step || step.failures.length > 0) return undefined;
    this.#failed.delete(entry.id);
    const part = step.events.filter((event) => failed.includes(event.ruleOf('')));
    const events = part.length > 0 ? part : step.events;
    for (const event of events) this.#state = reduce(this.#state, event);
    return { ...step, events };
  }

  #read(entry: JournalEntry): Step | undefined {
    const event = entry.protocol === 'bridge' ? decisionOf(entry) : undefined;
    if (event) return { message: entry.action, events: [event], failures: [], ...subjectOf(event) };
    if (entry.protocol === 'vdv463') return this.#presystem(entry);
    const { generation, state, identity } = this;
    const heard = this.#stations.take(entry, { generation, identity, state });
    return heard && { message: entry.action, ...heard };
  }

  #presystem(entry: JournalEntry): Step | undefined {
    if (entry.direction !== 'in' || !isRequest(entry)) return undefined;
    const presystemId = presystemOf(entry);
    const upstream = this.#config.upstreams.find((each) => each.presystemId === presystemId);
    const step = { message: entry.action, presystemId, events: [], failures: [] };
    if (!upstream) return undefined;
    if (entry.error !== undefined) {
      const refused = { code: entry.error, message: 'it was refused when it came' };
      return { ...step, refused };
    }
    const list = replayRequests(entry, this.generation, this.#identity, upstream);
    if (list) return { ...step, events: [list.event], failures: list.failures };
    const events = replayFrame(entry, this.generation, this.#identity, upstream);
    if (events.length > 0) return { ...step, events };
    const message = `it does not fit ${upstream.dialect}, the dialect of the presystem in the configuration`;
    return { ...step, refused: { code: 'VDV463_PAYLOAD', message } };
  }

  #noteFailed(raw: JournalId, failures: readonly MapFailure[]): void {
    this.#failed.set(
      raw,
      failures.map(({ mapping }) => mapping),
    );
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > MOST_FAILED && oldest !== undefined) this.#failed.delete(oldest);
  }
}

/** Answers to what we told count for nothing in the state. */
function isRequest({ action }: JournalEntry): boolean {
  return action === 'BootNotification' || action === 'ProvideChargingRequests';
}

function subjectOf(event: DomainEvent): Pick<Step, 'stationId' | 'presystemId'> {
  if ('stationId' in event) return { stationId: event.stationId };
  return 'presystemId' in event ? { presystemId: event.presystemId } : {};
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
