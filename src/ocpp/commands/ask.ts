/** One question to a station, asked safely: valid, one at a time, in time, journalled, its answer valid too. */
import type { CommandOutcome, Runtime } from '../../depot/index.js';
import { type Instant, instantOf, type JournalId } from '../../domain/index.js';
import { BridgeError, type ErrorCode } from '../../errors/index.js';
import type { JsonObject } from '../../mapping/index.js';
import { issuesOf, validatorOf } from '../../schemas/index.js';
import { flawOf } from '../inspect.js';
import { schemaName } from '../protocol.js';
import { CallFailure, type Station } from '../station/index.js';
import { barred, mayAsk } from './control.js';
import { findOnRecord } from './on-record.js';
import { CallQueue } from './queue.js';
import { Refusals } from './refusals.js';

/** A call ready to be sent, in the words of the station's version. */
export interface Call {
  readonly action: string;
  readonly payload: JsonObject;
  /** Rules of tables that made the payload. */
  readonly rules?: readonly string[];
  /** Said twice it does no more than said once. */
  readonly repeatable?: boolean;
}

export interface Reply {
  readonly answer: JsonObject;
  readonly frames: readonly JournalId[];
}

/** Why there is no usable answer. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
  readonly code: ErrorCode;
  readonly frames: readonly JournalId[];
  /** The station itself said no (CALLERROR), as against silence. */
  readonly refused: boolean;

  constructor(code: ErrorCode, message: string, frames: readonly JournalId[] = [], refused = false) {
    super(message);
    this.code = code;
    this.frames = frames;
    this.refused = refused;
  }
}

/** Words by which stations say yes. */
const YES = new Set(['Accepted', 'Scheduled', 'Unlocked', 'RebootRequired']);

export class Asker {
  readonly station: Station;
  readonly #runtime: Runtime;
  /** What the station refused since the start. */
  readonly refusals = new Refusals();
  readonly #queue = new CallQueue();
  /** Intents from before this instant may have been carried out by an earlier run of the bridge. */
  readonly #since: Instant;

  constructor(station: Station, runtime: Runtime) {
    this.station = station;
    this.#runtime = runtime;
    this.#since = runtime.now().toISOString();
    station.listen({
      onBooted: () => undefined,
      onConnected: () => undefined,
      onDisconnected: () => this.#queue.giveUp('the station disconnected'),
    });
  }

