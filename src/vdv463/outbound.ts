/** ProvideChargingInformation of one connection: what is told, when, and what became of it (rules 8, 10 to 14, 18, 36). */
import { randomUUID } from 'node:crypto';
import type { UpstreamConfig } from '../config/index.js';
import { causesOf, type Runtime } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import { type Envelope, ERR, errorText, REQ, writeFrame } from './envelope.js';
import type { Received } from './inbound.js';
import { composeInformation, type Information, type InformationFailure, sourceOf } from './information.js';
import { Publisher } from './publisher.js';
import { Slot } from './slot.js';
import type { Wire } from './wire.js';

const ACTION = 'ProvideChargingInformation';

/** Snapshots in a row that nobody answered, after which the connection is given up (rule 11). */
const LOST_BEFORE_CLOSE = 3;

export interface OutboundContext {
  readonly runtime: Runtime;
  readonly upstream: UpstreamConfig;
  readonly wire: Wire;
  /** The first snapshot is on the wire, or cannot be made. */
  readonly onInformed: () => void;
  /** The presystem answers nothing any more. */
  readonly onUnresponsive: () => void;
  readonly forgive: (codes: readonly ErrorCode[], journalId: JournalId) => void;
}

type Made = Extract<Information, { ok: true }>;

export class Outbound {
  readonly #context: OutboundContext;
  readonly #publisher: Publisher;
  readonly #slot: Slot;
  readonly #stopListening: () => void;
  #name: string;
  #lostInARow = 0;
  /** Points that the newest snapshot shows by their status alone. */
  #reducedPoints: string | undefined;
  /** Journal id of the snapshot under way. */
  #underWay: JournalId | undefined;
  #facts: { readonly generation: string; readonly rules: readonly string[] } | undefined;

