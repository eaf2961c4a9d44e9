/** The HTTP side of the feed: routes, what they take, how errors are told. Whoever carries them out is given. */
import fastifySwagger from '@fastify/swagger';
import fastifyWebsocket, { type WebSocket } from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import type { TlsConfig } from '../../config/index.js';
import { BridgeError, catalogue, type ErrorCode } from '../../errors/index.js';
import { answerSchema } from './answer.js';
import { itemsIn, MOST_BYTES, unpacked } from './body.js';
import { eventSchema, frameSchema, MOST_ITEMS } from './items.js';

export interface FeedHandlers {
  /** Refuses whoever may not hand over anything; throws BridgeError. */
  login(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  frames(items: readonly unknown[], remoteAddress: string): Promise<object>;
  answer(commandId: string, body: unknown): Promise<object>;
  socket(socket: WebSocket, remoteAddress: string): void;
}

export interface AppOptions {
  readonly logger?: FastifyBaseLogger;
  readonly tls?: TlsConfig | undefined;
}

/** A peer that has not said by then what it wants is cut off. */
const REQUEST_MS = 30_000;
const CHECKED = { connectionsCheckingInterval: 5_000 };
const RETRY_SECONDS = 2;

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  FEED_BAD_BODY: 400,
  FEED_BAD_TOKEN: 401,
  FEED_BUSY: 503,
  FEED_LOCKED_OUT: 429,
  FEED_NOT_STORED: 503,
  FEED_NO_COMMAND: 404,
  FEED_TOO_LARGE: 413,
  STORE_UNAVAILABLE: 503,
};

/** Errors of the HTTP server itself that are told under a code of ours. */
const OWN_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'FEED_TOO_LARGE',
};

