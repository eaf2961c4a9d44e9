import { createRPCError, RPCClient } from 'ocpp-rpc';
import { CallFailure } from './errors.js';
import type { ChargerOptions } from './options.js';

/** WebSocket pings are sent when nothing else was for this long, real seconds. */
export const pingSeconds = 60;

/** The CALLERROR a station answers with. The code is one of OCPP-J's. */
export class CallRefusal extends Error {
  override readonly name = 'CallRefusal';
  readonly code: string;

  constructor(code: string, description: string) {
    super(description);
    this.code = code;
  }
}

/** No connection came about. `statusCode` is the HTTP status when the CSMS refused the upgrade. */
export class ConnectionRefused extends Error {
  override readonly name = 'ConnectionRefused';
  readonly statusCode: number | undefined;

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    const { code } = cause as { code?: unknown };
    this.statusCode = typeof code === 'number' ? code : undefined;
  }
}

/** What the owner of a link wants to know and must answer. */
export interface LinkEvents {
  /** A call of the CSMS. Resolves to the answer. @throws CallRefusal to answer with a CALLERROR */
  onCall(action: string, payload: unknown): Promise<object>;
  /** Every frame as it is on the wire. */
  onFrame(direction: 'sent' | 'received', frame: string): void;
  /** A frame that is no OCPP-J message, or an answer nobody waits for. */
  onGarbled(frame: string, reason: string): void;
  /** The connection is gone. Comes once. */
  onClosed(code: number, reason: string): void;
}

/** One WebSocket connection to a CSMS. It never reconnects: a new connection is a new link. */
export interface Link {
  /** The subprotocol the CSMS chose; undefined when none was. */
  readonly subprotocol: string | undefined;
  /** @throws CallFailure */
  call(action: string, payload: object): Promise<unknown>;
  /** Says goodbye and waits for it. */
  close(): Promise<void>;
  /** Cuts the connection without a word, as a broken cable does. */
  cut(): void;
}

/** The package keeps its error classes to itself: its errors are known by what they carry. */
function failureOf(action: string, error: unknown): CallFailure {
  const message = error instanceof Error ? error.message : String(error);
  const { rpcErrorCode: code } = error as { rpcErrorCode?: string };
  if (code !== undefined) return new CallFailure('refused', action, message, code);
  return new CallFailure(message === 'Call timeout' ? 'timeout' : 'lost', action, message);
}

function clientOf(options: ChargerOptions, password: string | undefined): RPCClient {
  const { quirks = {}, tls } = options;
  return new RPCClient({
    endpoint: options.url.replace(/\/+$/, ''),
    identity: options.identity,
    password: password ?? null,
    protocols: quirks.noSubprotocol ? [] : [options.protocol],
    wsOpts: { ...tls, perMessageDeflate: false, closeTimeout: 2_000 },
    headers: {},
    reconnect: false,
    maxReconnects: 0,
    callTimeoutMs: options.callTimeoutMs ?? 30_000,
    callConcurrency: quirks.pipelined ? Number.POSITIVE_INFINITY : 1,
    pingIntervalMs: pingSeconds * 1000,
    deferPingsOnActivity: true,
    respondWithDetailedErrors: false,
    strictMode: false,
    strictModeValidators: [],
    maxBadMessages: Number.POSITIVE_INFINITY,
    backoff: { initialDelay: 1_000, maxDelay: 2_000, factor: 2, randomisationFactor: 0 },
  });
}

/**
 * Connects to the CSMS. The only place that knows ocpp-rpc's client.
 * @throws ConnectionRefused when the CSMS is not there or refuses the upgrade
 */
export async function openLink(
  options: ChargerOptions,
  password: string | undefined,
  events: LinkEvents,
): Promise<Link> {
  const client = clientOf(options, password);
  let leaving = false;
  client.on('message', ({ message, outbound }: { message: string | Buffer; outbound: boolean }) => {
    events.onFrame(outbound ? 'sent' : 'received', message.toString());
  });
  client.on('badMessage', ({ buffer, error }: { buffer: Buffer; error: Error }) => {
    // An answer that comes while the station hangs up is not the CSMS's mistake.
    if (!leaving) events.onGarbled(buffer.toString(), error.message);
  });
  client.on('socketError', () => {
    // The close event that follows every socket error ends the link.
  });
  client.handle(async ({ method, params }: { method?: string; params?: unknown }) => {
    try {
      return await events.onCall(method ?? '', params);
    } catch (error) {
      if (error instanceof CallRefusal) throw createRPCError(error.code, error.message, {});
      throw createRPCError('InternalError', error instanceof Error ? error.message : String(error), {});
    }
  });
  try {
    await client.connect();
  } catch (error) {
    throw new ConnectionRefused(error);
  }
  client.on('close', ({ code, reason }: { code?: number; reason?: string }) => {
    events.onClosed(code ?? 1006, reason ?? '');
  });
  return {
    subprotocol: client.protocol || undefined,
    async call(action, payload) {
      try {
        return await client.call(action, payload);
      } catch (error) {
        throw failureOf(action, error);
      }
    },
    async close() {
      leaving = true;
      await client.close({ code: 1000, reason: '' });
    },
    cut() {
      leaving = true;
      void client.close({ force: true });
    },
  };
}