  constructor(context: OutboundContext) {
    this.#context = context;
    const { upstream, runtime } = context;
    this.#name = upstream.presystemId;
    this.#slot = new Slot({
      timeoutMs: upstream.timeoutSeconds * 1_000,
      retries: upstream.retries,
      resend: (bytes) => this.#resend(bytes),
    });
    this.#publisher = new Publisher({
      intervalMs: upstream.intervalSeconds * 1_000,
      compose: () => this.#compose(),
      deliver: (snapshot) => this.#deliver(snapshot as Made).catch((error) => this.#undelivered(error)),
    });
    this.#stopListening = runtime.depot.onChange(({ events }) => {
      const onlyReadings = events.every(({ type }) => type === 'MeterSampled');
      this.#publisher.changed(onlyReadings ? 'reading' : 'change');
    });
  }

  /** A boot was accepted: tells the depot at once, and from now on, to the presystem as it calls itself. */
  start(name: string): void {
    this.#name = name;
    this.#publisher.start();
  }

  stop(): void {
    this.#stopListening();
    this.#publisher.stop();
    this.#slot.close();
  }

  /** A conf or err came; without a match it is late or foreign and has no effect (rule 14). */
  async answer(envelope: Envelope, received: Received, forgiven: readonly ErrorCode[]): Promise<void> {
    const { wire, runtime, upstream, forgive } = this.#context;
    const { messageId, action, type, payload } = envelope;
    const exact = messageId === this.#slot.messageId;
    const guessed = !exact && upstream.lenient && action === ACTION && this.#slot.messageId !== undefined;
    const matched = exact || guessed;
    const error = matched ? (type === ERR ? 'VDV463_REQUEST_REFUSED' : undefined) : 'VDV463_UNMATCHED_ANSWER';
    const causes = matched && this.#underWay ? [this.#underWay] : [];
    if (matched) this.#slot.answered();
    const facts = { action, messageId, causes, ...(error ? { error: error as ErrorCode } : {}) };
    const entry = await wire.received(received.text, received.at, facts);
    forgive(guessed ? [...forgiven, 'VDV463_LENIENT_ANSWER_ID'] : forgiven, entry.id);
    if (!error) return;
    const { presystemId } = upstream;
    const text =
      type === ERR ? `it answered with an error: ${errorText(payload)}` : `answer to ${messageId} ignored`;
    runtime.log.warn({ presystem: presystemId, code: error, journalId: entry.id, action }, text);
  }

  #compose(): Made | undefined {
    const { runtime, upstream, onInformed } = this.#context;
    const stopTimer = runtime.metrics.mappingSeconds.startTimer({ protocol: 'vdv463' });
    try {
      const information = composeInformation(sourceOf(runtime), upstream);
      if (information.ok) {
        if (information.reduced) this.#reduced(information.reduced);
        else this.#reducedPoints = undefined;
        return information;
      }
      this.#explain(information, `${ACTION} could not be made and was not sent`);
    } catch (error) {
      const facts = { presystem: upstream.presystemId, err: error };
      runtime.log.error(facts, `${ACTION} could not be made and was not sent`);
    } finally {
      stopTimer();
    }
    onInformed();
    return undefined;
  }

  /** Said once per set of points, not with every snapshot. */
  #reduced({ pointIds, failure }: NonNullable<Made['reduced']>): void {
    const points = pointIds.join(', ');
    if (points === this.#reducedPoints) return;
    this.#reducedPoints = points;
    this.#explain(failure, `only the status of ${points} is sent, for a value of theirs does not fit`);
  }

  #explain(failure: InformationFailure, what: string): void {
    const { runtime, upstream } = this.#context;
    const { kind, code, mapping, path, message } = failure;
    if (kind === 'schema') runtime.metrics.schemaViolations.inc({ protocol: 'vdv463', action: ACTION });
    else runtime.metrics.unmapped.inc({ mapping, code });
    const facts = { presystem: upstream.presystemId, code, mapping, path };
    runtime.log.error(facts, `${what}: ${message}`);
  }

  async #deliver(information: Made): Promise<'delivered' | 'lost' | 'closed'> {
    const { runtime, upstream, wire, onInformed, onUnresponsive } = this.#context;
    for (const { path } of information.notes) runtime.metrics.losses.inc({ protocol: 'vdv463', path });
    const messageId = randomUUID();
    const echo = { presystemId: this.#name, messageId, action: ACTION };
    const bytes = writeFrame(REQ, echo, information.payload, new Date(information.now));
    const fields = information.fields();
    this.#facts = { generation: information.generation, rules: information.rules };
    if (!wire.open) return 'closed';
    const asked = this.#slot.take(messageId);
    const entry = await wire.send(bytes, {
      ...this.#facts,
      action: ACTION,
      messageId,
      causes: causesOf(fields),
      fields,
    });
    this.#underWay = entry?.id;
    this.#slot.sent(bytes);
    onInformed();
    const outcome = await asked;
    if (outcome === 'closed') return 'closed';
    this.#lostInARow = outcome === 'answered' ? 0 : this.#lostInARow + 1;
    if (outcome === 'answered') return 'delivered';
    const facts = {
      presystem: upstream.presystemId,
      code: 'VDV463_NO_ANSWER',
      messageId,
      journalId: entry?.id,
    };
    runtime.log.warn(
      facts,
      `no answer after ${upstream.retries + 1} attempts; the next snapshot replaces it`,
    );
    if (this.#lostInARow >= LOST_BEFORE_CLOSE) onUnresponsive();
    return 'lost';
  }

  #undelivered(error: unknown): 'lost' {
    const { runtime, upstream } = this.#context;
    runtime.log.error({ presystem: upstream.presystemId, err: error }, `${ACTION} could not be sent`);
    this.#slot.close();
    return 'lost';
  }

  #resend(bytes: string): void {
    const messageId = this.#slot.messageId;
    const causes = this.#underWay ? [this.#underWay] : [];
    const facts = { action: ACTION, causes, ...(messageId ? { messageId } : {}), ...this.#facts };
    void this.#context.wire.send(bytes, facts);
  }
}