export async function makeApp(
  handlers: FeedHandlers,
  { logger, tls }: AppOptions = {},
): Promise<FastifyInstance> {
  const clients = tls?.clientCa ? { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true } : {};
  const app = Fastify({
    ...(logger ? { loggerInstance: logger } : {}),
    bodyLimit: MOST_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle' as const,
    frameworkErrors: (error, _request, reply: FastifyReply) => tell(reply, 400, { detail: error.message }),
    // The runtime looks for those who are too slow as often as this.
    ...(tls
      ? { https: { key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2' as const, ...clients, ...CHECKED } }
      : { http: CHECKED }),
  }) as unknown as FastifyInstance<RawServerDefault>;
  registerProblems(app);
  await app.register(fastifySwagger, {
    openapi: {
      info: {
        title: 'Depotbridge feed',
        version: '1',
        description: `A CSMS hands over copies of the frames it exchanges with its chargers. At most ${MOST_BYTES / 1_048_576} MiB and ${MOST_ITEMS} items in one body. The same items as messages of a WebSocket: GET /feed/v1/frames.`,
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  await app.register(fastifyWebsocket, { options: { maxPayload: MOST_BYTES, perMessageDeflate: false } });
  await app.register(async (guarded) => {
    guarded.addHook('onRequest', (request, reply) => handlers.login(request, reply));
    guarded.removeAllContentTypeParsers();
    const types = ['application/json', 'application/x-ndjson', 'application/jsonl'];
    guarded.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    // Bodies are checked item by item: one that is bad must not lose the others.
    guarded.setValidatorCompiler(() => () => true);
    registerRoutes(guarded, handlers);
    guarded.get('/feed/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
  return app;
}

function registerRoutes(app: FastifyInstance, handlers: FeedHandlers): void {
  app.route({
    method: 'POST',
    url: '/feed/v1/frames',
    schema: framesSchema,
    handler: async (request) => handlers.frames(await itemsOf(request), request.ip),
  });
  app.route({
    method: 'GET',
    url: '/feed/v1/frames',
    schema: { hide: true },
    handler: async (_request, reply) =>
      tell(reply, 426, { detail: 'Frames are handed over by POST, or over a WebSocket opened here.' }),
    wsHandler: (socket, request) => handlers.socket(socket, request.ip),
  });
  app.post<{ Params: { commandId: string } }>(
    '/feed/v1/commands/:commandId/answer',
    { schema: answerRouteSchema, bodyLimit: MOST_ANSWER_BYTES },
    async (request) => handlers.answer(request.params.commandId, await jsonOf(request)),
  );
}

const MOST_ANSWER_BYTES = 256 * 1024;

async function itemsOf(request: FastifyRequest): Promise<unknown[]> {
  const isLines = !/^application\/json\b/i.test(request.headers['content-type'] ?? '');
  return itemsIn(await bytesOf(request), isLines);
}

async function jsonOf(request: FastifyRequest): Promise<unknown> {
  try {
    return JSON.parse((await bytesOf(request)).toString()) as unknown;
  } catch (error) {
    if (error instanceof BridgeError) throw error;
    throw new BridgeError('FEED_BAD_BODY', 'the body is no JSON');
  }
}

async function bytesOf({ body, headers }: FastifyRequest): Promise<Buffer> {
  if (!Buffer.isBuffer(body)) throw new BridgeError('FEED_BAD_BODY', 'there is no body');
  return unpacked(body, headers['content-encoding']);
}

/** Every error leaves as application/problem+json (RFC 9457); one of ours carries its code. */
function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const own = OWN_CODES[error.code ?? ''];
    const told = own ? new BridgeError(own, error.message) : error;
    if (told instanceof BridgeError) {
      const { code, message } = told;
      const status = STATUS[code] ?? 500;
      if (status === 503) reply.header('retry-after', RETRY_SECONDS);
      const { title, fix } = catalogue[code];
      return tell(reply, status, { title, code, detail: `${message}. ${fix}` });
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'a request to the feed failed');
    return tell(reply, status, { detail: status >= 500 ? 'It is in the log of the bridge.' : error.message });
  });
  app.setNotFoundHandler((_request, reply) =>
    tell(reply, 404, { detail: 'The feed is at /feed/v1/frames; see /feed/v1/openapi.json.' }),
  );
}

function tell(
  reply: FastifyReply,
  status: number,
  { title, ...rest }: { readonly title?: string; readonly code?: ErrorCode; readonly detail: string },
): FastifyReply {
  const named = title ?? (status >= 500 ? 'Internal error' : 'The request is not right');
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ title: named, status, ...rest });
}

const verdictSchema = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { enum: ['accepted', 'duplicate', 'rejected'] },
    id: { type: 'string' },
    seq: { type: 'integer' },
    journalId: { type: 'string', description: 'Where it stands in the journal.' },
    code: { type: 'string', description: 'Why it was rejected (docs/errors.md).' },
    message: { type: 'string' },
    fix: { type: 'string', description: 'What to do.' },
  },
} as const;

const problemSchema = {
  type: 'object',
  properties: {
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
  },
} as const;

const framesSchema = {
  summary: 'Hand over frames and connection events',
  description:
    'A JSON array, or one item per line (application/x-ndjson); Content-Encoding: gzip is taken. An empty array says that the feed is there. 200: what was accepted is stored; the verdict on each item, in their order. Any other answer: nothing is certain to be stored, send it again if it says 503.',
  consumes: ['application/json', 'application/x-ndjson'],
  body: { type: 'array', maxItems: MOST_ITEMS, items: { anyOf: [frameSchema, eventSchema] } },
  response: {
    200: {
      description: 'Taken.',
      type: 'object',
      properties: {
        accepted: { type: 'integer' },
        duplicate: { type: 'integer', description: 'They had been taken before, and count once.' },
        rejected: { type: 'integer' },
        items: { type: 'array', items: verdictSchema },
      },
    },
    400: { description: 'FEED_BAD_BODY', ...problemSchema },
    401: { description: 'FEED_BAD_TOKEN', ...problemSchema },
    413: { description: 'FEED_TOO_LARGE', ...problemSchema },
    429: { description: 'FEED_LOCKED_OUT', ...problemSchema },
    503: { description: 'FEED_NOT_STORED or FEED_BUSY: send it again.', ...problemSchema },
  },
} as const;

const answerRouteSchema = {
  summary: 'Hand in the answer to a command that the webhook took with 202',
  body: answerSchema,
  response: {
    200: {
      description: 'It is on record.',
      type: 'object',
      properties: { status: { enum: ['taken', 'late', 'repeated'] } },
    },
    400: { description: 'FEED_BAD_BODY', ...problemSchema },
    404: { description: 'FEED_NO_COMMAND', ...problemSchema },
  },
} as const;
