/** Commands on record: who asks for what and why before anything moves (design rule 6), and how it ended. */
import type { CommandOutcome, Runtime } from '../depot/index.js';
import type { DomainEvent, JournalId, RequestState, StationEvents, StationId } from '../domain/index.js';
import type { JournalDraft } from '../journal/index.js';

type Answered = 'LimitAnswered' | 'DefaultLimitAnswered' | 'StopAnswered';

/** An outcome without what every one of them has; `cleared`: a limit was taken back. */
export type Answer<K extends Answered> = Omit<
  StationEvents[K],
  'intentId' | 'outcome' | 'reason' | 'at' | 'receivedAt'
> & { readonly cleared?: boolean };

export class Recorder {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Journals an intent; `details` name the place, the limit and whatever caused it. */
  async intend(
    action: string,
    request: RequestState | undefined,
    causes: readonly JournalId[],
    details: object,
  ): Promise<JournalId> {
    const why = request
      ? { presystemId: request.presystemId, chargingRequestId: request.request.chargingRequestId }
      : { policy: this.#runtime.config.depots[0].charging.policy };
    const reasons = [...new Set([...causes, ...(request ? [request.source.raw] : [])])];
    return this.note(action, reasons, { ...details, ...why });
  }

  /** Journals what the planner wants, found out or was told. @returns the journal id of it */
  async note(action: string, causes: readonly JournalId[], value: object): Promise<JournalId> {
    const entry = await this.#runtime.depot.journal.append(this.#draft(action, causes, value));
    return entry.id;
  }

  /** Journals what a command came to and lets it count. */
  async answered<K extends Answered>(
    type: K,
    stationId: StationId,
    intent: JournalId,
    { outcome, reason, frames }: CommandOutcome,
    { cleared, ...details }: Answer<K>,
  ): Promise<void> {
    const { depot, now } = this.#runtime;
    const at = now().toISOString();
    const payload = {
      ...details,
      intentId: intent,
      outcome: cleared && outcome === 'accepted' ? 'cleared' : outcome,
      ...(reason ? { reason } : {}),
      at,
      receivedAt: at,
    };
    await depot.record(this.#draft(type, [intent, ...frames], { stationId, payload }), ({ id: raw }) => {
      const event = { type, stationId, payload, raw, ruleOf: () => `bridge/${type}` };
      return [event as unknown as DomainEvent];
    });
  }

  #draft(action: string, causes: readonly JournalId[], value: object): JournalDraft {
    return {
      depotId: this.#runtime.depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action,
      raw: JSON.stringify(value),
      causes,
    };
  }
}
