/** What came of a command: told exactly once, to where the partner said, also over a restart. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Runtime } from '../depot/index.js';
import type { JournalId, PartnerCommandView } from '../domain/index.js';
import { isSuccess, type PartnerClient } from './client.js';
import type { Maker } from './maker.js';
import type { Partners } from './partners.js';
import type { Shelf } from './shelf.js';

/** A command that was answered ACCEPTED and whose result is still to be told. */
export interface OpenCommand {
  readonly partnerId: string;
  readonly command: string;
  readonly responseUrl: string;
  /** The request that gave the command. */
  readonly cause: JournalId;
  /** The result is on its way: after a restart nobody knows whether it arrived, so it is not sent again. */
  readonly sending?: true;
}

export interface ResultOptions {
  readonly runtime: Pick<Runtime, 'log'>;
  readonly partners: Partners;
  readonly client: PartnerClient;
  readonly maker: Maker;
  readonly open: Shelf<OpenCommand>;
  /** Milliseconds between attempts. */
  readonly pauses?: readonly number[];
}

const PAUSES = [1_000, 5_000, 25_000] as const;

export class Results {
  readonly #options: ResultOptions;
  readonly #ended = new AbortController();

  constructor(options: ResultOptions) {
    this.#options = options;
  }

  /** Commands that a restart cut off: nobody knows what the charger did. */
  async resume(): Promise<void> {
    for (const [id, command] of this.#options.open.entries()) {
      if (command.sending) await this.#options.open.delete(id);
      else void this.tell(id, command, 'unanswered', []);
    }
  }

  stop(): void {
    this.#ended.abort();
  }

  /** Remembers a command before anything is done about it. */
  expect(id: string, command: OpenCommand): Promise<void> {
    return this.#options.open.set(id, command);
  }

  /** Never rejects: what cannot be told is logged. Refusals and silence are tried again, an answer never. */
  async tell(
    id: string,
    command: OpenCommand,
    outcome: PartnerCommandView['outcome'],
    causes: readonly JournalId[],
  ): Promise<void> {
    const { open, runtime } = this.#options;
    try {
      await open.set(id, { ...command, sending: true });
      for (const pause of [...(this.#options.pauses ?? PAUSES), undefined]) {
        if (await this.#post(command, outcome, causes)) break;
        if (pause === undefined) runtime.log.error({ command }, 'the result of a command could not be told');
        else await delay(pause * (0.5 + Math.random() / 2), undefined, { signal: this.#ended.signal });
      }
      await open.delete(id);
    } catch (error) {
      if (!this.#ended.signal.aborted)
        runtime.log.error({ err: error, command }, 'the result of a command was not told');
    }
  }

  /** Whether nothing more is to be done. */
  async #post(
    { partnerId, command, responseUrl, cause }: OpenCommand,
    outcome: PartnerCommandView['outcome'],
    causes: readonly JournalId[],
  ): Promise<boolean> {
    const { partners, client, maker, runtime } = this.#options;
    const partner = partners.byId(partnerId);
    const registration = partner?.registration;
    if (!partner || !registration) return true;
    const { version, clientToken } = registration;
    const made = maker.make(version, 'command-result', { outcome }, {}, [cause, ...causes]);
    if (!made) return true;
    try {
      const answer = await client.call({
        partnerId,
        method: 'POST',
        url: responseUrl,
        host: partner.host,
        clientToken,
        version,
        action: `POST commands ${command}`,
        body: made.value,
        lineage: made.lineage,
        to: partner.mainParty,
      });
      // A partner that read the result and did not like it has it all the same.
      return isSuccess(answer) || (answer.http < 500 && answer.http !== 429);
    } catch (error) {
      runtime.log.warn({ err: error, partner: partnerId, command }, 'the result of a command was not taken');
      return false;
    }
  }
}
