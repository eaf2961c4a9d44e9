import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { matchAuthorization } from './authorization.js';
import type { EmspFault, FaultBox } from './faults.js';
import type { OcpiVersion, Party } from './messages.js';
import { isOcpiVersion, traitsOf } from './version.js';
import { bodyProblems, type OcpiViolation } from './watch.js';

/** A request of the CPO, authenticated and read. */
export interface Heard {
  readonly method: string;
  readonly url: string;
  /** The version in the path; the list of versions, which has none, is read as of the newest. */
  readonly version: OcpiVersion;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly raw: string;
  readonly token: string;
  /** Notes something the CPO did wrong with this request. */
  violation(kind: OcpiViolation['kind'], message: string): void;
}

/** What to answer; `http` is 200 if left out. */
export interface OcpiAnswer {
  readonly http?: number;
  readonly code: number;
  readonly message?: string;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (heard: Heard) => OcpiAnswer | Promise<OcpiAnswer>;

export interface ServerContext {
  readonly faults: FaultBox;
  readonly party: Party;
  /** Tokens the CPO may present now. */
  readonly tokens: () => readonly string[];
  /** Parties the CPO announced in its credentials; undefined before that. */
  readonly cpoParties: () => readonly Party[] | undefined;
  readonly received: (method: string, url: string, raw: string) => void;
  readonly violation: (violation: OcpiViolation) => void;
}

export interface RouteOptions {
  /** `{version}/…` modules that carry routing headers. */
  readonly functional: boolean;
}

const NEWEST: OcpiVersion = '2.3.0';

export const OK: OcpiAnswer = { code: 1000 };
export const UNKNOWN: OcpiAnswer = { http: 404, code: 2003, message: 'not known here' };

/** A fastify that hands bodies over as text: what came is kept as it came, valid or not. */
export function newApp(): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  return app;
}

/** Adds an OCPI route: faults, authorization, headers, body, envelope are seen to here. */
export function route(
  app: FastifyInstance,
  context: ServerContext,
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE',
  url: string,
  options: RouteOptions,
  handler: Handler,
): void {
  app.route({
    method,
    url,
    handler: async (request, reply) => {
      const raw = typeof request.body === 'string' ? request.body : '';
      context.received(method, request.url, raw);
      const fault = context.faults.take(`${method} ${request.url}`);
      if (fault && (await misbehave(fault, reply))) return reply;
      if (fault?.kind === 'refused') return send(request, reply, REFUSED, false);
      const answer = await answerTo(request, raw, context, options, handler);
      if (fault?.kind === 'lost') {
        reply.hijack();
        request.socket.destroy();
        return reply;
      }
      return send(request, reply, answer, fault?.kind === 'truncated');
    },
  });
}

const REFUSED: OcpiAnswer = { code: 2000, message: 'this partner was told to refuse it' };

/** @returns whether the fault was the whole answer */
async function misbehave(fault: EmspFault, reply: FastifyReply): Promise<boolean> {
  if (fault.kind === 'slow') await delay(fault.delayMs ?? 1_000, undefined, { ref: false });
  if (fault.kind === 'error') await reply.code(500).send('Internal Server Error');
  if (fault.kind === 'too-many') {
    await reply
      .code(429)
      .header('retry-after', String(fault.retryAfterSeconds ?? 1))
      .send('');
  }
  if (fault.kind === 'silent') reply.hijack();
  return ['error', 'too-many', 'silent'].includes(fault.kind);
}

