/**
 * All that stations, and the CSMS they may have, said in a stretch of the journal: taken once more by the very code that took
 * it when it came, in the order of the journal, through whatever tables are asked for.
 */
import { pino } from 'pino';
import { attachOf, type Config } from '../config/index.js';
import { type Depot, Metrics, type Runtime } from '../depot/index.js';
import type { DepotState, DomainEvent, JournalId } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation, MapFailure } from '../mapping/index.js';
import { DEFAULT_LIMITS } from './options.js';
import type { OcppProtocol } from './protocol.js';
import {
  type FrameJournal,
  type InboundContext,
  InboundRefusal,
  Overheard,
  SelectorMemo,
  type Speaker,
  TransactionIds,
  takeCall,
  UNANSWERED,
} from './station/index.js';

/** What one entry came to. */
export interface HeardCall {
  readonly stationId: string;
  readonly events: readonly DomainEvent[];
  /** Objects that no table could make whole, or that the whole call fits no schema. */
  readonly failures: readonly MapFailure[];
  /** Why the call counts for nothing at all. */
  readonly refused?: { readonly code: ErrorCode; readonly message: string };
}

/** By what an entry is read. */
export interface ReplayMeans {
  readonly generation: Generation;
  readonly identity: IdentityRegistry;
  /** As it was before the entry. */
  readonly state: DepotState;
}

const STORED = Promise.resolve(true);
const APPLIED = Promise.resolve();
/** A replay journals nothing. */
const NO_FRAMES = {
  note: () => Promise.resolve(null),
  beginNote: () => null,
  frame: () => null,
} as unknown as FrameJournal;

export class StationReplay {
  readonly #config: Config;
  readonly #runtime: Runtime;
  /** By station and version. */
  readonly #contexts = new Map<string, InboundContext>();
  readonly #overheard = new Map<string, Overheard>();
  #ids = new Map<string, TransactionIds>();
  #means: ReplayMeans | undefined;
  #events: DomainEvent[] = [];
  #failures: MapFailure[] = [];

  constructor(config: Config) {
    this.#config = config;
    this.#runtime = this.#runtimeOf(config);
  }

  /** The bridge was started here: what it held in memory was gone. */
  restart(): void {
    this.#contexts.clear();
    this.#ids = new Map();
  }

  /** Undefined for what is no word of a configured station, or of its CSMS, that can count. */
  take(entry: JournalEntry, means: ReplayMeans): HeardCall | undefined {
    const [side, ocppIdentity] = splitLink(entry.link);
    const station = means.identity.stationByOcppIdentity(ocppIdentity);
    const { protocol } = entry;
    if (side === undefined || !station) return undefined;
    const { id: stationId } = station;
    this.#means = means;
    this.#events = [];
    this.#failures = [];
    if (entry.action === UNANSWERED) this.#unanswered(stationId, entry.causes[0]);
    else if (entry.direction !== 'in' || !isOcpp(protocol)) return undefined;
    // What did not reach the CSMS was said nevertheless.
    else if (entry.error !== undefined && entry.error !== 'OCPP_NOT_DELIVERED')
      return refusedThen(stationId, entry.error as ErrorCode);
    else if (this.#isOurs(stationId)) {
      const refused = side === 'station' ? this.#take(entry, stationId, protocol) : undefined;
      if (refused) return { stationId, events: [], failures: this.#failures, refused };
    } else this.#overhear(stationId, protocol).frame(side, entry.raw, { begun: { entry, stored: STORED } });
    const [events, failures] = [this.#events, this.#failures];
    return events.length > 0 || failures.length > 0 || isCall(entry)
      ? { stationId, events, failures }
      : undefined;
  }

  /** @returns why it counts for nothing; what fits no schema is among the failures */
  #take(entry: JournalEntry, stationId: string, protocol: OcppProtocol): HeardCall['refused'] {
    const [type, , action, payload] = JSON.parse(entry.raw) as unknown[];
    if (type !== 2 || typeof action !== 'string') return undefined;
    try {
      takeCall(this.#contextOf(stationId, protocol), { action, payload, begun: { entry, stored: STORED } });
      return undefined;
    } catch (error) {
      const { code = 'OCPP_BAD_FRAME', message } = error as { code?: ErrorCode; message: string };
      if (!(error instanceof InboundRefusal)) {
        // What is refused before any table reads it, such as a forbidden key.
        this.#failures.push({ code: code as MapFailure['code'], mapping: entry.action, message });
        return undefined;
      }
      return this.#failures.length > 0 ? undefined : { code, message };
    }
  }

  #unanswered(stationId: string, call: JournalId | undefined): void {
    if (call === undefined) return;
    for (const [key, overheard] of this.#overheard)
      if (key.startsWith(`${stationId} `)) overheard.unanswered(call);
  }

  #isOurs(stationId: string): boolean {
    const station = this.#config.depots[0].stations.find(({ id }) => id === stationId);
    return !station || attachOf(this.#config, station) === 'csms';
  }

  #contextOf(stationId: string, protocol: OcppProtocol): InboundContext {
    const key = `${stationId} ${protocol}`;
    const known = this.#contexts.get(key);
    if (known) return known;
    const transactionIds = this.#ids.get(stationId) ?? new TransactionIds();
    this.#ids.set(stationId, transactionIds);
    const context: InboundContext = {
      ...{ runtime: this.#runtime, stationId, protocol, frames: NO_FRAMES, transactionIds },
      maxDepth: DEFAULT_LIMITS.maxDepth,
      selector: new SelectorMemo(),
      admit: () => Promise.resolve(true),
    };
    this.#contexts.set(key, context);
    return context;
  }

  #overhear(stationId: string, protocol: OcppProtocol): Overheard {
    const key = `${stationId} ${protocol}`;
    const known = this.#overheard.get(key);
    if (known) return known;
    const overheard = new Overheard(this.#contextOf(stationId, protocol), {
      csmsFrames: NO_FRAMES,
      learn: () => undefined,
      answered: () => undefined,
      bad: () => undefined,
      // When nobody answered is in the journal.
      wait: () => () => undefined,
    });
    this.#overheard.set(key, overheard);
    return overheard;
  }

  /** What the code that takes calls sees of the bridge. */
  #runtimeOf(config: Config): Runtime {
    const means = () => this.#means as ReplayMeans;
    const depot = {
      id: config.depots[0].id,
      get state() {
        return means().state;
      },
      apply: (events: readonly DomainEvent[]) => {
        this.#events.push(...events);
        return APPLIED;
      },
    };
    return {
      config,
      depot: depot as unknown as Depot,
      get identity() {
        return means().identity;
      },
      log: pino({ level: 'silent' }),
      metrics: new Metrics(),
      tables: () => means().generation,
      now: () => new Date(),
      park: (_raw, failure) => this.#failures.push(failure),
    };
  }
}

function splitLink(link: string): readonly [side: Speaker | undefined, ocppIdentity: string] {
  const at = link.indexOf(':') + 1;
  const kind = link.slice(0, at);
  return [kind === 'ocpp:' ? 'station' : kind === 'csms:' ? 'csms' : undefined, link.slice(at)];
}

function isOcpp(protocol: JournalEntry['protocol']): protocol is OcppProtocol {
  return protocol.startsWith('ocpp');
}

function isCall({ raw }: JournalEntry): boolean {
  return /^\s*\[\s*2\b/.test(raw);
}

function refusedThen(stationId: string, code: ErrorCode): HeardCall {
  return { stationId, events: [], failures: [], refused: { code, message: 'it was refused when it came' } };
}
