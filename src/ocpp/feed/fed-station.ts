/**
 * A station whose CSMS hands over what the two say to each other. Frames count by the time they were on the wire, whenever
 * they come; what is older than the feed may be silent is history, and says nothing of who is connected now.
 */
import type { JournalEntry } from '../../journal/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { Heard, Overheard, Station } from '../station/index.js';
import type { CommandDesk } from './command-desk.js';
import { FedConnection } from './fed-connection.js';
import type { EventItem, FrameItem } from './items.js';

export interface FedShared {
  readonly desk: CommandDesk;
  readonly nowMs: () => number;
  /** Milliseconds after which what is handed over is history. */
  readonly freshMs: number;
  /** Milliseconds without a frame after which a station is taken for gone that nobody said is connected. */
  readonly stationSilenceMs: number;
  readonly isFeedAlive: () => boolean;
  /** Whether a station is still held for connected: its grace is not over. */
  readonly isHeldConnected: (stationId: string) => boolean;
  /** What is to be remembered over a restart has changed. */
  readonly changed: (identity: string, link: HeldLink) => void;
}

/** What is remembered of a link over a restart. */
export interface HeldLink {
  readonly connected: boolean;
  readonly protocol: OcppProtocol;
  /** Whether the feed said so, and not only frames. */
  readonly told: boolean;
  /** When it last was there, and when it last went, as the CSMS says. */
  readonly aliveAtMs: number;
  readonly goneAtMs: number;
}

export class FedStation {
  readonly station: Station;
  readonly #shared: FedShared;
  readonly #overheard = new Map<OcppProtocol, Overheard>();
  #newest: FedConnection | undefined;
  #told = false;
  #aliveAtMs = 0;
  #goneAtMs = 0;
  /** The real time of its last sign of life, by a clock that never goes back. */
  #heardAt = 0;
  /** What to be again when the feed is back. */
  #paused: Pick<HeldLink, 'protocol' | 'told'> | undefined;
  #isOfNow = false;