async function answerTo(
  request: FastifyRequest,
  raw: string,
  context: ServerContext,
  options: RouteOptions,
  handler: Handler,
): Promise<OcpiAnswer> {
  const at = `${request.method} ${request.url}`;
  const violation: Heard['violation'] = (kind, message) => context.violation({ kind, at, message, raw });
  const params = request.params as Heard['params'];
  const version = params['version'];
  if (version !== undefined && !isOcpiVersion(version))
    return { http: 404, code: 2000, message: 'no such version' };
  const authorized = matchAuthorization(request.headers.authorization, context.tokens());
  if (!authorized) return { http: 401, code: 2001, message: 'missing or unknown token' };
  if (version) {
    for (const message of headerProblems(request, version, options, context)) violation('headers', message);
    const expected = traitsOf(version).rawToken ? 'raw' : 'base64';
    if (authorized.form !== expected) {
      violation('headers', `the token stands ${authorized.form} in the header, ${version} wants ${expected}`);
    }
  }
  const body = parsed(raw);
  if (body === UNREADABLE) {
    violation('schema', 'the body is not JSON');
    return { http: 400, code: 2000, message: 'the body is not JSON' };
  }
  return handler({
    method: request.method,
    url: request.url,
    version: version ?? NEWEST,
    params,
    query: request.query as Heard['query'],
    body,
    raw,
    token: authorized.token,
    violation,
  });
}

/** Notes what a body breaks. @returns the refusal, or undefined if it is of this class */
export function schemaProblem(heard: Heard, className: string, patch = false): OcpiAnswer | undefined {
  const problems = bodyProblems(heard.version, className, heard.body, patch);
  for (const message of problems) heard.violation('schema', message);
  return problems[0] === undefined ? undefined : { code: 2001, message: problems[0] };
}

const UNREADABLE = Symbol('unreadable');

function parsed(raw: string): unknown {
  if (raw === '') return undefined;
  try {
    return JSON.parse(raw);
  } catch {
    return UNREADABLE;
  }
}

function headerProblems(
  { headers }: FastifyRequest,
  version: OcpiVersion,
  { functional }: RouteOptions,
  { party, cpoParties }: ServerContext,
): string[] {
  if (!traitsOf(version).routed) return [];
  const problems = ['x-request-id', 'x-correlation-id']
    .filter((name) => !headers[name])
    .map((name) => `${name} is missing`);
  const from = partyIn(headers, 'from');
  const to = partyIn(headers, 'to');
  if (!functional) {
    return from || to ? [...problems, 'routing headers are not for configuration modules'] : problems;
  }
  if (!to || !sameParty(to, party)) problems.push(`OCPI-to is ${nameOf(to)}, this is ${nameOf(party)}`);
  const senders = cpoParties();
  if (!from || !(senders?.some((sender) => sameParty(sender, from)) ?? true)) {
    problems.push(`OCPI-from is ${nameOf(from)}, registered: ${senders?.map(nameOf).join(', ')}`);
  }
  return problems;
}

function partyIn(headers: FastifyRequest['headers'], side: 'from' | 'to'): Party | undefined {
  const countryCode = headers[`ocpi-${side}-country-code`];
  const partyId = headers[`ocpi-${side}-party-id`];
  if (typeof countryCode !== 'string' || typeof partyId !== 'string') return undefined;
  return { countryCode, partyId };
}

/** CiStrings compare without case. */
export function sameParty(one: Party, other: Party): boolean {
  return nameOf(one).toUpperCase() === nameOf(other).toUpperCase();
}

function nameOf(party: Party | undefined): string {
  return party ? `${party.countryCode}*${party.partyId}` : 'missing';
}

const ECHOED = ['x-request-id', 'x-correlation-id'] as const;
const SWAPPED = [
  ['ocpi-from-country-code', 'ocpi-to-country-code'],
  ['ocpi-from-party-id', 'ocpi-to-party-id'],
  ['ocpi-to-country-code', 'ocpi-from-country-code'],
  ['ocpi-to-party-id', 'ocpi-from-party-id'],
] as const;

function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { http = 200, code, message, data, headers: extra = {} }: OcpiAnswer,
  truncated: boolean,
): FastifyReply {
  for (const name of ECHOED) if (headers[name]) reply.header(name, headers[name]);
  for (const [asked, answered] of SWAPPED) if (headers[asked]) reply.header(answered, headers[asked]);
  const text = JSON.stringify({
    status_code: code,
    ...(message === undefined ? {} : { status_message: message }),
    timestamp: new Date().toISOString(),
    ...(data === undefined ? {} : { data }),
  });
  return reply
    .code(http)
    .headers(extra)
    .type('application/json; charset=utf-8')
    .send(truncated ? text.slice(0, text.length / 2) : text);
}
