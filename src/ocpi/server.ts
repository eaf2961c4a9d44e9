/**
 * The HTTP side: whose token it is before anything else, the body into the journal as it came, the answer in its
 * envelope into the journal before it leaves.
 */
import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Config } from '../config/index.js';
import { FailedLogins, type Runtime } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { Party } from './client.js';
import { hashOf, presentedTokens } from './credentials-token.js';
import type { Partner, Partners, Presented } from './partners.js';
import { readBody, readQuery } from './reading.js';
import type { Lineage, Recorder } from './recorder.js';
import { toldOf, unknownObject } from './refusal.js';
import { checkRouting, swapRouting } from './routing.js';
import { isOcpiVersion, type OcpiVersion, traitsOf } from './version.js';

const MAX_BODY_BYTES = 1_048_576;
const JSON_TYPE = 'application/json; charset=utf-8';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the body is read. */
    presented: Presented | undefined;
  }
}

/** A request that is authenticated, journalled and read. */
export interface Heard {
  readonly partner: Partner;
  readonly presented: Presented;
  /** The version in the path; undefined for the list of versions. */
  readonly version: OcpiVersion;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly url: string;
  /** Undefined without a body. */
  readonly body: unknown;
  /** The journal entry of this request. */
  readonly entry: JournalId;
  /** X-Request-ID: the same if an HTTP client sends a request again; one of ours if the peer gave none. */
  readonly requestId: string;
}

/** What to answer; HTTP 200 and OCPI 1000 if not said otherwise. */
export interface Answer {
  readonly http?: number;
  readonly data?: unknown;
  readonly lineage?: Lineage;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once the answer has wholly gone out. */
  readonly delivered?: () => Promise<void>;
}

export type Handler = (heard: Heard) => Answer | Promise<Answer>;
export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';

/** `configuration`: versions and credentials, for a registration token too and without routing headers. */
export type Kind = 'configuration' | 'functional';

export interface ServerOptions {
  readonly runtime: Runtime;
  readonly listen: Config['listen']['ocpi'];
  readonly party: Party;
  readonly partners: Partners;
  readonly recorder: Recorder;
}

export class OcpiServer {
  readonly app: FastifyInstance;
  readonly #options: ServerOptions;
  readonly #logins = new FailedLogins();

