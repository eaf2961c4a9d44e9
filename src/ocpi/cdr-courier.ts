/**
 * Sends charge detail records: each is POSTed until the partner has it, and looked for there before it is POSTed again
 * (2.2.1 cdrs §2.2), so that an answer that was lost, or an end of ours in between, makes no second one.
 */
import type { Runtime } from '../depot/index.js';
import { BridgeError, catalogue } from '../errors/index.js';
import type { CdrRecord } from './cdr-record.js';
import type { Cdrs } from './cdrs.js';
import { type CallAnswer, isSuccess, type PartnerClient, type Party } from './client.js';
import { type Courier, outcomeOf } from './courier.js';
import { sameCi, textIn } from './json.js';
import type { Maker } from './maker.js';
import type { PushOutcome } from './out-box.js';
import type { Registration } from './partners.js';
import { endpointUrl } from './version.js';
import { tellable, type World } from './world.js';

export interface CdrCourierOptions {
  readonly runtime: Pick<Runtime, 'log'>;
  readonly party: Party;
  readonly client: PartnerClient;
  readonly maker: Maker;
  readonly cdrs: Cdrs;
}

const REFUSED_MS = 60 * 60_000;

/** What the partner says of a CDR that it may have. */
type There = 'yes' | 'no' | 'unknown';

export class CdrCourier implements Courier {
  readonly kind = 'cdr';
  readonly turn = 'last';
  readonly #options: CdrCourierOptions;

  constructor(options: CdrCourierOptions) {
    this.#options = options;
  }

  /** In the order they were made: a credit before what replaces it. */
  due({ shelves }: World): string[] {
    return shelves.cdrs
      .entries()
      .filter(([, { state }]) => state !== 'taken')
      .sort(([, a], [, b]) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
      .map(([id]) => id);
  }

  refused({ partner }: World, cdr: string): number {
    const code = 'OCPI_CDR_REFUSED';
    this.#options.runtime.log.error(
      { code, partner: partner.id, cdr, fix: catalogue[code].fix },
      'a partner refuses a CDR',
    );
    return REFUSED_MS;
  }

  async send(world: World, id: string): Promise<PushOutcome> {
    const registration = world.partner.settled;
    const record = world.shelves.cdrs.get(id);
    if (!registration || !record || record.state === 'taken') return 'done';
    const before = record.after === undefined ? undefined : world.shelves.cdrs.get(record.after);
    // It comes again when the one before it has been taken.
    if (before && before.state !== 'taken') return 'done';
    const endpoint = endpointUrl(registration.endpoints, 'cdrs', 'RECEIVER');
    if (!endpoint || !tellable(registration.version, record.view.location)) return 'done';
    if (record.state === 'posting') {
      const there = await this.#lookThere(world, registration, record, endpoint);
      if (there === 'unknown') return 'failed';
      if (there === 'yes') return this.#taken(world, id);
    }
    return this.#post(world, registration, record, endpoint);
  }

  async #post(
    world: World,
    registration: Registration,
    record: CdrRecord,
    url: string,
  ): Promise<PushOutcome> {
    const { view, sources } = record;
    const made = this.#options.maker.make(registration.version, 'cdr', view, sources);
    if (!made) {
      const code = 'OCPI_CDR_UNCORRECTED';
      const details = { code, partner: world.partner.id, cdr: view.cdrId, fix: catalogue[code].fix };
      this.#options.runtime.log.error(details, 'a CDR cannot be said in the version of the partner');
      return 'done';
    }
    const { cdrs } = world.shelves;
    await cdrs.set(view.cdrId, { ...record, state: 'posting' });
    const { value: body, lineage } = made;
    const call = { ...callOf(world, registration), url, body, lineage };
    const answer = await this.#options.client.call({ ...call, method: 'POST', action: 'POST cdrs' });
    const location = this.#urlThere(answer.location, url);
    if (isSuccess(answer)) return this.#taken(world, view.cdrId, location);
    const outcome = outcomeOf(answer);
    // A clear no was not taken; anything else may have been.
    const state = outcome === 'refused' ? 'made' : 'posting';
    await cdrs.set(view.cdrId, { ...record, state, ...(location === undefined ? {} : { location }) });
    return outcome;
  }

  async #taken(world: World, id: string, location?: string): Promise<PushOutcome> {
    const record = world.shelves.cdrs.get(id);
    if (record) {
      const where = location === undefined ? {} : { location };
      await world.shelves.cdrs.set(id, { ...record, state: 'taken', ...where });
      this.#options.cdrs.taken(world, id);
    }
    return 'done';
  }

  /** Where the partner said it would be; if that answer was lost, where most partners have it. */
  async #lookThere(
    world: World,
    registration: Registration,
    { view, location, sources }: CdrRecord,
    endpoint: string,
  ): Promise<There> {
    const id = encodeURIComponent(view.cdrId);
    const { countryCode, partyId } = this.#options.party;
    const urls = location ? [location] : [`${endpoint}/${countryCode}/${partyId}/${id}`, `${endpoint}/${id}`];
    const lineage = { causes: Object.values(sources).map(({ raw }) => raw) };
    for (const url of urls) {
      const call = { ...callOf(world, registration), url, lineage };
      const answer = await this.#answerOf(call);
      if (!answer) return 'unknown';
      if (isSuccess(answer) && sameCi(textIn(answer.data, 'id') ?? '', view.cdrId)) return 'yes';
      if (answer.http === 429 || (answer.http >= 500 && location !== undefined)) return 'unknown';
    }
    return 'no';
  }

  async #answerOf(
    call: Omit<Parameters<PartnerClient['call']>[0], 'method' | 'action'>,
  ): Promise<CallAnswer | undefined> {
    try {
      return await this.#options.client.call({ ...call, method: 'GET', action: 'GET cdrs' });
    } catch (error) {
      if (error instanceof BridgeError && error.code === 'OCPI_PEER_FAILED') return undefined;
      throw error;
    }
  }

  #urlThere(location: string | undefined, url: string): string | undefined {
    return location !== undefined && URL.canParse(location, url) ? new URL(location, url).href : undefined;
  }
}

function callOf({ partner }: World, { version, clientToken }: Registration) {
  return { partnerId: partner.id, host: partner.host, clientToken, version, to: partner.mainParty };
}
