import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { OcpiClient } from './client.js';
import { EmspError } from './errors.js';
import type { Credentials, Endpoint, OcpiVersion, Party, VersionEntry } from './messages.js';
import { type Heard, type OcpiAnswer, OK, route, type ServerContext, schemaProblem } from './server.js';
import { highestMutual, partnerEndpoints, traitsOf } from './version.js';

/** The CPO as it is known after a handshake. */
export interface Peer {
  readonly version: OcpiVersion;
  readonly versionsUrl: string;
  /** What we present to the CPO (token C if we asked, token B if it did). */
  readonly token: string;
  readonly endpoints: readonly Endpoint[];
  readonly parties: readonly Party[];
}

export interface RegistrationOptions {
  readonly party: Party;
  readonly name: string;
  readonly versions: readonly OcpiVersion[];
  readonly baseUrl: () => string;
  /** What a CPO may register with here on its own account. */
  readonly tokenA?: string;
}

/** Both sides' tokens and endpoints: the credentials handshake in either direction. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #client: OcpiClient;
  #ownToken: string | undefined;
  /** Valid while a handshake is under way: the CPO calls back with it before it answers. */
  #nextToken: string | undefined;
  #peer: Peer | undefined;

  constructor(options: RegistrationOptions, client: OcpiClient) {
    this.#options = options;
    this.#client = client;
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** What the CPO presents to us. */
  get ownToken(): string | undefined {
    return this.#ownToken;
  }

  /** Every token a request to us may carry now. */
  tokens(): readonly string[] {
    const tokenA = this.#peer ? undefined : this.#options.tokenA;
    return [this.#ownToken, this.#nextToken, tokenA].filter((token) => token !== undefined);
  }

  /** @throws EmspError `not-registered` */
  registered(): Peer {
    if (!this.#peer) throw new EmspError('not-registered', 'there is no registration with the CPO');
    return this.#peer;
  }

  /** POST with token A: versions, details, credentials. @throws EmspError; nothing is stored then */
  register(versionsUrl: string, tokenA: string): Promise<Peer> {
    return this.#handshake('POST', versionsUrl, tokenA);
  }

  /** PUT with a fresh token of ours; the CPO's token is replaced too. */
  async renew(): Promise<Peer> {
    const { versionsUrl, token } = this.registered();
    return this.#handshake('PUT', versionsUrl, token);
  }

  /** DELETE: both directions end. */
  async end(): Promise<void> {
    const { version, token } = this.registered();
    await this.#client.ask({ method: 'DELETE', url: this.#credentialsUrl(), token, version });
    this.forget();
  }

  /** The credentials the CPO would give for the token we present; they rotate nothing. */
  async read(): Promise<Credentials> {
    const { version, token } = this.registered();
    const url = this.#credentialsUrl();
    const call = { method: 'GET', url, token, version, dataClass: 'Credentials' } as const;
    return (await this.#client.ask(call)).data as Credentials;
  }

  forget(): void {
    this.#peer = undefined;
    this.#ownToken = undefined;
  }

  /** What we hand to the CPO. */
  credentials(version: OcpiVersion, token: string): Credentials {
    const { party, name, baseUrl } = this.#options;
    const who = {
      country_code: party.countryCode,
      party_id: party.partyId,
      business_details: { name },
    };
    const url = `${baseUrl()}/versions`;
    return traitsOf(version).routed
      ? { token, url, roles: [{ role: 'EMSP', ...who }] }
      : { token, url, ...who };
  }

  /** The CPO POSTs or PUTs its credentials to us: look at its versions with its token, then give ours. */
  async accept(version: OcpiVersion, theirs: Credentials): Promise<Credentials> {
    const { endpoints } = await this.#discover(theirs.url, theirs.token, version);
    this.#peer = {
      version,
      versionsUrl: theirs.url,
      token: theirs.token,
      endpoints,
      parties: partiesOf(theirs),
    };
    this.#ownToken = newToken();
    return this.credentials(version, this.#ownToken);
  }

  #credentialsUrl(): string {
    return endpointUrl(this.registered().endpoints, 'credentials');
  }

  async #handshake(method: 'POST' | 'PUT', versionsUrl: string, token: string): Promise<Peer> {
    const { version, endpoints } = await this.#discover(versionsUrl, token);
    this.#nextToken = newToken();
    try {
      const answer = await this.#client.ask({
        method,
        url: endpointUrl(endpoints, 'credentials'),
        token,
        version,
        body: this.credentials(version, this.#nextToken),
        dataClass: 'Credentials',
      });
      const theirs = answer.data as Credentials;
      this.#ownToken = this.#nextToken;
      this.#peer = { version, versionsUrl, token: theirs.token, endpoints, parties: partiesOf(theirs) };
      return this.#peer;
    } finally {
      this.#nextToken = undefined;
    }
  }

  async #discover(
    versionsUrl: string,
    token: string,
    wanted?: OcpiVersion,
  ): Promise<{ readonly version: OcpiVersion; readonly endpoints: readonly Endpoint[] }> {
    const { versions } = this.#options;
    const newest = wanted ?? highestMutual(versions, versions) ?? '2.2.1';
    const ask = { method: 'GET', token } as const;
    const list = { ...ask, url: versionsUrl, version: newest, dataClass: 'Version', list: true };
    const listed = (await this.#client.ask(list)).data as readonly VersionEntry[];
    const names = listed.map(({ version }) => version);
    const version = wanted ?? highestMutual(versions, names);
    const entry = listed.find((candidate) => candidate.version === version);
    if (!version || !entry) {
      throw new EmspError(
        'no-mutual-version',
        `the CPO lists ${names.join(', ')}, we speak ${versions.join(', ')}`,
      );
    }
    const details = { ...ask, url: entry.url, version, dataClass: 'VersionDetails' };
    const { data } = await this.#client.ask(details);
    return { version, endpoints: (data as { endpoints: readonly Endpoint[] }).endpoints };
  }
}

