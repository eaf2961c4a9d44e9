import type { OcpiClient } from './client.js';
import type { ChargingProfile, CommandResponse, CommandType, OcpiObject } from './messages.js';
import type { Asked, PendingResults } from './pending.js';
import { endpointUrl, type Peer, type Registration } from './registration.js';
import type { ProfileResultClass } from './sender.js';

const RESULT_TIMEOUT_MS = 10_000;

/** What a partner asks of chargers: commands and charging profiles, each answered at once and again later. */
export class Commander {
  readonly #client: OcpiClient;
  readonly #registration: Registration;
  readonly #pending: PendingResults;
  readonly #baseUrl: () => string;

  constructor(
    client: OcpiClient,
    registration: Registration,
    pending: PendingResults,
    baseUrl: () => string,
  ) {
    this.#client = client;
    this.#registration = registration;
    this.#pending = pending;
    this.#baseUrl = baseUrl;
  }

  /** POSTs a command; `response_url` is added. @throws EmspError if the CPO does not answer it properly */
  async command(type: CommandType, body: OcpiObject): Promise<Asked> {
    const peer = this.#registration.registered();
    const id = this.#pending.open();
    const responseUrl = `${this.#baseUrl()}/${peer.version}/commands/${type}/${id}`;
    const { data } = await this.#client.ask({
      ...callTo(peer),
      method: 'POST',
      url: `${endpointUrl(peer.endpoints, 'commands', 'RECEIVER')}/${type}`,
      body: { response_url: responseUrl, ...body },
      dataClass: 'CommandResponse',
    });
    return this.#asked(id, responseUrl, data as CommandResponse);
  }

  setProfile(sessionId: string, chargingProfile: ChargingProfile): Promise<Asked> {
    return this.#profile('PUT', 'ChargingProfileResult', sessionId, (responseUrl) => ({
      body: { charging_profile: chargingProfile, response_url: responseUrl },
    }));
  }

  /** @param durationS the horizon asked for, in seconds */
  activeProfile(sessionId: string, durationS: number): Promise<Asked> {
    return this.#profile('GET', 'ActiveChargingProfileResult', sessionId, (responseUrl) => ({
      query: { duration: String(durationS), response_url: responseUrl },
    }));
  }

  clearProfile(sessionId: string): Promise<Asked> {
    return this.#profile('DELETE', 'ClearProfileResult', sessionId, (responseUrl) => ({
      query: { response_url: responseUrl },
    }));
  }

  async #profile(
    method: 'GET' | 'PUT' | 'DELETE',
    resultClass: ProfileResultClass,
    sessionId: string,
    content: (responseUrl: string) => { body?: OcpiObject; query?: Record<string, string> },
  ): Promise<Asked> {
    const peer = this.#registration.registered();
    const id = this.#pending.open();
    const responseUrl = `${this.#baseUrl()}/${peer.version}/chargingprofiles/${resultClass}/${id}`;
    const { body, query = {} } = content(responseUrl);
    const endpoint = endpointUrl(peer.endpoints, 'chargingprofiles', 'RECEIVER');
    const url = new URL(`${endpoint}/${encodeURIComponent(sessionId)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { data } = await this.#client.ask({
      ...callTo(peer),
      method,
      url: url.href,
      ...(body ? { body } : {}),
      dataClass: 'ChargingProfileResponse',
    });
    return this.#asked(id, responseUrl, data as CommandResponse);
  }

  #asked(id: string, responseUrl: string, response: CommandResponse): Asked {
    this.#pending.answered(id, response);
    return {
      response,
      responseUrl,
      result: (timeoutMs = RESULT_TIMEOUT_MS) => this.#pending.wait(id, timeoutMs),
    };
  }
}

/** What every call to a functional module of this CPO carries. */
export function callTo({ token, version, parties }: Peer) {
  return { token, version, to: parties[0] } as const;
}
