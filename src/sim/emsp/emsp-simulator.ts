import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { TokenForm } from './authorization.js';
import { type Call, type CallAnswer, OcpiClient } from './client.js';
import { Commander, callTo } from './commands.js';
import { EmspError } from './errors.js';
import { type EmspFault, FaultBox } from './faults.js';
import type {
  ChargingPreferences,
  ChargingProfile,
  Credentials,
  OcpiObject,
  OcpiVersion,
  Party,
  PushModule,
} from './messages.js';
import { ObjectMirror } from './mirror.js';
import { type ListQuery, listUrl, type PagedList, readPages } from './pages.js';
import { type Asked, PendingResults } from './pending.js';
import { addReceiver } from './receiver.js';
import { addRegistration, endpointUrl, type Peer, Registration } from './registration.js';
import { type Authorizer, addSender, type SenderContext } from './sender.js';
import { newApp } from './server.js';
import { sampleToken, tokenIn } from './tokens.js';
import type { OcpiViolation } from './watch.js';

export interface EmspOptions {
  readonly party: Party;
  /** Newest first or not: the highest mutual one is used. 2.2.1 if left out. */
  readonly versions?: readonly OcpiVersion[];
  /** 127.0.0.1 only; any free port if left out. */
  readonly port?: number;
  readonly name?: string;
  /** What a CPO may register with here on its own account. */
  readonly tokenA?: string;
  /** The customers' tokens; one RFID card and one app user if left out. */
  readonly tokens?: readonly OcpiObject[];
  /** Decides about realtime authorization; a known valid token is ALLOWED, another BLOCKED, if left out. */
  readonly authorize?: Authorizer;
}

export interface EmspEvents {
  /** A request of the CPO, its body as it came. */
  readonly received: [method: string, url: string, raw: string];
  readonly sent: [method: string, url: string, raw: string];
  /** The answer to a request of ours. */
  readonly answered: [method: string, url: string, answer: CallAnswer];
  readonly violation: [violation: OcpiViolation];
  readonly registered: [peer: Peer];
  /** A pushed object is new or different. */
  readonly stored: [module: PushModule, id: string, object: OcpiObject];
  readonly removed: [module: PushModule, id: string];
  readonly activeProfile: [sessionId: string, profile: OcpiObject];
}

/** What to start: the customer's token is the first one of ours if left out. */
export interface StartSession {
  readonly locationId: string;
  readonly evseUid?: string;
  readonly connectorId?: string;
  readonly token?: OcpiObject;
  readonly authorizationReference?: string;
}

/** An OCPI partner: registers with a CPO, keeps what is pushed, asks, commands, and counts what the CPO does wrong. */
export class EmspSimulator {
  readonly events = new EventEmitter<EmspEvents>();
  /** Everything the CPO did that the standard does not allow, oldest first. */
  readonly violations: OcpiViolation[] = [];
  /** How our token stands in our requests; by version if undefined. */
  tokenForm: TokenForm | undefined;
  /** The customers' tokens as the CPO may read them. */
  tokens: readonly OcpiObject[];
  /** Active charging profiles the CPO pushed, by session id. */
  readonly activeProfiles = new Map<string, OcpiObject>();
  readonly #options: EmspOptions;
  readonly #mirror = new ObjectMirror();
  readonly #pending = new PendingResults();
  readonly #faults = new FaultBox();
  readonly #client: OcpiClient;
  readonly #registration: Registration;
  readonly #commander: Commander;
  #app: FastifyInstance | undefined;

