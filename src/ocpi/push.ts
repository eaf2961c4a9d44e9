/** Tells registered partners what changed (2.2.1 locations §2.2.2, sessions §2.2.2), each at its own pace. */
import type { Runtime } from '../depot/index.js';
import { BridgeError } from '../errors/index.js';
import { type CallAnswer, isSuccess, type PartnerClient, type Party } from './client.js';
import { type Courier, isUnknownThere, outcomeOf } from './courier.js';
import type { Made, Maker } from './maker.js';
import { OutBox, type PushOutcome } from './out-box.js';
import type { Partner, Partners, Registration } from './partners.js';
import type { Roaming } from './roaming.js';
import { evsePushed, isDirty, sessionPushed, type ToldEvse } from './told.js';
import { endpointUrl, schemaName } from './version.js';
import { tellable, type World } from './world.js';

export interface PushOptions {
  readonly runtime: Pick<Runtime, 'log'>;
  readonly party: Party;
  readonly partners: Partners;
  readonly roaming: Roaming;
  readonly client: PartnerClient;
  readonly maker: Maker;
  /** For what is told beside EVSEs and sessions. */
  readonly couriers: readonly Courier[];
  /** Reads the partner's own list of tokens: due once it is registered, and in turn with what it is told. */
  readonly readTokens: (partner: Partner) => Promise<PushOutcome>;
  /** Milliseconds before the first repetition of a failed push. */
  readonly firstPauseMs?: number;
}

type Method = 'PUT' | 'PATCH';

/** The job of reading a partner's tokens. */
const TOKENS = 'tokens';

export class Push {
  readonly #options: PushOptions;
  readonly #boxes = new Map<Partner, OutBox>();
  readonly #later = new Set<NodeJS.Timeout>();

