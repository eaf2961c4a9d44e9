import type { FastifyInstance } from 'fastify';
import { addCdrs } from './cdrs.js';
import type { OcpiObject, PushModule } from './messages.js';
import type { ObjectMirror, ObjectPath } from './mirror.js';
import {
  type Handler,
  type Heard,
  type OcpiAnswer,
  OK,
  route,
  type ServerContext,
  schemaProblem,
  UNKNOWN,
} from './server.js';

const CLASSES: Readonly<Record<PushModule, readonly string[]>> = {
  locations: ['Location', 'EVSE', 'Connector'],
  sessions: ['Session'],
  cdrs: ['CDR'],
  tariffs: ['Tariff'],
};
const FUNCTIONAL = { functional: true };

/** The modules a CPO pushes to: locations, sessions, tariffs by path, CDRs by POST. */
export function addReceiver(app: FastifyInstance, context: ServerContext, mirror: ObjectMirror): void {
  const add = (
    module: PushModule,
    path: string,
    methods: readonly ('GET' | 'PUT' | 'PATCH' | 'DELETE')[],
  ) => {
    const url = `/ocpi/:version/${module}/:country/:party/:id${path}`;
    for (const method of methods) {
      route(app, context, method, url, FUNCTIONAL, pushHandlers(module, mirror)[method]);
    }
  };
  add('locations', '', ['GET', 'PUT', 'PATCH']);
  add('locations', '/:evse', ['GET', 'PUT', 'PATCH']);
  add('locations', '/:evse/:connector', ['GET', 'PUT', 'PATCH']);
  add('sessions', '', ['GET', 'PUT', 'PATCH']);
  add('tariffs', '', ['GET', 'PUT', 'DELETE']);
  addCdrs(app, context, mirror);
}

function pushHandlers(
  module: PushModule,
  mirror: ObjectMirror,
): Record<'GET' | 'PUT' | 'PATCH' | 'DELETE', Handler> {
  return {
    GET: (heard) => {
      const data = mirror.get(module, pathOf(heard));
      return data ? { ...OK, data } : UNKNOWN;
    },
    PUT: (heard) => store(module, mirror, heard),
    PATCH: (heard) => store(module, mirror, heard),
    DELETE: (heard) => (mirror.remove(module, pathOf(heard)) ? OK : UNKNOWN),
  };
}

function store(module: PushModule, mirror: ObjectMirror, heard: Heard): OcpiAnswer {
  const path = pathOf(heard);
  const className = CLASSES[module][path.length - 3] ?? '';
  const patch = heard.method === 'PATCH';
  const problem = schemaProblem(heard, className, patch);
  if (problem) return problem;
  const body = heard.body as OcpiObject;
  const before = mirror.get(module, path);
  for (const message of stepProblems(path, body, before, patch)) heard.violation('behaviour', message);
  const stored = patch ? mirror.patch(module, path, body) : mirror.put(module, path, body);
  if (!stored) return UNKNOWN;
  return before ? OK : { ...OK, http: 201 };
}

/** What no schema sees: names in path and body, and the way from one state to the next. */
function stepProblems(
  path: ObjectPath,
  body: OcpiObject,
  before: OcpiObject | undefined,
  patch: boolean,
): string[] {
  const problems: string[] = [];
  const id = path.at(-1);
  const named = path.length === 4 ? body['uid'] : body['id'];
  if (named !== undefined && named !== id) problems.push(`the path says ${id}, the body ${String(named)}`);
  if (path.length === 3) {
    const owner = [body['country_code'] ?? path[0], body['party_id'] ?? path[1]];
    if (String(owner).toUpperCase() !== `${path[0]},${path[1]}`.toUpperCase()) {
      problems.push(`the path says ${path[0]}/${path[1]}, the body ${owner.join('/')}`);
    }
  }
  const updated = body['last_updated'];
  if (patch && updated === undefined) problems.push('a PATCH without last_updated');
  const known = before?.['last_updated'];
  if (typeof updated === 'string' && typeof known === 'string' && Date.parse(updated) < Date.parse(known)) {
    problems.push(`last_updated went back from ${known} to ${updated}`);
  }
  if (
    before?.['status'] === 'COMPLETED' &&
    JSON.stringify(before) !== JSON.stringify({ ...before, ...body })
  ) {
    problems.push('a completed session changed');
  }
  return problems;
}

function pathOf({ params }: Heard): ObjectPath {
  const { country = '', party = '', id = '', evse, connector } = params;
  const parts = [evse, connector].filter((part) => part !== undefined);
  return [country, party, id, ...parts];
}
