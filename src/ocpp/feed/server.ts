/** The listener of the feed. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Runtime } from '../../depot/index.js';
import { BridgeError } from '../../errors/index.js';
import { makeApp } from './app.js';
import type { CommandDesk } from './command-desk.js';
import type { Intake, Verdict } from './intake.js';
import { loginHook } from './login.js';
import { FeedSocket } from './socket.js';

export interface FeedServerFacts {
  readonly runtime: Runtime;
  readonly intake: Intake;
  readonly desk: CommandDesk;
  /** The CSMS has said something. */
  readonly sign: () => void;
}

export class FeedServer {
  readonly #facts: FeedServerFacts;
  readonly #sockets = new Set<WebSocket>();
  #app: FastifyInstance | undefined;

  constructor(facts: FeedServerFacts) {
    this.#facts = facts;
  }

  /** Opens the port; gives the one really bound. @throws BridgeError FEED_LISTEN, FEED_TLS, CONFIG_PASSWORD */
  async start(): Promise<number> {
    const { runtime } = this.#facts;
    const { feed } = runtime.config.listen;
    if (!feed) throw new BridgeError('FEED_LISTEN', 'listen.feed is not configured');
    const { host, port } = feed;
    this.#app = await this.#made();
    try {
      await this.#app.listen({ host, port });
    } catch (cause) {
      throw new BridgeError('FEED_LISTEN', `${host}:${port}: ${(cause as Error).message}`, {}, { cause });
    }
    const address = this.#app.server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** No new bodies; what has come is taken. */
  async stop(withinMs: number): Promise<void> {
    const app = this.#app;
    if (!app) return;
    for (const socket of this.#sockets) socket.close(1001, 'the bridge ends');
    const cut = setTimeout(() => {
      app.server.closeAllConnections();
      for (const socket of this.#sockets) socket.terminate();
    }, withinMs);
    cut.unref();
    await app.close();
    clearTimeout(cut);
  }

  async #made(): Promise<FastifyInstance> {
    const { runtime, intake, desk, sign } = this.#facts;
    const { feed } = runtime.config.listen;
    const { pingSeconds } = runtime.config.ocpp;
    const login = loginHook(feed?.token);
    const logger = runtime.log.child({ part: 'feed' }, { level: 'warn' }) as FastifyBaseLogger;
    try {
      return await makeApp(
        {
          login: async (request, reply) => {
            await login(request, reply);
            sign();
          },
          frames: async (items, remoteAddress) => summary(await intake.take(items, remoteAddress)),
          answer: async (commandId, body) => ({ status: desk.answer(commandId, body) }),
          socket: (socket, remoteAddress) => {
            this.#sockets.add(socket);
            socket.on('close', () => this.#sockets.delete(socket));
            new FeedSocket(socket, {
              ...{ log: runtime.log, remoteAddress, sign, pingMs: pingSeconds * 1000 },
              take: (items) => intake.take(items, remoteAddress),
            });
          },
        },
        { logger, tls: feed?.tls },
      );
    } catch (cause) {
      if (cause instanceof BridgeError) throw cause;
      throw new BridgeError('FEED_TLS', `listen.feed.tls: ${(cause as Error).message}`, {}, { cause });
    }
  }
}

function summary(items: readonly Verdict[]): object {
  const count = (status: Verdict['status']) => items.filter((each) => each.status === status).length;
  return { accepted: count('accepted'), duplicate: count('duplicate'), rejected: count('rejected'), items };
}

/** The description of the feed, as docs/feed.openapi.json has it. */
export async function feedOpenApi(): Promise<object> {
  const unused = async () => ({});
  const app = await makeApp({
    login: async () => undefined,
    frames: unused,
    answer: unused,
    socket: () => undefined,
  });
  await app.ready();
  const described = app.swagger();
  await app.close();
  return described;
}