  constructor(options: ServerOptions) {
    this.#options = options;
    const { tls } = options.listen;
    const common = {
      bodyLimit: MAX_BODY_BYTES,
      requestTimeout: 30_000,
      forceCloseConnections: 'idle' as const,
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
      // A path that cannot be decoded reaches no hook and no route.
      frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
        reply.code(400).type(JSON_TYPE).send(this.#envelope(2000, 'the URL is malformed')),
    };
    this.app = (
      tls
        ? Fastify({
            ...common,
            https: { key: tls.key, cert: tls.cert, ...(tls.clientCa ? clientTls(tls.clientCa) : {}) },
          })
        : Fastify(common)
    ) as FastifyInstance;
    this.#prepare();
  }

  /** Limits, authentication, errors: what holds for every route. */
  async open(): Promise<void> {
    const { app } = this;
    await app.register(rateLimit, {
      max: 1200,
      timeWindow: '1 minute',
      hook: 'preParsing',
      keyGenerator: (request) => request.presented?.partner.id ?? request.ip,
      errorResponseBuilder: () => Object.assign(new Error('too many requests'), { statusCode: 429 }),
    });
    const unknown = (request: FastifyRequest, reply: FastifyReply) =>
      this.#serve(request, reply, nameOfUnknown(request), 'configuration', () => {
        throw unknownObject();
      });
    app.setNotFoundHandler(unknown);
  }

  /** Adds a route under `/ocpi`. `action` is the journal's word beside the method. */
  route(method: Method, path: string, action: string, kind: Kind, handler: Handler): void {
    this.app.route({
      method,
      url: `/ocpi${path}`,
      handler: (request, reply) => this.#serve(request, reply, action, kind, handler),
    });
  }

  /** No new requests; open ones may finish until the time given is over. */
  async close(withinMs: number): Promise<void> {
    const cut = setTimeout(() => this.app.server.closeAllConnections(), withinMs);
    await this.app.close();
    clearTimeout(cut);
  }

  #prepare(): void {
    const { app } = this;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    app.decorateRequest('presented', undefined);
    app.addHook('onRequest', async (request, reply) => {
      reply.type(JSON_TYPE);
      this.#nameIds(request, reply);
      request.presented = this.#options.partners.identify(presentedTokens(request.headers.authorization));
      const credential = request.presented && hashOf(request.presented.token);
      const waitS = this.#logins.waitS(request.ip, credential);
      if (waitS === 0 && request.presented && credential !== undefined) {
        this.#logins.succeeded(request.ip, credential);
        return this.#confirm(request.presented);
      }
      await this.#refuseStranger(request, reply, waitS);
    });
    app.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
      const http = error.statusCode ?? 500;
      if (http >= 500)
        this.#options.runtime.log.error({ err: error, url: request.url }, 'an OCPI request failed');
      const message = http < 500 ? error.message : 'the request could not be served';
      return reply.code(http < 500 ? http : 200).send(this.#envelope(http < 500 ? 2000 : 3000, message));
    });
  }

  /** `waitS`: for how long nobody new is heard from this address. */
  async #refuseStranger(request: FastifyRequest, reply: FastifyReply, waitS: number): Promise<void> {
    const { log, metrics } = this.#options.runtime;
    const { ip, method } = request;
    metrics.messages.inc({ protocol: 'ocpi', direction: 'in', action: method, outcome: 'refused' });
    if (waitS > 0) {
      const text = 'too many requests without a known token came from this address';
      await reply.code(429).header('retry-after', waitS).send(this.#envelope(2000, text));
      return;
    }
    log.warn({ ip, method }, 'a request without a known token');
    if (this.#logins.failed(ip))
      log.warn(
        { ip, retryAfterS: this.#logins.waitS(ip) },
        'too many unknown tokens: the address is not heard',
      );
    await reply
      .code(401)
      .header('www-authenticate', 'Token')
      .send(this.#envelope(2001, 'the credentials token is missing or unknown'));
  }

  /** Who uses its new token has received it, even if our answer seemed lost. */
  async #confirm({ partner, kind, token }: Presented): Promise<void> {
    if (kind === 'server') await this.#options.partners.delivered(partner, hashOf(token));
  }

  /** Both ids are echoed; a peer that leaves them out gets some. */
  #nameIds(request: FastifyRequest, reply: FastifyReply): void {
    for (const name of ['x-request-id', 'x-correlation-id']) {
      const given = request.headers[name];
      reply.header(name, typeof given === 'string' && given.length <= 128 ? given : randomUUID());
    }
  }

  async #serve(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    kind: Kind,
    handler: Handler,
  ): Promise<FastifyReply> {
    const { presented } = request;
    if (!presented) return reply.code(401).send(this.#envelope(2001, 'unknown token'));
    const { recorder, runtime } = this.#options;
    const action = `${request.method} ${name}`;
    const raw = typeof request.body === 'string' ? request.body : '';
    const http = { method: request.method, path: request.url };
    const message = {
      partnerId: presented.partner.id,
      action,
      messageId: String(reply.getHeader('x-request-id')),
      secret: name === 'credentials',
    };
    const heard = await recorder.http({ ...message, direction: 'in', raw, http, lineage: { causes: [] } });
    const asked = { entry: heard.id, requestId: message.messageId };
    const answer = await this.#answer(request, presented, raw, kind, handler, asked);
    const text = this.#envelope(answer.code, answer.message, answer.data);
    await recorder.http({
      ...message,
      direction: 'out',
      raw: text,
      http: { ...http, status: answer.http },
      lineage: { ...answer.lineage, causes: [heard.id, ...answer.lineage.causes] },
      error: answer.error,
    });
    const outcome = answer.code < 2000 ? 'ok' : answer.code < 3000 ? 'refused' : 'failed';
    runtime.metrics.messages.inc({ protocol: 'ocpi', direction: 'in', action, outcome });
    if (answer.delivered) this.#whenDelivered(reply, answer.delivered);
    if (kind === 'functional') swapRouting(request, reply);
    return reply.code(answer.http).headers(answer.headers).send(text);
  }

  async #answer(
    request: FastifyRequest,
    presented: Presented,
    raw: string,
    kind: Kind,
    handler: Handler,
    asked: Pick<Heard, 'entry' | 'requestId'>,
  ) {
    try {
      const heard = this.#read(request, presented, raw, kind, asked);
      const answer = await handler(heard);
      return {
        http: answer.http ?? 200,
        code: 1000,
        message: undefined,
        data: answer.data,
        lineage: answer.lineage ?? { causes: [] },
        headers: answer.headers ?? {},
        error: undefined,
        delivered: answer.delivered,
      };
    } catch (error) {
      const { http, code, message } = toldOf(error);
      if (code === 3000) {
        this.#options.runtime.log.error({ err: error, url: request.url }, 'an OCPI request failed');
      }
      const named = error instanceof BridgeError ? error.code : undefined;
      return { http, code, message, data: undefined, lineage: { causes: [] }, headers: {}, error: named };
    }
  }

  /** @throws BridgeError OCPI_UNKNOWN_TOKEN, OCPI_UNKNOWN_OBJECT, OCPI_NOT_JSON, OCPI_INVALID */
  #read(
    request: FastifyRequest,
    presented: Presented,
    raw: string,
    kind: Kind,
    asked: Pick<Heard, 'entry' | 'requestId'>,
  ): Heard {
    const { partner } = presented;
    const params = request.params as Heard['params'];
    if (kind === 'functional' && presented.kind !== 'server') {
      throw new BridgeError('OCPI_UNKNOWN_TOKEN', 'this token opens versions and credentials only');
    }
    const wanted = params['version'];
    if (wanted !== undefined && !(isOcpiVersion(wanted) && partner.config.versions.includes(wanted))) {
      throw unknownObject();
    }
    const version = wanted ?? partner.registration?.version ?? '2.2.1';
    if (kind === 'functional' && traitsOf(version).routed)
      checkRouting(request, partner, this.#options.party);
    return {
      partner,
      presented,
      version,
      params,
      query: readQuery(request.query),
      url: request.url,
      body: readBody(raw),
      ...asked,
    };
  }

  #whenDelivered(reply: FastifyReply, delivered: () => Promise<void>): void {
    reply.raw.once('finish', () => {
      delivered().catch((error: unknown) => {
        this.#options.runtime.log.error({ err: error }, 'what follows an answer could not be stored');
      });
    });
  }

  #envelope(code: number, message?: string, data?: unknown): string {
    return JSON.stringify({
      ...(data === undefined ? {} : { data }),
      status_code: code,
      ...(message === undefined ? {} : { status_message: message }),
      timestamp: this.#options.runtime.now().toISOString(),
    });
  }
}

function clientTls(ca: string) {
  return { ca, requestCert: true, rejectUnauthorized: true };
}

/** The module a request without a route was for, so that credentials stay secret in the journal. */
function nameOfUnknown({ url }: FastifyRequest): string {
  return /\/credentials\b/.test(url) ? 'credentials' : 'unknown';
}
