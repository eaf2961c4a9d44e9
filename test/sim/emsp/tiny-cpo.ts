import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

type Json = Record<string, unknown>;

export const NOW = '2026-11-21T01:00:00Z';
export const TOKEN_A = 'registration-token';

export const evse = (uid: string, status = 'AVAILABLE', at = NOW): Json => ({
  uid,
  evse_id: `DE*DPB*E${uid}`,
  status,
  connectors: [
    {
      id: '1',
      standard: 'IEC_62196_T2',
      format: 'SOCKET',
      power_type: 'AC_3_PHASE',
      max_voltage: 230,
      max_amperage: 32,
      last_updated: at,
    },
  ],
  last_updated: at,
});

export const location = (id: string, evses: Json[] = [evse(`${id}-E1`)]): Json => ({
  country_code: 'DE',
  party_id: 'DPB',
  id,
  publish: true,
  address: 'Am Betriebshof 1',
  city: 'Hamburg',
  country: 'DEU',
  coordinates: { latitude: '53.550300', longitude: '10.052300' },
  time_zone: 'Europe/Berlin',
  evses,
  last_updated: NOW,
});

export const session = (values: Json = {}): Json => ({
  country_code: 'DE',
  party_id: 'DPB',
  id: 'S1',
  start_date_time: NOW,
  kwh: 1.5,
  cdr_token: { country_code: 'NL', party_id: 'EMS', uid: 'U1', type: 'RFID', contract_id: 'C1' },
  auth_method: 'COMMAND',
  location_id: 'L1',
  evse_uid: 'L1-E1',
  connector_id: '1',
  currency: 'EUR',
  status: 'ACTIVE',
  last_updated: NOW,
  ...values,
});

export const cdr = (id: string): Json => ({
  country_code: 'DE',
  party_id: 'DPB',
  id,
  start_date_time: NOW,
  end_date_time: NOW,
  cdr_token: { country_code: 'NL', party_id: 'EMS', uid: 'U1', type: 'RFID', contract_id: 'C1' },
  auth_method: 'COMMAND',
  cdr_location: {
    id: 'L1',
    address: 'Am Betriebshof 1',
    city: 'Hamburg',
    postal_code: '20537',
    country: 'DEU',
    coordinates: { latitude: '53.550300', longitude: '10.052300' },
    evse_uid: 'L1-E1',
    evse_id: 'DE*DPB*EL1',
    connector_id: '1',
    connector_standard: 'IEC_62196_T2',
    connector_format: 'SOCKET',
    connector_power_type: 'AC_3_PHASE',
  },
  currency: 'EUR',
  tariffs: [
    {
      country_code: 'DE',
      party_id: 'DPB',
      id: 'T',
      currency: 'EUR',
      elements: [{ price_components: [{ type: 'FLAT', price: 0.5, step_size: 1 }] }],
      last_updated: NOW,
    },
  ],
  charging_periods: [
    {
      start_date_time: NOW,
      dimensions: [
        { type: 'ENERGY', volume: 1.5 },
        { type: 'TIME', volume: 0.5 },
      ],
    },
  ],
  total_cost: { excl_vat: 0.5 },
  total_fixed_cost: { excl_vat: 0.5 },
  total_energy: 1.5,
  total_time: 0.5,
  last_updated: NOW,
});

/** The charge point operator of a screenful or two: the handshake, a list of locations, commands, and pushes. */
export class TinyCpo {
  readonly app: FastifyInstance = Fastify({ forceCloseConnections: true });
  readonly heard: { url: string; headers: FastifyRequest['headers']; body: unknown }[] = [];
  locations: Json[] = [location('L1'), location('L2'), location('L3')];
  pageSize = 2;
  version = '2.2.1';
  token: string | undefined;
  partner: { token: string; endpoints: { identifier: string; url: string }[] } | undefined;
  origin = '';

