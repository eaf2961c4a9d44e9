import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import {
  type ChargingInformation,
  CONF,
  type Dialect,
  type Envelope,
  ERR,
  newMessageId,
  payloadProblems,
  REQ,
  readFrame,
  writeFrame,
} from '../../bms/index.js';
import { Missing, must } from './verdicts.js';

/** A frame as it came. */
export interface Frame {
  readonly raw: string;
  readonly envelope: Envelope | undefined;
}

export interface WireConfig {
  readonly presystemId: string;
  readonly source: string;
  readonly dialect: Dialect;
  readonly answerMs: number;
  /** Notes what is wrong with a frame of the CMS, whichever scenario it came in. */
  readonly blemish: (kind: 'envelope' | 'payload' | 'answer', message: string) => void;
}

/** Parts of a message a scenario wants otherwise than usual. */
export type Spelling = Partial<Envelope>;

/**
 * One connection with every frame in the scenario's hand. Information is confirmed by itself unless
 * `confirming` is switched off.
 */
export class Wire {
  readonly transcript: string[] = [];
  confirming = true;
  closeCode: number | undefined;
  pongs = 0;
  readonly #socket: WebSocket;
  readonly #config: WireConfig;
  readonly #frames: Frame[] = [];
  readonly #asked = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #tolerant = false;

  constructor(socket: WebSocket, config: WireConfig) {
    this.#socket = socket;
    this.#config = config;
    socket.on('message', (data: RawData) => this.#received(String(data)));
    socket.on('pong', () => {
      this.pongs++;
      this.#wake();
    });
    socket.on('error', (error) => this.#note('!', error.message));
    socket.on('close', (code, reason) => {
      this.closeCode = code;
      this.#note('!', `closed ${code} ${String(reason)}`);
      this.#wake();
    });
    socket.resume();
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** Where the record stands: give it to `from` to look only at what comes later. */
  get mark(): number {
    return this.#frames.length;
  }

  /** Any text. */
  send(raw: string): void {
    this.#note('>', raw);
    this.#socket.send(raw);
  }

  /** Bytes as WebSocket frames: binary, or a text in several pieces. */
  sendPieces(pieces: readonly string[], binary = false): void {
    pieces.forEach((piece, index) => {
      this.#note('>', piece);
      this.#socket.send(Buffer.from(piece), { binary, fin: index === pieces.length - 1 });
    });
  }

  ping(): void {
    this.#socket.ping('depot');
  }

  /** The text of a request; `spelling` overrides parts of it. */
  write(action: string, payload: unknown, spelling: Spelling = {}): string {
    const { source, presystemId } = this.#config;
    const envelope = {
      type: REQ,
      source,
      presystemId,
      timestamp: new Date().toISOString(),
      messageId: newMessageId(),
      action,
      payload,
      ...spelling,
    };
    return writeFrame(envelope);
  }

  /** Sends a request. @returns its message id */
  request(action: string, payload: unknown, spelling: Spelling = {}): string {
    const messageId = spelling.messageId ?? newMessageId();
    this.expectAnswer(messageId);
    this.send(this.write(action, payload, { ...spelling, messageId }));
    return messageId;
  }

  /** A request of this id goes out as text: one more answer to it is in order. */
  expectAnswer(messageId: string): void {
    this.#asked.set(messageId, (this.#asked.get(messageId) ?? 0) + 1);
  }

  /** What is sent from now on has a strange envelope, so strange answers are not held against the CMS. */
  tolerateStrangeAnswers(): void {
    this.#tolerant = true;
  }

  /** Sends a request and waits for its answer. @throws Deviation if none comes */
  ask(action: string, payload: unknown, spelling: Spelling = {}): Promise<Frame & { envelope: Envelope }> {
    const from = this.mark;
    return this.answerTo(this.request(action, payload, spelling), from);
  }

  /** The answer to a request. @throws Deviation if none comes in time */
  async answerTo(
    messageId: string,
    from = 0,
    timeoutMs = this.#config.answerMs,
  ): Promise<Frame & { envelope: Envelope }> {
    const frame = await this.next(
      ({ envelope }) => envelope?.type !== REQ && envelope?.messageId === messageId,
      timeoutMs,
      `an answer to ${messageId}`,
      from,
    );
    must(frame.envelope !== undefined, 'the answer cannot be read');
    return { raw: frame.raw, envelope: frame.envelope };
  }

  /** The next information request. @throws Deviation if none comes in time */
  async information(
    timeoutMs: number,
    wanted: (information: ChargingInformation, envelope: Envelope) => boolean = () => true,
    what = 'information',
    from = this.mark,
  ): Promise<Frame & { envelope: Envelope; information: ChargingInformation }> {
    const frame = await this.next(
      ({ envelope }) => isInformation(envelope) && wanted(envelope.payload as ChargingInformation, envelope),
      timeoutMs,
      what,
      from,
    );
    const { raw, envelope } = frame;
    must(envelope !== undefined, 'the information cannot be read');
    return { raw, envelope, information: envelope.payload as ChargingInformation };
  }

  confirm({ envelope }: { readonly envelope: Envelope }): void {
    this.send(this.write(envelope.action, {}, { type: CONF, messageId: envelope.messageId }));
  }

  refuse({ envelope }: { readonly envelope: Envelope }, payload: unknown): void {
    this.send(this.write(envelope.action, payload, { type: ERR, messageId: envelope.messageId }));
  }

  /** Every frame since a mark. */
  since(mark: number): readonly Frame[] {
    return this.#frames.slice(mark);
  }

  /** Waits for a frame. @throws Deviation if none comes in time or the connection ends */
  async next(
    wanted: (frame: Frame) => boolean,
    timeoutMs: number,
    what: string,
    from = this.mark,
  ): Promise<Frame> {
    const find = () => this.since(from).find(wanted);
    await this.until(() => find() !== undefined || !this.open, timeoutMs);
    const frame = find();
    if (!frame) {
      const why = this.open ? `within ${timeoutMs} ms` : `before the connection ended (${this.closeCode})`;
      throw new Missing(`${what} did not come ${why}`);
    }
    return frame;
  }

  /** Waits until something holds, at most so long. @returns whether it holds */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) return true;
    return new Promise((resolve) => {
      const finish = (holds: boolean) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(holds);
      };
      const look = () => {
        if (condition()) finish(true);
      };
      // On a busy machine it may have come already, unread: one more look, after the sockets had their turn.
      let timer = setTimeout(() => {
        timer = setTimeout(() => finish(condition()), LAST_LOOK_MS);
      }, timeoutMs);
      this.#watchers.add(look);
    });
  }

