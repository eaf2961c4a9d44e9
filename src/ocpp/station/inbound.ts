/**
 * What becomes of a call of a station: repaired, checked, translated, reduced into the state, answered. Raw frames
 * are journalled before this begins.
 */
import type { Runtime } from '../../depot/index.js';
import type { DomainEvent, JournalId, StationEvent } from '../../domain/index.js';
import { processStartedBy } from '../../domain/index.js';
import type { ErrorCode } from '../../errors/index.js';
import type { Beginning, JournalEntry } from '../../journal/index.js';
import type { Generation, JsonObject, MapFailure, Selector } from '../../mapping/index.js';
import { type ValidationIssue, validatorOf } from '../../schemas/index.js';
import { flawOf } from '../inspect.js';
import { isAction, type OcppProtocol, schemaName, tableName } from '../protocol.js';
import { CallRefusal, refusalOf } from '../refusal.js';
import { type FrameFacts, introductionOf, selectorOf, translate } from '../translate.js';
import { type DataTransferStatus, dataTransferStatus, hasPlace } from '../vehicle-data.js';
import { type AnswerContext, handlingOf } from './answers/index.js';
import type { FrameJournal } from './frames.js';
import type { TransactionIds } from './transaction-ids.js';

/** A refusal that knows which error of ours it is, for the journal and the log. */
export class InboundRefusal extends CallRefusal {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, refusal: Pick<CallRefusal, 'kind' | 'message'>) {
    super(refusal.kind, refusal.message);
    this.code = code;
  }
}

/** Stands for the journal id of a frame that the store lost. */
const UNSTORED: JournalId = '0-0';

/** What calls of a station are read with, whoever answers them. */
export interface ReadingContext {
  readonly runtime: Runtime;
  readonly frames: FrameJournal;
  readonly stationId: string;
  readonly protocol: OcppProtocol;
  readonly maxDepth: number;
  /** The overlays of the station are found by it: kept as long as nothing changes that selects them. */
  readonly selector: SelectorMemo;
}

export interface InboundContext extends ReadingContext {
  readonly transactionIds: TransactionIds;
  admit(token: string): Promise<boolean>;
}

/** The selector of a station for what it last said of itself. */
export class SelectorMemo {
  #boot: FrameFacts['boot'];
  #select: Selector | undefined;

  /** The same object as long as the boot facts are the same object; `facts` are else of one station and version. */
  of(facts: FrameFacts): Selector {
    if (this.#select === undefined || this.#boot !== facts.boot) {
      this.#select = selectorOf(facts);
      this.#boot = facts.boot;
    }
    return this.#select;
  }
}

export interface ReceivedCall {
  readonly action: string;
  readonly payload: unknown;
  /** Its journal entry; null: the store lost it, so nothing may be derived from it. */
  readonly begun: Beginning | null;
}

/** What the state took from a call, and the answer once it may be given. */
export interface Taken {
  readonly events: readonly DomainEvent[];
  /** What must be stored before the answer; absent where the station need not know. */
  readonly stored: Promise<void> | undefined;
  /** The refusal in place of an answer when that or the call itself was not stored. */
  notStored(cause?: unknown): InboundRefusal;
  /** To be asked for when what must be stored is stored. */
  answer(): JsonObject | Promise<JsonObject>;
}

/**
 * Takes a call into the state. Synchronous, so that calls of one station count in the order they came.
 *
 * @throws InboundRefusal
 */
export function takeCall(context: InboundContext, call: ReceivedCall): Taken {
  const { runtime, protocol } = context;
  const { action, begun } = call;
  const entry = begun?.entry ?? null;
  const flaw = flawOf(call.payload, context.maxDepth);
  if (flaw) throw new InboundRefusal('OCPP_BAD_FRAME', { kind: 'Format', message: flaw });
  const handling = handlingOf(protocol, action);
  if (!handling) throw notHandled(protocol, action);
  if (!entry && handling.durable === true) throw notStored();
  const read = readCall(context, call);
  const events = entry ? settled(context, read, eventsOf(context, read)) : [];
  const told = new AnswerFacts(context, read, events);
  const isDurable = typeof handling.durable === 'function' ? handling.durable(told) : handling.durable;
  if (!entry && isDurable) throw notStored();
  const stored = runtime.depot.apply(events, begun?.stored);
  const failed = (err?: unknown) => {
    const { stationId } = context;
    if (err !== undefined)
      runtime.log.error({ err, stationId, journalId: entry?.id }, 'state was not stored');
    return notStored();
  };
  // Who waits for it tells.
  if (!isDurable) stored.catch(failed);
  return {
    events,
    stored: isDurable ? stored : undefined,
    notStored: failed,
    answer: () => handling.answer(told),
  };
}

