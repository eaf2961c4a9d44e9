/** Requests of a presystem: journalled, judged, applied, answered exactly once (rules 6 to 9, 12, 13, 24 to 28). */
import type { UpstreamConfig } from '../config/index.js';
import type { Runtime } from '../depot/index.js';
import { instantAt, type JournalId, type PresystemEvent } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import { Answers } from './answers.js';
import type { DialectProfile } from './dialect.js';
import { CONF, type Echo, type Envelope, ERR, errorPayload, type Fault, writeFrame } from './envelope.js';
import { judge, type Verdict } from './judge.js';
import { type RequestsPayload, type TranslatedRequests, translateRequests } from './translate.js';
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
type Translated = TranslatedRequests & { readonly generation: string };

/** What follows from a request for the state; `translated` once that is known. */
interface Effect {
  readonly eventsOf: (entry: JournalEntry) => readonly PresystemEvent[];
  translated?: Translated;
}

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
    const effect = known === undefined && verdict.accepted ? this.#effectOf(verdict) : undefined;
    const entry = await wire.received(received.text, received.at, facts, effect?.eventsOf);
    forgive(forgiven, entry.id);
    if (known === 'other') await this.refuse(envelope, reusedId(envelope), entry, false);
    else if (known) await wire.send(known.bytes, { action, messageId, causes: [entry.id] });
    else if (verdict.accepted) await this.#act(envelope, verdict, entry, effect?.translated);
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

  /** What an accepted request does to the state, once it has a journal entry. */
  #effectOf(verdict: Accepted): Effect {
    if (verdict.action === 'BootNotification')
      return { eventsOf: (entry) => (verdict.rejection ? [] : [this.#booted(entry)]) };
    const effect: Effect = {
      eventsOf: (entry) => {
        effect.translated = this.#translate(verdict.payload as RequestsPayload, entry);
        return [effect.translated.event];
      },
    };
    return effect;
  }

  #booted(entry: JournalEntry): PresystemEvent {
    const { presystemId } = this.#context.upstream;
    const payload = { receivedAt: instantAt(entry.at) };
    return { type: 'PresystemBooted', presystemId, raw: entry.id, ruleOf: () => 'bridge/boot', payload };
  }

  #translate(payload: RequestsPayload, entry: JournalEntry): Translated {
    const { runtime, upstream } = this.#context;
    const generation = runtime.tables();
    const stopTimer = runtime.metrics.mappingSeconds.startTimer({ protocol: 'vdv463' });
    const translated = translateRequests(entry, payload, generation, runtime.identity, upstream.dialect);
    stopTimer();
    return { ...translated, generation: generation.id };
  }

  async #act(
    envelope: Envelope,
    verdict: Accepted,
    entry: JournalEntry,
    translated: Translated | undefined,
  ): Promise<void> {
    this.#context.forgive(verdict.forgiven, entry.id);
    if (translated) await this.#requests(envelope, translated, entry);
    else await this.#boot(envelope, verdict.rejection, entry);
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
      await this.#answer(CONF, envelope, { status: 'Accepted' }, { entry, keep: true });
    }
    onBoot(rejection === undefined, envelope.presystemId);
  }

  async #requests(envelope: Envelope, translated: Translated, entry: JournalEntry): Promise<void> {
    const { runtime, upstream } = this.#context;
    const { failures, generation, rules } = translated;
    for (const failure of failures) {
      runtime.metrics.unmapped.inc({ mapping: failure.mapping, code: failure.code });
      runtime.park(entry.id, failure, { presystem: upstream.presystemId });
    }
    this.#report(entry);
    await this.#answer(CONF, envelope, {}, { entry, keep: true, generation, rules });
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