  constructor() {
    const { app } = this;
    app.addHook('preHandler', async (request, reply) => {
      this.heard.push({ url: request.url, headers: request.headers, body: request.body });
      if (!this.#knows(request)) await reply.code(401).send({ status_code: 2001, timestamp: NOW });
    });
    app.get('/versions', (request, reply) =>
      this.#ok(request, reply, [{ version: this.version, url: `${this.origin}/${this.version}` }]),
    );
    app.get('/:version', (request, reply) =>
      this.#ok(request, reply, {
        version: this.version,
        endpoints: [
          ...(this.version === '2.1.1' ? [] : [this.#profiles()]),
          { identifier: 'credentials', role: 'SENDER', url: `${this.origin}/${this.version}/credentials` },
          { identifier: 'locations', role: 'SENDER', url: `${this.origin}/${this.version}/locations/` },
          { identifier: 'sessions', role: 'SENDER', url: `${this.origin}/${this.version}/sessions` },
          { identifier: 'commands', role: 'RECEIVER', url: `${this.origin}/${this.version}/commands` },
        ].map(({ role, ...endpoint }) => (this.version === '2.1.1' ? endpoint : { ...endpoint, role })),
      }),
    );
    app.get('/:version/credentials', (request, reply) => this.#ok(request, reply, this.#credentials()));
    app.post('/:version/credentials', (request, reply) => this.#register(request, reply));
    app.put('/:version/credentials', (request, reply) => this.#register(request, reply));
    app.delete('/:version/credentials', (request, reply) => this.#ok(request, reply));
    app.get('/:version/locations/:id', (request, reply) => {
      const { id } = request.params as { id: string };
      const data = this.locations.find((candidate) => candidate['id'] === id);
      return data
        ? this.#ok(request, reply, data)
        : reply.code(404).send({ status_code: 2003, timestamp: NOW });
    });
    app.get('/:version/locations', { exposeHeadRoute: false }, (request, reply) =>
      this.#list(request, reply),
    );
    app.get('/:version/locations/', { exposeHeadRoute: false }, (request, reply) =>
      this.#list(request, reply),
    );
    app.post('/:version/commands/:command', (request, reply) =>
      this.#ok(request, reply, { result: 'ACCEPTED', timeout: 30 }),
    );
    app.put('/:version/chargingprofiles/:session', (request, reply) =>
      this.#ok(request, reply, { result: 'ACCEPTED', timeout: 30 }),
    );
    app.put('/:version/sessions/:session/charging_preferences', (request, reply) =>
      this.#ok(request, reply, 'ACCEPTED'),
    );
  }

  async start(): Promise<string> {
    this.origin = await this.app.listen({ host: '127.0.0.1', port: 0 });
    return `${this.origin}/versions`;
  }

  /** The URL of a module of the partner. */
  partnerUrl(identifier: string): string {
    return this.partner?.endpoints.find((endpoint) => endpoint.identifier === identifier)?.url ?? '';
  }

  /** A request to the partner with everything the standard wants. */
  async push(method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
    return this.#fetch(method, url, this.partner?.token ?? '', body, {
      'ocpi-from-country-code': 'DE',
      'ocpi-from-party-id': 'DPB',
      'ocpi-to-country-code': 'NL',
      'ocpi-to-party-id': 'EMS',
      ...headers,
    });
  }

  async #fetch(
    method: string,
    url: string,
    token: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const raw = this.version === '2.1.1';
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Token ${raw ? token : btoa(token)}`,
        ...(raw ? {} : { 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID(), ...headers }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  #knows(request: FastifyRequest): boolean {
    const written = request.headers.authorization?.slice('Token '.length) ?? '';
    return [TOKEN_A, this.token].some((token) => token && [token, btoa(token)].includes(written));
  }

  async #register(request: FastifyRequest, reply: FastifyReply) {
    const { token, url } = request.body as { token: string; url: string };
    const versions = JSON.parse((await this.#fetch('GET', url, token)).text) as { data: { url: string }[] };
    const details = await this.#fetch('GET', versions.data[0]?.url ?? '', token);
    this.partner = { token, ...JSON.parse(details.text).data };
    this.token = randomUUID();
    return this.#ok(request, reply, this.#credentials());
  }

  #credentials(): Json {
    const who = { country_code: 'DE', party_id: 'DPB', business_details: { name: 'Tiny' } };
    const own = { token: this.token, url: `${this.origin}/versions` };
    return this.version === '2.1.1' ? { ...own, ...who } : { ...own, roles: [{ role: 'CPO', ...who }] };
  }

  #profiles() {
    const url = `${this.origin}/${this.version}/chargingprofiles`;
    return { identifier: 'chargingprofiles', role: 'RECEIVER', url };
  }

  #list(request: FastifyRequest, reply: FastifyReply) {
    const { offset = '0', limit } = request.query as { offset?: string; limit?: string };
    const size = Math.min(Number(limit ?? this.pageSize), this.pageSize);
    const next = Number(offset) + size;
    reply.header('x-total-count', this.locations.length).header('x-limit', this.pageSize);
    if (next < this.locations.length) {
      reply.header(
        'link',
        `<${this.origin}/${this.version}/locations?offset=${next}&limit=${size}>; rel="next"`,
      );
    }
    return this.#ok(request, reply, this.locations.slice(Number(offset), next));
  }

  #ok({ headers }: FastifyRequest, reply: FastifyReply, data?: unknown) {
    for (const name of ['x-request-id', 'x-correlation-id']) {
      if (headers[name]) reply.header(name, headers[name]);
    }
    return reply.send({ status_code: 1000, timestamp: NOW, ...(data === undefined ? {} : { data }) });
  }
}
