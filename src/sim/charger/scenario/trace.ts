import { partsOf } from '../frame.js';
import type { ChargerSimulator } from '../simulator.js';
import type { Violation } from '../wire.js';

/** A call of the CSMS. */
export interface SeenCall {
  readonly action: string;
  readonly payload: unknown;
}

/** The last call of the station under an action, and its answer as soon as there is one. */
export interface OwnCall {
  readonly id: string;
  answer?: { readonly payload: unknown } | { readonly error: string; readonly description: string };
}

/** What went over the wire, as far as expectations ask for it. */
export class Trace {
  #calls: SeenCall[] = [];
  #errors: string[] = [];
  /** Messages that are none or do not fit their schema, in all. */
  misfits = 0;
  readonly #own = new Map<string, OwnCall>();
  #lastAction: string | undefined;
  readonly #actions = new Map<string, string>();

  readonly #events: ChargerSimulator['events'];
  readonly #onSent = (frame: string): void => this.#sent(partsOf(frame));
  readonly #onReceived = (frame: string): void => this.#received(partsOf(frame));
  readonly #onViolation = ({ direction, action, part, message }: Violation): void =>
    this.#misfit(`${direction} ${action}.${part} does not fit its schema: ${message}`);
  readonly #onGarbled = ({ frame, reason }: { frame: string; reason: string }): void =>
    this.#misfit(`${reason}: ${frame.slice(0, 100)}`);

  constructor(charger: ChargerSimulator) {
    this.#events = charger.events;
    this.#events.on('sent', this.#onSent);
    this.#events.on('received', this.#onReceived);
    this.#events.on('violation', this.#onViolation);
    this.#events.on('garbled', this.#onGarbled);
  }

  /** Listens no more. */
  end(): void {
    this.#events.off('sent', this.#onSent);
    this.#events.off('received', this.#onReceived);
    this.#events.off('violation', this.#onViolation);
    this.#events.off('garbled', this.#onGarbled);
  }

  /** Calls of the CSMS since the last `mark`. */
  get calls(): readonly SeenCall[] {
    return this.#calls;
  }

  /** Something is done now: what the CSMS called before has nothing to do with it. */
  mark(): void {
    this.#calls = [];
  }

  /** CALLERRORs and misfits since this was asked last. */
  takeErrors(): string[] {
    return this.#errors.splice(0);
  }

  /** The last call, or the last of this action. */
  own(action = this.#lastAction): OwnCall | undefined {
    return action === undefined ? undefined : this.#own.get(action);
  }

  #misfit(words: string): void {
    this.misfits += 1;
    this.#errors.push(words);
  }

  #sent([type, id, third, fourth]: unknown[]): void {
    if (type === 4) this.#errors.push(`sent CALLERROR ${String(third)}: ${String(fourth)}`);
    if (type !== 2) return;
    const action = String(third);
    const before = this.#own.get(action);
    if (before) this.#actions.delete(before.id);
    this.#own.set(action, { id: String(id) });
    this.#actions.set(String(id), action);
    this.#lastAction = action;
  }

  #received([type, id, third, fourth]: unknown[]): void {
    if (type === 2) this.#calls.push({ action: String(third), payload: fourth });
    if (type === 4) this.#errors.push(`received CALLERROR ${String(third)}: ${String(fourth)}`);
    if (type !== 3 && type !== 4) return;
    const own = this.#own.get(this.#actions.get(String(id)) ?? '');
    if (!own || own.id !== id) return;
    own.answer =
      type === 3 ? { payload: third } : { error: String(third), description: String(fourth ?? '') };
  }
}
