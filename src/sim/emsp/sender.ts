import type { FastifyInstance } from 'fastify';
import type { CommandResult, OcpiObject } from './messages.js';
import type { PendingResults } from './pending.js';
import { type Heard, type OcpiAnswer, OK, route, type ServerContext, schemaProblem } from './server.js';
import { tokenIn } from './tokens.js';
import { traitsOf } from './version.js';

/** Decides about a token a CPO asks about; a member of AllowedType. */
export type Authorizer = (token: OcpiObject, location: OcpiObject | undefined) => string;

export interface SenderContext extends ServerContext {
  readonly emspTokens: () => readonly OcpiObject[];
  readonly authorize: Authorizer;
  readonly pending: PendingResults;
  readonly activeProfile: (sessionId: string, profile: OcpiObject) => void;
}

const FUNCTIONAL = { functional: true };
const MAX_LIMIT = 100;

/** The modules a CPO asks or reports to: tokens, results of commands and charging profiles. */
export function addSender(app: FastifyInstance, context: SenderContext): void {
  addTokens(app, context);
  addResults(app, context);
}

function addTokens(app: FastifyInstance, context: SenderContext): void {
  route(app, context, 'GET', '/ocpi/:version/tokens', FUNCTIONAL, ({ query, url, version }) => {
    const from = Date.parse(query['date_from'] ?? '') || 0;
    const to = Date.parse(query['date_to'] ?? '') || Number.POSITIVE_INFINITY;
    const tokens = context.emspTokens().filter((token) => {
      const updated = Date.parse(String(token['last_updated']));
      return updated >= from && updated < to;
    });
    const offset = Number(query['offset'] ?? 0);
    const limit = Math.min(Number(query['limit'] ?? MAX_LIMIT), MAX_LIMIT);
    const next = new URL(url, app.listeningOrigin);
    next.searchParams.set('offset', String(offset + limit));
    next.searchParams.set('limit', String(limit));
    return {
      ...OK,
      data: tokens.slice(offset, offset + limit).map((token) => tokenIn(version, token)),
      headers: {
        'x-total-count': String(tokens.length),
        'x-limit': String(MAX_LIMIT),
        ...(offset + limit < tokens.length ? { link: `<${next.href}>; rel="next"` } : {}),
      },
    };
  });
  route(app, context, 'POST', '/ocpi/:version/tokens/:uid/authorize', FUNCTIONAL, (heard) => {
    const { uid } = heard.params;
    const type = heard.query['type'] ?? 'RFID';
    const problem = heard.body === undefined ? undefined : schemaProblem(heard, 'LocationReferences');
    if (problem) return problem;
    const token = context.emspTokens().find((known) => known['uid'] === uid && known['type'] === type);
    if (!token) return { http: 404, code: 2004, message: 'unknown token' };
    const location = heard.body as OcpiObject | undefined;
    const allowed = context.authorize(token, location);
    return {
      ...OK,
      data: {
        allowed,
        ...(traitsOf(heard.version).routed
          ? { token, authorization_reference: `auth-${uid}`.slice(0, 36) }
          : {}),
        ...(location ? { location } : {}),
      },
    };
  });
}

function addResults(app: FastifyInstance, context: SenderContext): void {
  route(app, context, 'POST', '/ocpi/:version/commands/:command/:id', FUNCTIONAL, (heard) =>
    takeResult(context.pending, heard, traitsOf(heard.version).commandResultClass),
  );
  route(app, context, 'POST', '/ocpi/:version/chargingprofiles/:kind/:id', FUNCTIONAL, (heard) => {
    const className = heard.params['kind'] ?? '';
    if (!PROFILE_RESULTS.has(className)) return { http: 404, code: 2000, message: 'no such result' };
    return takeResult(context.pending, heard, className);
  });
  route(app, context, 'PUT', '/ocpi/:version/chargingprofiles/:session', FUNCTIONAL, (heard) => {
    const problem = schemaProblem(heard, 'ActiveChargingProfile');
    if (problem) return problem;
    context.activeProfile(heard.params['session'] ?? '', heard.body as OcpiObject);
    return OK;
  });
}

function takeResult(pending: PendingResults, heard: Heard, className: string): OcpiAnswer {
  const problem = schemaProblem(heard, className);
  if (problem) return problem;
  const wrong = pending.settle(heard.params['id'] ?? '', heard.body as CommandResult);
  if (wrong) heard.violation('behaviour', wrong);
  return OK;
}

/** The class of the result stands in its `response_url`, since the body does not tell. */
export type ProfileResultClass =
  | 'ChargingProfileResult'
  | 'ClearProfileResult'
  | 'ActiveChargingProfileResult';

const PROFILE_RESULTS: ReadonlySet<string> = new Set<ProfileResultClass>([
  'ChargingProfileResult',
  'ClearProfileResult',
  'ActiveChargingProfileResult',
]);
