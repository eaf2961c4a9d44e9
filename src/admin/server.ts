/** The admin API: health, metrics, state, journal. Loopback by default; a bearer token guards all but health. */
import { timingSafeEqual } from 'node:crypto';
import fastifySwagger from '@fastify/swagger';
import fastifyWebsocket from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { FailedLogins, type Running, type Runtime } from '../depot/index.js';
import type { Store } from '../store/index.js';
import { type CommandOperations, registerCommandRoutes } from './commands-routes.js';
import { registerJournalRoutes } from './journal-routes.js';
import { registerParkedRoutes } from './parked-routes.js';
import { type PasswordOperations, registerPasswordRoutes } from './passwords-routes.js';
import { type PastOperations, registerPastRoutes } from './past-routes.js';
import { badRequest, problem, registerProblems } from './problems.js';
import { registerStateRoutes } from './state-routes.js';
import { registerStationRoutes, type StationOperations } from './stations-routes.js';
import { registerTableRoutes, type TableOperations } from './tables-routes.js';
import type { Troubles } from './troubles.js';

export interface AdminOptions {
  readonly store: Store;
  readonly tables: TableOperations;
  readonly stations: StationOperations;
  readonly commands: CommandOperations;
  readonly passwords: PasswordOperations;
  readonly past: PastOperations;
  readonly troubles: Pick<Troubles, 'of' | 'since' | 'way'>;
  /** What is known of the feed of a CSMS; undefined: there is none. */
  readonly feed?: () => object | undefined;
  /** Sessions of guests that ended and cannot be billed, and why. */
  readonly heldCdrs?: () => readonly object[];
}

/** Starts the admin listener; it is the last to stop. */
export async function startAdmin(runtime: Runtime, options: AdminOptions): Promise<Running> {
  const { host, port, tls } = runtime.config.listen.admin;
  const logger = runtime.log.child({ part: 'admin' }, { level: 'warn' }) as FastifyBaseLogger;
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    bodyLimit: 1024 * 1024,
    forceCloseConnections: true,
    // A setting that is misspelt must not be passed over.
    ajv: { customOptions: { removeAdditional: false } },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      reply.code(400).type('application/problem+json').send(badRequest(error.message));
    },
    ...(tls ? { https: { key: tls.key, cert: tls.cert } } : {}),
  });
  registerProblems(app);
  await app.register(fastifySwagger, {
    openapi: {
      info: { title: 'Depotbridge admin API', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
  });
  await app.register(fastifyWebsocket, { options: { maxPayload: 64 * 1024 } });
  registerHealth(app, runtime, options.store);
  await app.register(async (guarded) => {
    const logins = new FailedLogins();
    guarded.addHook('onRequest', async (request, reply) =>
      authorize(request, reply, runtime.config.listen.admin.token, logins),
    );
    guarded.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
      const { registry } = runtime.metrics;
      return reply.type(registry.contentType).send(await registry.metrics());
    });
    guarded.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
    registerStateRoutes(guarded, runtime, options.troubles);
    registerFeedRoute(guarded, options.feed);
    guarded.get(
      '/api/v1/cdrs/held',
      { schema: { summary: 'Sessions of guests that ended and cannot be billed, and why' } },
      async () => options.heldCdrs?.() ?? [],
    );
    registerTableRoutes(guarded, runtime, options.tables);
    registerParkedRoutes(guarded, runtime, options.tables);
    registerStationRoutes(guarded, options.stations);
    registerCommandRoutes(guarded, options.commands);
    registerPasswordRoutes(guarded, options.passwords);
    registerJournalRoutes(guarded, runtime);
    registerPastRoutes(guarded, runtime, options.past);
  });
  await app.listen({ host, port });
  const address = app.server.address();
  return {
    host,
    port: typeof address === 'object' && address ? address.port : port,
    stop: async () => app.close(),
  };
}

function registerHealth(app: FastifyInstance, runtime: Runtime, store: Store): void {
  app.get('/livez', { schema: { summary: 'The process lives', response: okSchema } }, async () => ({
    status: 'ok',
  }));
  app.get(
    '/readyz',
    { schema: { summary: 'Peers are served and the store answers', response: okSchema } },
    async () => {
      if (!(await store.ping()))
        throw problem(
          503,
          'The store does not answer',
          'It is retried all the time; check store.url or store.path.',
        );
      return { status: 'ok', depotId: runtime.depot.id, generation: runtime.tables().id };
    },
  );
}

function registerFeedRoute(app: FastifyInstance, feed: AdminOptions['feed']): void {
  app.get(
    '/api/v1/feed',
    { schema: { summary: 'The feed of a CSMS: whether it is there, how late it is, what is missing' } },
    async () => {
      const status = feed?.();
      if (status) return status;
      throw problem(404, 'There is no feed', 'listen.feed is not configured.');
    },
  );
}

const okSchema = {
  200: {
    type: 'object',
    properties: { status: { type: 'string' }, depotId: { type: 'string' }, generation: { type: 'string' } },
  },
} as const;

/** There is one token, and so one credential. */
const CREDENTIAL = 'admin';

async function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string | undefined,
  logins: FailedLogins,
): Promise<void> {
  if (!token) return;
  const { ip } = request;
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const same = given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
  const waitS = logins.waitS(ip, same ? CREDENTIAL : undefined);
  if (waitS > 0) {
    reply.header('retry-after', waitS);
    throw problem(429, 'Too many wrong admin tokens', `This address is heard again in ${waitS} s.`);
  }
  if (same) return logins.succeeded(ip, CREDENTIAL);
  request.log.warn({ ip, url: request.url.slice(0, 200) }, 'a request without the admin token');
  if (logins.failed(ip))
    request.log.warn(
      { ip, retryAfterS: logins.waitS(ip) },
      'too many wrong admin tokens: the address is not heard',
    );
  throw problem(
    401,
    'The admin token is missing or wrong',
    'Send Authorization: Bearer with listen.admin.token.',
  );
}