/** A call of a station that was understood: repaired and valid. */
export interface ReadCall {
  readonly facts: FrameFacts;
  readonly payload: JsonObject;
  readonly generation: Generation;
}

/**
 * Repairs and checks a call whose payload has no flaw; one that fits no schema is parked.
 *
 * @throws InboundRefusal
 */
export function readCall(context: ReadingContext, call: ReceivedCall): ReadCall {
  const { runtime, protocol } = context;
  const { action, begun } = call;
  const entry = begun?.entry ?? null;
  if (!isObject(call.payload))
    throw new InboundRefusal('OCPP_BAD_FRAME', { kind: 'Format', message: 'the payload must be an object' });
  const generation = runtime.tables();
  const facts = factsOf(context, call, call.payload);
  const schema = schemaName(protocol, action);
  const validate = validatorOf(schema);
  const flawed = validate(call.payload)[0];
  // Tables that read another version's schema (2.1) repair what is valid in this one.
  const isValid = !flawed && schema === tableName(protocol, action);
  const payload = repaired(context, generation, facts, call.payload, entry, isValid);
  const issue = payload === call.payload ? flawed : validate(payload)[0];
  if (issue) {
    const failure = invalid(facts, issue);
    runtime.metrics.unmapped.inc({ mapping: failure.mapping, code: failure.code });
    if (entry) runtime.park(entry.id, failure, { station: facts.stationId });
    throw new InboundRefusal('OCPP_INVALID_PAYLOAD', refusalOf(issue));
  }
  return { facts, payload, generation };
}

function factsOf(context: ReadingContext, { action, begun }: ReceivedCall, payload: JsonObject): FrameFacts {
  const { runtime, stationId, protocol } = context;
  const entry = begun?.entry;
  const introduced = action === 'BootNotification' ? introductionOf(protocol, payload) : undefined;
  const facts = {
    id: entry?.id ?? UNSTORED,
    at: entry?.at ?? runtime.now().getTime(),
    action,
    protocol,
    stationId,
    site: runtime.depot.id,
    boot: introduced ?? runtime.depot.state.stations.get(stationId)?.boot?.value,
    vehicleData: runtime.config.ocpp.vehicleDataTransfer,
    select: undefined as Selector | undefined,
  };
  facts.select = context.selector.of(facts);
  return facts;
}

/** The payload after the repairs of overlays; which were made is noted: raw frame and tables tell the rest. */
function repaired(
  context: ReadingContext,
  generation: Generation,
  facts: FrameFacts,
  raw: JsonObject,
  entry: JournalEntry | null,
  isValid: boolean,
): JsonObject {
  const { runtime, frames, protocol } = context;
  const message = tableName(protocol, facts.action);
  const { payload, repairs } = generation.repair(message, raw, selectorOf(facts), isValid);
  if (repairs.length === 0) return payload;
  for (const repair of repairs) runtime.metrics.forgiven.inc({ protocol, code: repair });
  const causes = entry ? [entry.id] : [];
  void frames.note({ action: 'Repair', value: { message, repairs }, causes, rules: repairs });
  return payload;
}