  /** @throws NoReply */
  async ask(call: Call, intent: JournalId | undefined): Promise<Reply> {
    const { protocol } = this.station;
    if (!protocol) throw new NoReply('OCPP_NOT_CONNECTED', 'the station is not connected');
    if (!mayAsk(this.station, call.action)) throw noReply(call.action, barred(this.station, call.action));
    const name = schemaName(protocol, call.action);
    this.#checkOutbound(name, call);
    const timeoutMs = this.#runtime.config.ocpp.callTimeoutSeconds * 1000;
    const options = {
      timeoutMs,
      ...(intent === undefined ? {} : { intent }),
      ...(call.rules ? { rules: call.rules } : {}),
      ...(call.repeatable ? { repeatable: true } : {}),
    };
    try {
      const { answer, frames } = await this.#queue.push(
        () => this.station.call(call.action, call.payload, options),
        2 * timeoutMs,
      );
      const flaw = flawOf(answer, this.station.limits.maxDepth) ?? this.#misfit(`${name}.conf`, answer);
      if (flaw) {
        const why = `${call.action}: ${flaw}`;
        throw new NoReply('OCPP_CALL_REFUSED', `the answer does not fit its schema: ${why}`, frames);
      }
      const reply = { answer: answer as JsonObject, frames };
      this.#noteRefusal(call.action, reply);
      return reply;
    } catch (error) {
      const failure = noReply(call.action, error);
      this.#noteFailure(call.action, failure);
      throw failure;
    }
  }

  /**
   * Why an answer does not fit its schema. One that only has texts that are too long does: what is asked for is in it
   * (configuration values of more than 500 characters: lbbrhzn/ocpp#821, evcc-io/evcc#6817).
   */
  #misfit(schema: string, answer: unknown): string | undefined {
    if (validatorOf(schema)(answer).length === 0) return undefined;
    const issues = issuesOf(schema, answer);
    const worst = issues.find(({ keyword }) => keyword !== 'maxLength');
    if (worst) return worst.message;
    const protocol = this.station.protocol ?? 'ocpp';
    this.#runtime.metrics.forgiven.inc({ protocol, code: `${schema}/too-long` });
    return undefined;
  }

  #noteRefusal(action: string, { answer, frames }: Reply): void {
    if (Refusals.isNo(answer['status'], YES)) this.#note(action, 'refused', reasonOf(action, answer), frames);
  }

  /** What was never sent is no word of the station's. */
  #noteFailure(action: string, { frames, refused, message, code }: NoReply): void {
    if (frames.length > 0)
      this.#note(action, refused ? 'refused' : 'unanswered', `${code}: ${message}`, frames);
  }

  #note(action: string, how: 'refused' | 'unanswered', message: string, frames: readonly JournalId[]): void {
    const journalId = frames.at(-1);
    const at = this.#runtime.now().toISOString();
    this.refusals.count(action, how, { at, message, ...(journalId === undefined ? {} : { journalId }) });
  }

  /** Asks, and turns the status of the answer into an outcome. Never rejects. */
  async command(call: Call, intent: JournalId, alsoYes: readonly string[] = []): Promise<CommandOutcome> {
    try {
      const { answer, frames } = (await this.#onRecord(call, intent)) ?? (await this.ask(call, intent));
      const status = String(answer['status']);
      if (YES.has(status) || alsoYes.includes(status)) return { outcome: 'accepted', frames };
      return { outcome: 'rejected', reason: reasonOf(call.action, answer), frames };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  /**
   * What a command of an earlier run came to, so that no intent is carried out twice. One that can be repeated is
   * repeated while its outcome is not known.
   *
   * @throws NoReply
   */
  async #onRecord(call: Call, intent: JournalId): Promise<Reply | undefined> {
    if (instantOf(intent) >= this.#since) return undefined;
    const link = `ocpp:${this.station.config.ocpp.identity}`;
    const found = await findOnRecord(this.#runtime.depot.journal, intent, link, call);
    if (!found) return undefined;
    const { answer, error, frames } = found;
    if (answer) return { answer, frames };
    if (error !== undefined) throw new NoReply('OCPP_CALL_REFUSED', `${call.action}: ${error}`, frames, true);
    if (call.repeatable) return undefined;
    const why = `${call.action} was sent before the bridge restarted, and no answer is on record`;
    throw new NoReply('OCPP_OUTCOME_UNKNOWN', why, frames);
  }

  #checkOutbound(name: string, { action, payload }: Call): void {
    if (validatorOf(name)(payload).length === 0) return;
    const protocol = this.station.protocol ?? 'ocpp';
    this.#runtime.metrics.schemaViolations.inc({ protocol, action });
    const issues = issuesOf(name, payload).map((issue) => issue.message);
    this.#runtime.log.error(
      { code: 'OCPP_OUTBOUND_INVALID', stationId: this.station.config.id, action, issues },
      'a message of ours does not fit its schema and was not sent',
    );
    throw new NoReply('OCPP_OUTBOUND_INVALID', `${action}: ${issues[0] ?? 'invalid'}`);
  }
}

function noReply(action: string, error: unknown): NoReply {
  if (error instanceof NoReply) return error;
  const { message } = error as Error;
  if (error instanceof BridgeError) return new NoReply(error.code, message);
  const frames = error instanceof CallFailure ? error.frames : [];
  const word = refusalWord(error);
  if (word) return new NoReply('OCPP_CALL_REFUSED', `${action}: ${word} ${message}`.trim(), frames, true);
  // Whoever was to carry it to the station did not.
  if (error instanceof CallFailure && error.cause instanceof BridgeError)
    return new NoReply(error.cause.code, message, frames);
  if (message === 'Call timeout') return new NoReply('OCPP_TIMEOUT', `${action}: no answer in time`, frames);
  if (frames.length === 0) return new NoReply('OCPP_NOT_CONNECTED', `${action}: ${message}`);
  // It left: the station may have carried it out before it went.
  const why = `${action}: it was sent, and the station went before it answered`;
  return new NoReply('OCPP_OUTCOME_UNKNOWN', why, frames);
}

/** The code of the CALLERROR that the station answered with. */
function refusalWord(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'rpcErrorCode' in cause ? cause.rpcErrorCode : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The outcome of a command that got no usable answer. */
export function outcomeOf(error: unknown): CommandOutcome {
  if (!(error instanceof NoReply)) throw error;
  const outcome = error.refused ? 'rejected' : 'failed';
  return { outcome, reason: `${error.code}: ${error.message}`, frames: error.frames };
}

function reasonOf(action: string, answer: JsonObject): string {
  const info = answer['statusInfo'] as { reasonCode?: string; additionalInfo?: string } | undefined;
  return [`${action} ${answer['status']}`, info?.reasonCode, info?.additionalInfo].filter(Boolean).join(': ');
}