  constructor(options: EmspOptions) {
    this.#options = options;
    const { party, name = 'Simulated eMSP', tokenA } = options;
    const baseUrl = () => this.baseUrl;
    this.tokens = options.tokens ?? [sampleToken(party, 'RFID'), sampleToken(party, 'APP_USER')];
    this.#client = new OcpiClient({
      party,
      tokenForm: () => this.tokenForm,
      sent: (...request) => this.events.emit('sent', ...request),
      answered: (...exchange) => this.events.emit('answered', ...exchange),
      violation: (violation) => this.#violation(violation),
    });
    const registration = { party, name, versions: this.versions, baseUrl };
    this.#registration = new Registration(
      tokenA === undefined ? registration : { ...registration, tokenA },
      this.#client,
    );
    this.#commander = new Commander(this.#client, this.#registration, this.#pending, baseUrl);
    this.#mirror.events.on('stored', (...stored) => this.events.emit('stored', ...stored));
    this.#mirror.events.on('removed', (...removed) => this.events.emit('removed', ...removed));
  }

  get versions(): readonly OcpiVersion[] {
    return this.#options.versions ?? ['2.2.1'];
  }

  /** `http://127.0.0.1:<port>/ocpi`. @throws EmspError `not-started` */
  get baseUrl(): string {
    const address = this.#app?.server.address();
    if (!address) throw new EmspError('not-started', 'start() first');
    return `http://127.0.0.1:${(address as AddressInfo).port}/ocpi`;
  }

  get versionsUrl(): string {
    return `${this.baseUrl}/versions`;
  }

  /** The CPO as registered, or undefined. */
  get peer(): Peer | undefined {
    return this.#registration.peer;
  }

  /** The token the CPO presents to us since the handshake. */
  get ownToken(): string | undefined {
    return this.#registration.ownToken;
  }

  /** Pushed objects by id. */
  get locations(): ReadonlyMap<string, OcpiObject> {
    return this.#mirror.all('locations');
  }

  get sessions(): ReadonlyMap<string, OcpiObject> {
    return this.#mirror.all('sessions');
  }

  get cdrs(): ReadonlyMap<string, OcpiObject> {
    return this.#mirror.all('cdrs');
  }

  get tariffs(): ReadonlyMap<string, OcpiObject> {
    return this.#mirror.all('tariffs');
  }

  /** Listens on 127.0.0.1. */
  async start(): Promise<void> {
    const app = newApp();
    const context = this.#serverContext();
    addRegistration(app, context, this.#registration, {
      versions: this.versions,
      baseUrl: () => this.baseUrl,
    });
    addReceiver(app, context, this.#mirror);
    addSender(app, context);
    await app.listen({ host: '127.0.0.1', port: this.#options.port ?? 0 });
    this.#app = app;
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#client.close();
  }

  /** The server misbehaves from now on. @returns what ends it */
  misbehave(fault: EmspFault): () => void {
    return this.#faults.add(fault);
  }

  /** Credentials handshake as initiator. @throws EmspError */
  async register(cpoVersionsUrl: string, tokenA: string): Promise<Peer> {
    const peer = await this.#registration.register(cpoVersionsUrl, tokenA);
    this.events.emit('registered', peer);
    return peer;
  }

  /** Versions are looked at anew, both tokens replaced. */
  async putCredentials(): Promise<Peer> {
    const peer = await this.#registration.renew();
    this.events.emit('registered', peer);
    return peer;
  }

  getCredentials(): Promise<Credentials> {
    return this.#registration.read();
  }

  deleteCredentials(): Promise<void> {
    return this.#registration.end();
  }

  getLocations(query: ListQuery = {}): Promise<PagedList> {
    return this.#list('locations', 'Location', query);
  }

  /** A location, or an EVSE or connector of it. */
  async getLocation(id: string, evseUid?: string, connectorId?: string): Promise<OcpiObject> {
    const path = [id, evseUid, connectorId].filter((part) => part !== undefined);
    const dataClass = ['Location', 'EVSE', 'Connector'][path.length - 1] ?? 'Location';
    return this.#get('locations', path, dataClass);
  }

  getSessions(dateFrom: string, query: Omit<ListQuery, 'dateFrom'> = {}): Promise<PagedList> {
    return this.#list('sessions', 'Session', { ...query, dateFrom });
  }

  getCdrs(query: ListQuery = {}): Promise<PagedList> {
    return this.#list('cdrs', 'CDR', query);
  }

  getTariffs(query: ListQuery = {}): Promise<PagedList> {
    return this.#list('tariffs', 'Tariff', query);
  }

  async startSession(wish: StartSession): Promise<Asked> {
    const { locationId, evseUid, connectorId, token, authorizationReference } = wish;
    return this.#commander.command('START_SESSION', {
      token: this.#customer(token),
      location_id: locationId,
      ...(evseUid === undefined ? {} : { evse_uid: evseUid }),
      ...(connectorId === undefined ? {} : { connector_id: connectorId }),
      ...(authorizationReference === undefined ? {} : { authorization_reference: authorizationReference }),
    });
  }

  stopSession(sessionId: string): Promise<Asked> {
    return this.#commander.command('STOP_SESSION', { session_id: sessionId });
  }

  async reserveNow(body: OcpiObject): Promise<Asked> {
    return this.#commander.command('RESERVE_NOW', { token: this.#customer(), ...body });
  }

  cancelReservation(reservationId: string): Promise<Asked> {
    return this.#commander.command('CANCEL_RESERVATION', { reservation_id: reservationId });
  }

  unlockConnector(locationId: string, evseUid: string, connectorId: string): Promise<Asked> {
    const body = { location_id: locationId, evse_uid: evseUid, connector_id: connectorId };
    return this.#commander.command('UNLOCK_CONNECTOR', body);
  }

  setChargingProfile(sessionId: string, chargingProfile: ChargingProfile): Promise<Asked> {
    return this.#commander.setProfile(sessionId, chargingProfile);
  }

  /** @param durationS the horizon asked for, in seconds */
  getActiveChargingProfile(sessionId: string, durationS: number): Promise<Asked> {
    return this.#commander.activeProfile(sessionId, durationS);
  }

  clearChargingProfile(sessionId: string): Promise<Asked> {
    return this.#commander.clearProfile(sessionId);
  }

  /** @returns a member of ChargingPreferencesResponse */
  async setChargingPreferences(sessionId: string, preferences: ChargingPreferences): Promise<string> {
    const peer = this.#registration.registered();
    const endpoint = endpointUrl(peer.endpoints, 'sessions', 'SENDER');
    const { data } = await this.#client.ask({
      ...callTo(peer),
      method: 'PUT',
      url: `${endpoint}/${encodeURIComponent(sessionId)}/charging_preferences`,
      body: preferences,
      dataClass: 'ChargingPreferencesResponse',
    });
    return String(data);
  }

  /** Any request to the CPO, past the rules; the answer is returned however bad it is. */
  call(call: Pick<Call, 'method' | 'url'> & Partial<Call>): Promise<CallAnswer> {
    const { peer } = this.#registration;
    const [version = '2.2.1'] = this.versions;
    return this.#client.call(peer ? { ...callTo(peer), ...call } : { version, token: '', ...call });
  }

  /** Waits for a pushed object, here already or still to come. @throws EmspError `timeout` */
  waitFor(
    module: PushModule,
    predicate: (object: OcpiObject) => boolean,
    timeoutMs = 5_000,
  ): Promise<OcpiObject> {
    const known = [...this.#mirror.all(module).values()].find(predicate);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const look = (stored: PushModule, _id: string, object: OcpiObject) => {
        if (stored !== module || !predicate(object)) return;
        clearTimeout(timer);
        this.events.off('stored', look);
        resolve(object);
      };
      const timer = setTimeout(() => {
        this.events.off('stored', look);
        const seen = JSON.stringify([...this.#mirror.all(module).values()]);
        reject(
          new EmspError('timeout', `no such object in ${module} within ${timeoutMs} ms; known: ${seen}`),
        );
      }, timeoutMs);
      this.events.on('stored', look);
    });
  }

  #customer(token: OcpiObject | undefined = this.tokens[0]): OcpiObject | undefined {
    return token && tokenIn(this.#registration.registered().version, token);
  }

  async #list(module: string, dataClass: string, query: ListQuery): Promise<PagedList> {
    const peer = this.#registration.registered();
    const url = listUrl(endpointUrl(peer.endpoints, module, 'SENDER'), query);
    const first: Call = { ...callTo(peer), method: 'GET', url, dataClass };
    return readPages(this.#client, first, (violation) => this.#violation(violation));
  }

  async #get(module: string, path: readonly string[], dataClass: string): Promise<OcpiObject> {
    const peer = this.#registration.registered();
    const url = [endpointUrl(peer.endpoints, module, 'SENDER'), ...path.map(encodeURIComponent)].join('/');
    const { data } = await this.#client.ask({ ...callTo(peer), method: 'GET', url, dataClass });
    return data as OcpiObject;
  }

  #violation(violation: OcpiViolation): void {
    this.violations.push(violation);
    this.events.emit('violation', violation);
  }

  #serverContext(): SenderContext {
    return {
      faults: this.#faults,
      party: this.#options.party,
      tokens: () => this.#registration.tokens(),
      cpoParties: () => this.#registration.peer?.parties,
      received: (...request) => this.events.emit('received', ...request),
      violation: (violation) => this.#violation(violation),
      emspTokens: () => this.tokens,
      authorize: this.#options.authorize ?? (({ valid }) => (valid ? 'ALLOWED' : 'BLOCKED')),
      pending: this.#pending,
      activeProfile: (sessionId, profile) => {
        this.activeProfiles.set(sessionId, profile);
        this.events.emit('activeProfile', sessionId, profile);
      },
    };
  }
}