/** What the tables make of a call; objects that they cannot make whole are parked. */
export function eventsOf(
  context: ReadingContext,
  { facts, payload, generation }: ReadCall,
): readonly DomainEvent[] {
  const { runtime, stationId, protocol } = context;
  const began = performance.now();
  const { events, failures, notes } = translate(facts, payload, generation, runtime.identity);
  runtime.metrics.mappingSeconds.observe({ protocol }, (performance.now() - began) / 1000);
  for (const failure of failures) {
    runtime.metrics.unmapped.inc({ mapping: failure.mapping, code: failure.code });
    runtime.park(facts.id, failure, { station: stationId });
  }
  for (const note of notes) {
    runtime.metrics.passOver({ ...note, vendor: facts.boot?.vendor });
    runtime.log.debug({ stationId, journalId: facts.id, ...note }, 'a reading was passed over');
  }
  return events;
}

/** Events as they can be applied: a start has an id that no other transaction has, also one that makes no event. */
function settled(
  { runtime, stationId, transactionIds }: InboundContext,
  { facts: { action, id }, payload }: ReadCall,
  events: readonly DomainEvent[],
): readonly DomainEvent[] {
  if (action !== 'StartTransaction') return events;
  const { state } = runtime.depot;
  const station = state.stations.get(stationId);
  if (station && !events.some(isStart)) transactionIds.unplaced(station, id, payload);
  return events.map((event) => transactionIds.settled(state, event));
}

function isStart(event: DomainEvent): event is Extract<StationEvent, { type: 'TransactionStarted' }> {
  return event.type === 'TransactionStarted';
}

/** What builders of answers may ask; most ask nothing, so nothing is made before it is asked for. */
class AnswerFacts implements AnswerContext {
  readonly payload: JsonObject;
  readonly #context: InboundContext;
  readonly #events: readonly DomainEvent[];
  readonly #facts: FrameFacts;

  constructor(context: InboundContext, { facts, payload }: ReadCall, events: readonly DomainEvent[]) {
    this.payload = payload;
    this.#context = context;
    this.#events = events;
    this.#facts = facts;
  }

  get now(): string {
    return `${this.#context.runtime.now().toISOString().slice(0, 19)}Z`;
  }

  get heartbeatSeconds(): number {
    return this.#context.runtime.config.ocpp.heartbeatSeconds;
  }

  get plansCharging(): boolean {
    return this.#context.runtime.config.depots[0].charging.policy !== 'forward';
  }

  admit(token: string): Promise<boolean> {
    return this.#context.admit(token);
  }

  transactionId(): number {
    const { id, stationId } = this.#facts;
    const { state } = this.#context.runtime.depot;
    // In the state, where a retry finds it again.
    const started = this.#events.find(isStart);
    const known = started && processStartedBy(state, started)?.transactionId?.value;
    if (known !== undefined) return Number(known);
    // A connector that is not configured: it may charge, and its start is parked.
    const station = state.stations.get(stationId);
    if (!station) throw notStored();
    return Number(this.#context.transactionIds.unplaced(station, id, this.payload));
  }

  dataTransferStatus(): DataTransferStatus {
    const { runtime, stationId } = this.#context;
    const station = runtime.depot.state.stations.get(stationId);
    // What has no journal entry was not looked at: if it names anybody it is refused as not stored.
    const isUnread = this.#facts.id === UNSTORED;
    const isTaken =
      isUnread ||
      this.#events.some((event) => event.type === 'VehicleIdentified' && hasPlace(event.payload, station));
    return dataTransferStatus(runtime.config.ocpp.vehicleDataTransfer, this.payload, isTaken);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid({ protocol, action }: FrameFacts, issue: ValidationIssue): MapFailure {
  const { path, message } = issue;
  return { code: 'OCPP_INVALID_PAYLOAD', mapping: schemaName(protocol, action), path, message };
}

function notHandled(protocol: OcppProtocol, action: string): InboundRefusal {
  return isAction(protocol, action)
    ? new InboundRefusal('OCPP_NOT_HANDLED', {
        kind: 'NotSupported',
        message: 'not taken from a station',
      })
    : new InboundRefusal('OCPP_NOT_HANDLED', { kind: 'NotImplemented', message: 'no such action' });
}

function notStored(): InboundRefusal {
  return new InboundRefusal('OCPP_NOT_STORED', {
    kind: 'InternalError',
    message: 'not stored: send it again',
  });
}