/** The URL of a module. @throws EmspError `no-endpoint` */
export function endpointUrl(
  endpoints: readonly Endpoint[],
  identifier: string,
  role?: 'SENDER' | 'RECEIVER',
): string {
  const endpoint = endpoints.find(
    (candidate) =>
      candidate.identifier === identifier && (!role || !candidate.role || candidate.role === role),
  );
  if (!endpoint) throw new EmspError('no-endpoint', `the CPO announces no ${identifier} ${role ?? ''}`);
  return endpoint.url.replace(/\/+$/, '');
}

/** 48 characters a header can carry. */
function newToken(): string {
  return randomBytes(36).toString('base64url');
}

function partiesOf(credentials: Credentials): readonly Party[] {
  const roles = credentials.roles ?? [credentials];
  return roles.map(({ country_code, party_id }) => ({
    countryCode: country_code ?? '',
    partyId: party_id ?? '',
  }));
}

const CONFIGURATION = { functional: false };

/** Our versions, details and credentials, for the CPO. */
export function addRegistration(
  app: FastifyInstance,
  context: ServerContext,
  registration: Registration,
  { versions, baseUrl }: Pick<RegistrationOptions, 'versions' | 'baseUrl'>,
): void {
  route(app, context, 'GET', '/ocpi/versions', CONFIGURATION, () => ({
    ...OK,
    data: versions.map((version) => ({ version, url: `${baseUrl()}/${version}` })),
  }));
  route(app, context, 'GET', '/ocpi/:version', CONFIGURATION, ({ version }) => {
    if (!versions.includes(version)) return { http: 404, code: 2000, message: 'no such version' };
    return { ...OK, data: { version, endpoints: partnerEndpoints(version, baseUrl()) } };
  });
  const path = '/ocpi/:version/credentials';
  route(app, context, 'GET', path, CONFIGURATION, ({ version, token }) => ({
    ...OK,
    data: registration.credentials(version, token),
  }));
  route(app, context, 'POST', path, CONFIGURATION, (heard) =>
    registration.peer ? NOT_ALLOWED : accept(registration, heard),
  );
  route(app, context, 'PUT', path, CONFIGURATION, (heard) =>
    registration.peer ? accept(registration, heard) : NOT_ALLOWED,
  );
  route(app, context, 'DELETE', path, CONFIGURATION, () => {
    if (!registration.peer) return NOT_ALLOWED;
    registration.forget();
    return OK;
  });
}

const NOT_ALLOWED: OcpiAnswer = { http: 405, code: 2000, message: 'not in this state of registration' };

async function accept(registration: Registration, heard: Heard): Promise<OcpiAnswer> {
  const { version, body } = heard;
  const problem = schemaProblem(heard, 'Credentials');
  if (problem) return problem;
  try {
    return { ...OK, data: await registration.accept(version, body as Credentials) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { code: 3001, message: error.message };
  }
}
