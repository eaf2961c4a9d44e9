import { EventEmitter } from 'node:events';
import { type RawData, WebSocket } from 'ws';
import {
  type ChargingInformation,
  type ChargingRequest,
  CONF,
  type Envelope,
  ERR,
  errorPayload,
  newMessageId,
  payloadProblems,
  pointsOf,
  REQ,
  readFrame,
  writeFrame,
} from '../bms/index.js';
import type { Depot } from './depot.js';
import { informationOf } from './information.js';
import type { CmsFault, KnownPresystem } from './options.js';

export interface ConnectionContext {
  readonly presystem: KnownPresystem;
  readonly depot: Depot;
  readonly depotId: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly faults: ReadonlySet<CmsFault>;
  readonly now: () => Date;
}

export interface ConnectionEvents {
  readonly booted: [];
  readonly closed: [];
  readonly sent: [raw: string];
  readonly received: [raw: string];
}

interface Outstanding {
  readonly messageId: string;
  readonly timer: NodeJS.Timeout;
}

/** One upstream system on the line: what it asks is answered, what it should know is sent. */
export class Connection {
  readonly events = new EventEmitter<ConnectionEvents>();
  readonly #socket: WebSocket;
  readonly #context: ConnectionContext;
  readonly #answers = new Map<string, { readonly question: string; readonly answer: string }>();
  readonly #inform = () => this.#informationDue();
  #booted = false;
  #firstList = true;
  #outstanding: Outstanding | undefined;
  #due = false;
  #interval: NodeJS.Timeout | undefined;
  #lastSent: ChargingInformation | undefined;
  #waiting: (() => void)[] = [];