  constructor(station: Station, shared: FedShared, held: HeldLink | undefined) {
    this.station = station;
    this.#shared = shared;
    if (!held) return;
    this.#aliveAtMs = held.aliveAtMs;
    this.#goneAtMs = held.goneAtMs;
    if (held.connected) this.#paused = held;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Knows a call again that an earlier run has heard, and whose answer it has not. */
  recall(by: 'station' | 'csms', protocol: OcppProtocol, entry: JournalEntry): void {
    this.#overhear(protocol).recall(by, entry);
  }

  /**
   * Takes a frame.
   *
   * @param before its journal entry, if an earlier run wrote it and could not finish
   */
  frame({ from, protocol, frame }: FrameItem, atMs: number, before?: JournalEntry): Heard {
    this.#isOfNow = this.#isFresh(atMs);
    if (from === 'station') this.#alive(protocol, atMs);
    const facts = { station: this.station, protocol, by: from, raw: frame, atMs };
    const copy = this.#shared.desk.copy(facts);
    if (copy) return copy;
    const begun = before && { begun: { entry: before, stored: Promise.resolve(true) } };
    return this.#overhear(protocol).frame(from, frame, { at: atMs, ...begun });
  }

  /** What a frame told was not stored: it will come again. */
  undo({ protocol, frame }: FrameItem, { call }: Heard): void {
    if (!call) return;
    const [, messageId] = JSON.parse(frame) as [number, string];
    this.#overhear(protocol).reopen(messageId, call);
  }

  /** Takes what the feed says of the link. @returns its journal entry */
  event(item: EventItem, atMs: number): Heard {
    const { event, protocol, remoteAddress = '' } = item;
    const value = { event, protocol, remoteAddress, at: new Date(atMs).toISOString() };
    const begun = this.station.frames.beginNote({ action: `Feed ${event}`, value });
    if (event === 'connected') this.#came(protocol, atMs, remoteAddress);
    else this.#went(atMs);
    return { begun };
  }

  /** The feed has gone silent: nobody could say that the station went. */
  pause(reason: string): void {
    if (!this.#connection) return;
    this.#paused = { protocol: this.#connection.protocol, told: this.#told };
    this.#end(1006, reason);
  }

  /** The feed is there again, or for the first time: whoever is not lost yet is where it was. */
  resume(): void {
    const paused = this.#paused;
    this.#paused = undefined;
    if (!paused || this.#connection || !this.#shared.isHeldConnected(this.station.config.id)) return;
    this.#open(paused.protocol, '');
    this.#told = paused.told;
  }

  /** Takes a station for gone of which nobody has heard for too long, and nobody said that it is connected. */
  watch(): void {
    const silentMs = performance.now() - this.#heardAt;
    if (!this.#connection || this.#told || silentMs < this.#shared.stationSilenceMs) return;
    this.#end(1006, `no frame came for ${Math.round(silentMs / 1000)} s`);
    this.#keep();
  }

  /** The present connection; the watch over links may have ended it. */
  get #connection(): FedConnection | undefined {
    return this.#newest?.isOpen ? this.#newest : undefined;
  }

  #isFresh(atMs: number): boolean {
    return this.#shared.nowMs() - atMs <= this.#shared.freshMs;
  }

  /** A frame of the station: it was there then. */
  #alive(protocol: OcppProtocol, atMs: number): void {
    const isNew = atMs > this.#goneAtMs;
    this.#aliveAtMs = Math.max(this.#aliveAtMs, atMs);
    if (!isNew || !this.#isOfNow) return;
    this.#heardAt = performance.now();
    this.#connection?.alive();
    if (this.#connection?.protocol === protocol) return;
    this.#open(protocol, '');
    this.#told = false;
    this.#keep();
  }

  #came(protocol: OcppProtocol, atMs: number, remoteAddress: string): void {
    const isAgain = this.#told && this.#connection !== undefined;
    if (!this.#isFresh(atMs) || atMs < this.#goneAtMs || (isAgain && atMs <= this.#aliveAtMs)) return;
    this.#aliveAtMs = Math.max(this.#aliveAtMs, atMs);
    this.#heardAt = performance.now();
    // Frames may have shown it before the feed said so.
    const isShown = this.#connection?.protocol === protocol && !this.#told;
    if (!isShown) this.#open(protocol, remoteAddress);
    this.#told = true;
    this.#keep();
  }

  /** It went, unless it was there later. */
  #went(atMs: number): void {
    this.#goneAtMs = Math.max(this.#goneAtMs, atMs);
    if (atMs < this.#aliveAtMs) return;
    this.#paused = undefined;
    this.#end(1000, 'the CSMS says so');
    this.#keep();
  }

  #open(protocol: OcppProtocol, remoteAddress: string): void {
    const { desk, isFeedAlive } = this.#shared;
    this.#paused = undefined;
    const before = this.#connection;
    this.#newest = new FedConnection({
      station: this.station,
      ...{ protocol, remoteAddress, desk, isFeedAlive },
    });
    before?.end(1000, 'it connected anew');
  }

  #end(code: number, reason: string): void {
    const connection = this.#connection;
    this.#newest = undefined;
    this.#told = false;
    connection?.end(code, reason);
  }

  #keep(): void {
    const connection = this.#connection;
    this.#shared.changed(this.station.config.ocpp.identity, {
      connected: connection !== undefined,
      protocol: connection?.protocol ?? 'ocpp1.6',
      told: this.#told,
      aliveAtMs: this.#aliveAtMs,
      goneAtMs: this.#goneAtMs,
    });
  }

  #overhear(protocol: OcppProtocol): Overheard {
    const known = this.#overheard.get(protocol);
    if (known) return known;
    const made = this.station.overhear(protocol, () => this.#isOfNow);
    this.#overheard.set(protocol, made);
    return made;
  }
}