  /** Lets time pass and gives what came in it. */
  async during(ms: number): Promise<readonly Frame[]> {
    const from = this.mark;
    await delay(ms);
    await delay(LAST_LOOK_MS);
    return this.since(from);
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    const cut = setTimeout(() => this.#socket.terminate(), 500);
    await closed;
    clearTimeout(cut);
  }

  /** Cuts the link without a word. */
  async cut(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.terminate();
    await closed;
  }

  #received(raw: string): void {
    this.#note('<', raw);
    const { envelope, problems } = readFrame(raw);
    const strange = this.#tolerant && envelope?.type !== REQ;
    if (!strange) for (const problem of problems) this.#config.blemish('envelope', problem);
    if (envelope && !strange) this.#examine(envelope);
    this.#frames.push({ raw, envelope });
    if (isInformation(envelope) && this.confirming) this.confirm({ envelope });
    this.#wake();
  }

  #examine(envelope: Envelope): void {
    const { dialect, blemish, presystemId } = this.#config;
    if (envelope.type === ERR || ACTIONS.has(envelope.action)) {
      for (const problem of payloadProblems(dialect, envelope)) blemish('payload', problem);
    }
    if (envelope.presystemId !== presystemId && envelope.type === REQ) {
      blemish('envelope', `presystemId ${envelope.presystemId} is not the one that booted (${presystemId})`);
    }
    if (envelope.type === REQ) return;
    const left = this.#asked.get(envelope.messageId);
    if (left === undefined) blemish('answer', `an answer to ${envelope.messageId}, which nobody asked`);
    else if (left < 1) blemish('answer', `one more answer to ${envelope.messageId}`);
    else this.#asked.set(envelope.messageId, left - 1);
  }

  #note(direction: '>' | '<' | '!', text: string): void {
    this.transcript.push(`${direction} ${text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text}`);
  }

  #wake(): void {
    for (const look of [...this.#watchers]) look();
  }
}

const LAST_LOOK_MS = 25;

const ACTIONS: ReadonlySet<string> = new Set([
  'BootNotification',
  'ProvideChargingRequests',
  'ProvideChargingInformation',
]);

function isInformation(envelope: Envelope | undefined): envelope is Envelope {
  return envelope?.type === REQ && envelope.action === 'ProvideChargingInformation';
}
