/** What one connection puts on the wire and takes from it, journalled: raw first, then meaning. */
import { WebSocket } from 'ws';
import type { Runtime } from '../depot/index.js';
import type { DomainEvent, JournalId } from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { FieldSource, JournalDraft, JournalEntry } from '../journal/index.js';
import { linkOf } from './translate.js';

/** What is known of a frame beside its text. */
export interface FrameFacts {
  readonly action: string;
  readonly messageId?: string;
  readonly causes: readonly JournalId[];
  readonly error?: ErrorCode;
  readonly generation?: string;
  readonly rules?: readonly string[];
  readonly fields?: readonly FieldSource[];
}

export class Wire {
  readonly #socket: WebSocket;
  readonly #runtime: Runtime;
  readonly #presystemId: string;

  constructor(socket: WebSocket, runtime: Runtime, presystemId: string) {
    this.#socket = socket;
    this.#runtime = runtime;
    this.#presystemId = presystemId;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Writes a received frame down, and what follows from it for the state.
   *
   * @throws BridgeError STORE_UNAVAILABLE: then it has no effect, and must get no answer, so that the presystem repeats it
   */
  received(
    text: string,
    at: number,
    facts: FrameFacts,
    eventsOf: (entry: JournalEntry) => readonly DomainEvent[] = () => [],
  ): Promise<JournalEntry> {
    const outcome = facts.error ? 'refused' : 'ok';
    this.#count('in', facts.action, outcome);
    return this.#runtime.depot.record({ ...this.#draft('in', text, facts), at }, eventsOf);
  }

  /** Writes a frame down, then sends it. Information flows on while the store is away; the journal notes the gap. */
  async send(text: string, facts: FrameFacts): Promise<JournalEntry | null> {
    const entry = await this.#runtime.depot.journal.appendOrGap(this.#draft('out', text, facts));
    if (!entry) this.#runtime.metrics.lineageGaps.inc();
    if (!this.open) return entry;
    this.#socket.send(text);
    this.#count('out', facts.action, facts.error ? 'refused' : 'ok');
    return entry;
  }

  #draft(direction: 'in' | 'out', raw: string, facts: FrameFacts): JournalDraft {
    const { depot } = this.#runtime;
    return {
      ...facts,
      depotId: depot.id,
      link: linkOf(this.#presystemId),
      protocol: 'vdv463',
      direction,
      raw,
    };
  }

  #count(direction: 'in' | 'out', action: string, outcome: 'ok' | 'refused'): void {
    this.#runtime.metrics.messages.inc({
      protocol: 'vdv463',
      direction,
      action: knownAction(action),
      outcome,
    });
  }
}

const ACTIONS: ReadonlySet<string> = new Set([
  'BootNotification',
  'ProvideChargingRequests',
  'ProvideChargingInformation',
]);

/** A peer must not make labels of ours. */
function knownAction(action: string): string {
  return ACTIONS.has(action) ? action : 'other';
}