  constructor(socket: WebSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    socket.on('message', (data: RawData) => this.#receive(String(data)));
    socket.on('error', () => {});
    socket.on('close', () => this.#ended());
    if (context.faults.has('information-before-boot')) this.#sendInformation();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #ended(): void {
    const { depot, presystem, faults } = this.#context;
    clearInterval(this.#interval);
    clearInterval(this.#outstanding?.timer);
    depot.events.off('changed', this.#inform);
    if (faults.has('forgets-on-disconnect')) depot.forget(presystem.presystemId);
    this.events.emit('closed');
  }

  #receive(raw: string): void {
    this.events.emit('received', raw);
    const { envelope, problems } = readFrame(raw);
    if (!envelope) {
      this.#unreadable(raw, problems[0] ?? '');
    } else if (envelope.type === REQ) {
      this.#question(envelope, problems);
    } else if (envelope.messageId === this.#outstanding?.messageId) {
      if (envelope.type === ERR && this.#context.faults.has('retry-after-err')) return;
      this.#settled();
    }
  }

  /** Err if the positions of id and action can be saved, else the end (rule 15). */
  #unreadable(raw: string, problem: string): void {
    const [, , , , messageId, action] = saved(raw);
    if (typeof messageId === 'string' && typeof action === 'string') {
      this.#send(ERR, messageId, action, this.#error(problem));
    } else {
      this.close(1007, 'not a VDV 463 message');
    }
  }

  #question(envelope: Envelope, problems: readonly string[]): void {
    const { faults } = this.#context;
    const { messageId, action, payload } = envelope;
    const known = this.#answers.get(messageId);
    const question = JSON.stringify([action, payload]);
    if (known && !faults.has('duplicate-applied-again')) {
      if (known.question === question) this.#sendRaw(known.answer);
      else this.#send(ERR, messageId, action, this.#error('this message id was used for another message'));
      return;
    }
    const answer = () => {
      const refusal = problems[0] ?? this.#refusal(envelope);
      if (!ANSWERED.has(action) && faults.has('silent-on-unknown-action')) return;
      const id = faults.has('fresh-answer-id') ? newMessageId() : messageId;
      const sent =
        refusal === undefined
          ? this.#send(CONF, id, action, this.#confirm(envelope))
          : this.#send(ERR, id, action, this.#error(refusal));
      if (faults.has('answer-twice')) this.#sendRaw(sent);
      this.#answers.set(messageId, { question, answer: sent });
      this.#afterwards(envelope, refusal);
    };
    if (this.#outstanding && faults.has('deadlock-on-crossing')) this.#waiting.push(answer);
    else answer();
  }

  #refusal(envelope: Envelope): string | undefined {
    const { presystem, faults, depot } = this.#context;
    const { action, payload } = envelope;
    if (!ANSWERED.has(action)) return `${action} is not answered here`;
    if (envelope.presystemId !== presystem.presystemId) {
      return `these credentials are not those of ${envelope.presystemId}`;
    }
    if (action === 'BootNotification') return payloadProblems(presystem.dialect, envelope, 'inbound')[0];
    if (!this.#booted && !faults.has('serve-before-boot')) return 'BootNotification comes first';
    const asList = faults.has('missing-list-deletes') ? { chargingRequestList: listOf(payload) } : payload;
    const problem = payloadProblems(presystem.dialect, { ...envelope, payload: asList }, 'inbound')[0];
    if (problem !== undefined) return problem;
    const refuseAll = faults.has('one-invalid-refuses-all') && depot.hasInvalid(listOf(payload));
    return refuseAll ? 'an entry of the list is invalid' : undefined;
  }

  #confirm({ action, payload }: Envelope): unknown {
    const { depot, presystem } = this.#context;
    if (action === 'BootNotification') return { status: 'Accepted' };
    depot.apply(presystem.presystemId, listOf(payload), presystem.dialect, this.#firstList);
    this.#firstList = false;
    return {};
  }

  #afterwards({ action }: Envelope, refusal: string | undefined): void {
    if (action !== 'BootNotification' || refusal !== undefined) return;
    const { depot, intervalMs, faults } = this.#context;
    this.events.emit('booted');
    if (!this.#booted) {
      depot.events.on('changed', this.#inform);
      this.#interval = setInterval(this.#inform, intervalMs);
    }
    this.#booted = true;
    if (!faults.has('information-after-interval-only')) this.#informationDue();
  }

  /** The newest picture is due: at once, or as soon as the last one is answered (rules 10 and 18). */
  #informationDue(): void {
    if (!this.#booted) return;
    if (this.#outstanding && !this.#context.faults.has('second-request-while-waiting')) this.#due = true;
    else this.#sendInformation();
  }

  #sendInformation(): void {
    const { timeoutMs, retries, faults } = this.#context;
    this.#due = false;
    const payload = this.#information();
    const messageId = newMessageId();
    const bytes = this.#send(REQ, messageId, 'ProvideChargingInformation', payload);
    let left = faults.has('no-retry') ? 0 : retries;
    clearInterval(this.#outstanding?.timer);
    const again = () => {
      if (this.#outstanding?.messageId !== messageId) return;
      if (left-- <= 0) this.#unanswered();
      else if (faults.has('retry-with-new-id')) {
        this.#send(REQ, newMessageId(), 'ProvideChargingInformation', payload);
      } else this.#sendRaw(bytes);
    };
    // On a busy machine the answer may be here already, unread: it goes first.
    const timer = setInterval(() => setImmediate(again), timeoutMs);
    this.#outstanding = { messageId, timer };
  }

  #information(): unknown {
    const { depot, depotId, presystem, faults, now } = this.#context;
    const { presystemId, dialect } = presystem;
    const whole = informationOf(depot, depotId, presystemId, dialect, now());
    const before = this.#lastSent;
    this.#lastSent = whole;
    const told = faults.has('only-changed-points') && before ? difference(before, whole) : whole;
    return faults.has('undeclared-field') ? { ...told, vendor: 'yes' } : told;
  }

  /** All tries are used up: the next picture is a fresh one. */
  #unanswered(): void {
    this.#due = true;
    this.#settled();
  }

  #settled(): void {
    clearInterval(this.#outstanding?.timer);
    this.#outstanding = undefined;
    for (const answer of this.#waiting.splice(0)) answer();
    if (this.#due) this.#sendInformation();
  }

  #error(text: string): unknown {
    return errorPayload(this.#context.presystem.dialect === '2.0.0' ? 'errorMessage' : 'message', text);
  }

  #send(type: Envelope['type'], messageId: string, action: string, payload: unknown): string {
    const { presystem, now } = this.#context;
    const raw = writeFrame({
      type,
      source: 'CMS',
      presystemId: presystem.presystemId,
      timestamp: now().toISOString(),
      messageId,
      action,
      payload,
    });
    this.#sendRaw(raw);
    return raw;
  }

  #sendRaw(raw: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.events.emit('sent', raw);
    this.#socket.send(raw);
  }
}

const ANSWERED: ReadonlySet<string> = new Set(['BootNotification', 'ProvideChargingRequests']);

function listOf(payload: unknown): readonly ChargingRequest[] {
  const { chargingRequestList } = (payload ?? {}) as { chargingRequestList?: readonly ChargingRequest[] };
  return chargingRequestList ?? [];
}

function saved(raw: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(raw);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** The points that look different, which is not what the standard asks for. */
function difference(before: ChargingInformation, after: ChargingInformation): ChargingInformation {
  const known = new Set(pointsOf(before).map((point) => JSON.stringify(point)));
  return {
    ...after,
    depotInfoList: after.depotInfoList.map((depot) => ({
      ...depot,
      chargingStationInfoList: depot.chargingStationInfoList
        .map((station) => ({
          ...station,
          chargingPointInfoList: station.chargingPointInfoList.filter(
            (point) =>
              !known.has(
                JSON.stringify({
                  ...point,
                  depotId: depot.depotId,
                  chargingStationId: station.chargingStationId,
                }),
              ),
          ),
        }))
        .filter(({ chargingPointInfoList }) => chargingPointInfoList.length > 0),
    })),
  };
}