  constructor(options: PushOptions) {
    this.#options = options;
    const { partners, roaming, firstPauseMs } = options;
    for (const partner of partners.all) {
      const world = roaming.worldOf(partner);
      const send = (job: string) => this.#send(world, job);
      const refused = (job: string) => this.#refused(world, job);
      this.#boxes.set(
        partner,
        new OutBox({ send, refused, ...(firstPauseMs === undefined ? {} : { firstPauseMs }) }),
      );
    }
  }

  /** What changed while nobody could be told goes out now; what changes from here on follows. */
  start(): void {
    const { partners, roaming } = this.#options;
    roaming.events.on('evse', (world, uid) => this.#put(world, `evse ${uid}`));
    roaming.events.on('session', (world, id) => this.#put(world, `session ${id}`));
    partners.events.on('registered', (partner) => {
      this.#put({ partner }, TOKENS);
      const world = roaming.worldOf(partner);
      this.#beginAnew(world).catch((error: unknown) => {
        this.#options.runtime.log.error(
          { err: error, partner: partner.id },
          'the pushes to a partner could not begin',
        );
      });
    });
    partners.events.on('renewed', (partner) => this.#putAll(roaming.worldOf(partner)));
    for (const partner of partners.all) this.#putAll(roaming.worldOf(partner));
  }

  /** Something for a courier to take to this partner. */
  put(world: World, kind: string, id: string): void {
    this.#put(world, `${kind} ${id}`);
  }

  stop(): void {
    for (const timer of this.#later) clearTimeout(timer);
    for (const box of this.#boxes.values()) box.stop();
  }

  #put({ partner }: Pick<World, 'partner'>, job: string): void {
    if (partner.settled) this.#boxes.get(partner)?.put(job);
  }

  /** The partner's tokens, and what it has not taken yet, tried at once. */
  #putAll(world: World): void {
    const { partner, shelves } = world;
    this.#put({ partner }, TOKENS);
    this.#putDue(world, 'first');
    for (const [uid, told] of shelves.evses.entries())
      if (isDirty(told)) this.#put({ partner }, `evse ${uid}`);
    for (const [id, told] of shelves.sessions.entries())
      if (isDirty(told)) this.#put({ partner }, `session ${id}`);
    this.#putDue(world, 'last');
    this.#boxes.get(partner)?.wake();
  }

  #putDue(world: World, turn?: Courier['turn']): void {
    for (const courier of this.#options.couriers) {
      if (turn !== undefined && courier.turn !== turn) continue;
      for (const id of courier.due(world)) this.#put(world, `${courier.kind} ${id}`);
    }
  }

  #refused(world: World, job: string): void {
    const { partner } = world;
    this.#options.runtime.log.error(
      { partner: partner.id, job },
      'a partner keeps refusing a push; it is told again after the next change',
    );
    const { courier, id } = this.#courierOf(job);
    const againMs = courier?.refused?.(world, id);
    if (againMs === undefined) return;
    const timer = setTimeout(() => {
      this.#later.delete(timer);
      this.#put(world, job);
    }, againMs);
    timer.unref();
    this.#later.add(timer);
  }

  #courierOf(job: string): { readonly courier: Courier | undefined; readonly id: string } {
    const [kind, id = ''] = job.split(' ');
    return { courier: this.#options.couriers.find((each) => each.kind === kind), id };
  }

  /** A partner that registers reads what there is; it is told what changes after that. */
  async #beginAnew(world: World): Promise<void> {
    const { shelves } = world;
    this.#putDue(world);
    for (const [uid, { view }] of shelves.evses.entries())
      await evsePushed(shelves.evses, uid, view.lastUpdated);
    for (const [id, { view }] of shelves.sessions.entries())
      await sessionPushed(shelves.sessions, id, view.lastUpdated);
  }

  async #send(world: World, job: string): Promise<PushOutcome> {
    const [kind, id = ''] = job.split(' ');
    const { courier } = this.#courierOf(job);
    try {
      if (courier) return await courier.send(world, id);
      if (kind === TOKENS) return await this.#options.readTokens(world.partner);
      return await (kind === 'evse' ? this.#sendEvse(world, id) : this.#sendSession(world, id));
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : undefined;
      this.#options.runtime.log.warn({ err: error, partner: world.partner.id, job }, 'a push failed');
      // An object that cannot be made, or must not be sent there, does not get better by waiting.
      if (code === 'OCPI_OUTBOUND_INVALID') return 'done';
      return code === 'OCPI_ADDRESS_REFUSED' ? 'refused' : 'failed';
    }
  }

  /** A change of status is a PATCH; to a partner that does not know the EVSE the whole location is PUT. */
  async #sendEvse(world: World, uid: string): Promise<PushOutcome> {
    const registration = world.partner.settled;
    const told = world.shelves.evses.get(uid);
    if (!registration || !told || !isDirty(told)) return 'done';
    const made = this.#options.maker.make(registration.version, 'evse', told.view, told.sources);
    if (!made || !world.location(registration.version, told.locationId)) return 'done';
    const path = `${this.#ours()}/${encodeURIComponent(told.locationId)}`;
    const evsePath = `${path}/${encodeURIComponent(uid)}`;
    const answer = told.whole
      ? await this.#call(world, registration, 'PUT', 'locations', evsePath, made)
      : await this.#call(
          world,
          registration,
          'PATCH',
          'locations',
          evsePath,
          this.#statusOf(registration, made),
        );
    if (!answer) return 'done';
    if (isSuccess(answer)) {
      await evsePushed(world.shelves.evses, uid, told.view.lastUpdated);
      return 'done';
    }
    return isUnknownThere(answer) ? this.#sendLocation(world, registration, told, path) : outcomeOf(answer);
  }

  async #sendLocation(
    world: World,
    registration: Registration,
    { locationId }: ToldEvse,
    path: string,
  ): Promise<PushOutcome> {
    const shown = world.location(registration.version, locationId);
    const made =
      shown && this.#options.maker.make(registration.version, 'location', shown.view, shown.sources);
    if (!made) return 'done';
    const answer = await this.#call(world, registration, 'PUT', 'locations', path, made);
    if (!answer) return 'done';
    if (!isSuccess(answer)) return outcomeOf(answer);
    for (const { evseUid, lastUpdated } of shown.view.evses) {
      await evsePushed(world.shelves.evses, evseUid, lastUpdated);
    }
    return 'done';
  }

  /** Always the whole session: partners disagree about what a PATCH of a list means. */
  async #sendSession(world: World, id: string): Promise<PushOutcome> {
    const registration = world.partner.settled;
    const told = world.shelves.sessions.get(id);
    if (!registration || !told || !isDirty(told)) return 'done';
    if (!tellable(registration.version, told.view.location)) return 'done';
    const made = this.#options.maker.make(registration.version, 'session', told.view, told.sources);
    if (!made) return 'done';
    const path = `${this.#ours()}/${encodeURIComponent(id)}`;
    const answer = await this.#call(world, registration, 'PUT', 'sessions', path, made);
    if (!answer) return 'done';
    if (!isSuccess(answer)) return outcomeOf(answer);
    await sessionPushed(world.shelves.sessions, id, told.view.lastUpdated);
    return 'done';
  }

  /** Undefined if the partner has no such receiver. */
  async #call(
    { partner }: World,
    { version, endpoints, clientToken }: Registration,
    method: Method,
    module: 'locations' | 'sessions',
    path: string,
    { value, lineage }: Made,
  ): Promise<CallAnswer | undefined> {
    const endpoint = endpointUrl(endpoints, module, 'RECEIVER');
    if (!endpoint) return undefined;
    return this.#options.client.call({
      partnerId: partner.id,
      method,
      url: `${endpoint}/${path}`,
      host: partner.host,
      clientToken,
      version,
      action: `${method} ${module}`,
      body: value,
      lineage,
      to: partner.mainParty,
    });
  }

  #statusOf({ version }: Registration, { value, lineage }: Made): Made {
    const patch = { status: value['status'] ?? null, last_updated: value['last_updated'] ?? null };
    this.#options.maker.check(schemaName(version, 'EVSE.patch'), patch, 'PATCH locations');
    const fields = lineage.fields?.filter(({ path }) => path in patch);
    return { value: patch, lineage: { ...lineage, ...(fields ? { fields } : {}) } };
  }

  #ours(): string {
    const { countryCode, partyId } = this.#options.party;
    return `${countryCode}/${partyId}`;
  }
}
