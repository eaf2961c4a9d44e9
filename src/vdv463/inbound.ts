/** Requests of a presystem: journalled, judged, applied, answered exactly once (rules 6 to 9, 12, 13, 24 to 28). */
import type { UpstreamConfig } from '../config/index.js';
import type { Runtime } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import { Answers } from './answers.js';
import type { DialectProfile } from './dialect.js';
import { CONF, type Echo, type Envelope, ERR, errorPayload, type Fault, writeFrame } from './envelope.js';
import { judge, type Verdict } from './judge.js';
import { type RequestsPayload, translateRequests } from './translate.js';
import type { Wire } from './wire.js';

/** A frame as it came. */
export interface Received {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** It came before the first information was on the wire. */
  readonly early: boolean;
}

export interface InboundContext {
  readonly runtime: Runtime;
  readonly upstream: UpstreamConfig;
  readonly profile: DialectProfile;
  readonly wire: Wire;
  readonly booted: () => boolean;
  /** The boot was answered; `name` is how the presystem writes its own id. */
  readonly onBoot: (accepted: boolean, name: string) => void;
  readonly forgive: (codes: readonly ErrorCode[], journalId: JournalId) => void;
}

type Accepted = Extract<Verdict, { accepted: true }>;

export class Inbound {
  readonly #context: InboundContext;
  readonly #answers = new Answers();

  constructor(context: InboundContext) {
    this.#context = context;
  }

  /** One request. @throws BridgeError STORE_UNAVAILABLE: nothing was answered, the presystem repeats it */
  async request(envelope: Envelope, received: Received, forgiven: readonly ErrorCode[]): Promise<void> {
    const { wire, upstream, profile, booted, forgive } = this.#context;
    const { action, messageId } = envelope;
    const known = this.#answers.find(envelope);
    const verdict = judge(envelope, { upstream, profile, booted: booted(), early: received.early });
    const error = errorOf(known, verdict);
    const facts = { action, messageId, causes: [], ...(error ? { error } : {}) };
    const entry = await wire.received(received.text, received.at, facts);
    forgive(forgiven, entry.id);
    if (known === 'other') await this.refuse(envelope, reusedId(envelope), entry, false);
    else if (known) await wire.send(known.bytes, { action, messageId, causes: [entry.id] });
    else if (verdict.accepted) await this.#act(envelope, verdict, entry);
    else await this.refuse(envelope, verdict.fault, entry, verdict.lasting);
  }

  /** Answers a request with an err; kept for its repetition if it would be the same again. */
  async refuse(echo: Echo | Envelope, fault: Fault, entry: JournalEntry, lasting: boolean): Promise<void> {
    const { profile, runtime, upstream } = this.#context;
    const { presystemId } = upstream;
    const facts = { presystem: presystemId, code: fault.code, journalId: entry.id, action: echo.action };
    runtime.log.warn(facts, fault.message);
    const payload = errorPayload(profile, `${fault.code}: ${fault.message}`);
    await this.#answer(ERR, echo, payload, { entry, error: fault.code, keep: lasting });
  }

  async #act(envelope: Envelope, verdict: Accepted, entry: JournalEntry): Promise<void> {
    this.#context.forgive(verdict.forgiven, entry.id);
    if (verdict.action === 'BootNotification') await this.#boot(envelope, verdict.rejection, entry);
    else await this.#requests(envelope, verdict.payload as RequestsPayload, entry);
  }

  async #boot(envelope: Envelope, rejection: Fault | undefined, entry: JournalEntry): Promise<void> {
    const { runtime, upstream, onBoot } = this.#context;
    const { presystemId } = upstream;
    if (rejection) {
      runtime.log.warn(
        { presystem: presystemId, code: rejection.code, journalId: entry.id },
        rejection.message,
      );
      const error = rejection.code;
      await this.#answer(CONF, envelope, { status: 'Rejected' }, { entry, keep: true, error });
    } else {
      const payload = { receivedAt: new Date(entry.at).toISOString() };
      const ruleOf = () => 'bridge/boot';
      await runtime.depot.apply([{ type: 'PresystemBooted', presystemId, raw: entry.id, ruleOf, payload }]);
      await this.#answer(CONF, envelope, { status: 'Accepted' }, { entry, keep: true });
    }
    onBoot(rejection === undefined, envelope.presystemId);
  }

  async #requests(envelope: Envelope, payload: RequestsPayload, entry: JournalEntry): Promise<void> {
    const { runtime, upstream } = this.#context;
    const generation = runtime.tables();
    const stopTimer = runtime.metrics.mappingSeconds.startTimer({ protocol: 'vdv463' });
    const translated = translateRequests(entry, payload, generation, runtime.identity, upstream.dialect);
    stopTimer();
    for (const failure of translated.failures) {
      runtime.metrics.unmapped.inc({ mapping: failure.mapping, code: failure.code });
      runtime.park(entry.id, failure, { presystem: upstream.presystemId });
    }
    await runtime.depot.apply([translated.event]);
    this.#report(entry);
    const { rules } = translated;
    await this.#answer(CONF, envelope, {}, { entry, keep: true, generation: generation.id, rules });
  }

  /** What a dialect may have no field for is in the log at least. */
  #report(entry: JournalEntry): void {
    const { runtime, upstream } = this.#context;
    const { presystemId } = upstream;
    const presystem = runtime.depot.state.presystems[presystemId];
    for (const [chargingRequestId, reason] of Object.entries(presystem?.refused ?? {})) {
      const facts = { presystem: presystemId, chargingRequestId, journalId: entry.id };
      runtime.log.warn(facts, `charging request refused: ${reason.value}`);
    }
    if (presystem?.alarm?.raw === entry.id) {
      runtime.log.error({ presystem: presystemId, journalId: entry.id, alarm: true }, presystem.alarm.value);
    }
  }

  async #answer(
    type: typeof CONF | typeof ERR,
    echo: Echo | Envelope,
    payload: unknown,
    facts: {
      readonly entry: JournalEntry;
      readonly keep: boolean;
      readonly error?: ErrorCode;
      readonly generation?: string;
      readonly rules?: readonly string[];
    },
  ): Promise<void> {
    const { runtime, wire } = this.#context;
    const { entry, keep, ...more } = facts;
    const bytes = writeFrame(type, echo, payload, runtime.now());
    if (keep && 'payload' in echo) this.#answers.keep(echo, bytes);
    const { action, messageId } = echo;
    await wire.send(bytes, { action, messageId, causes: [entry.id], ...more });
  }
}

/** Why the frame has no effect of its own, for the journal and for a replay. */
function errorOf(known: ReturnType<Answers['find']>, verdict: Verdict): ErrorCode | undefined {
  if (known === 'other') return 'VDV463_DUPLICATE_ID';
  if (known) return 'VDV463_REPEATED';
  return verdict.accepted ? verdict.rejection?.code : verdict.fault.code;
}

function reusedId({ messageId }: Envelope): Fault {
  return { code: 'VDV463_DUPLICATE_ID', message: `message id ${messageId} stood for another payload before` };
}
