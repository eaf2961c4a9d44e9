import { createRequire } from 'node:module';
import { createRPCError, RPCClient } from 'ocpp-rpc';
import { CallFailure } from './errors.js';
import { partsOf } from './frame.js';
import type { ChargerOptions } from './options.js';

// The name cannot be imported from a CommonJS module, and the package types handlers as if they always answered.
const { NOREPLY: nothing } = createRequire(import.meta.url)('ocpp-rpc') as { readonly NOREPLY: object };

/** Time for a frame to leave before its connection breaks, real ms. */
const flushMs = 5;

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

/** Instead of an answer: none is sent. */
export const noAnswer = Symbol('no answer');

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
  /** A call of the CSMS. Resolves to the answer, or to `noAnswer`. @throws CallRefusal to answer with a CALLERROR */
  onCall(action: string, payload: unknown): Promise<object | typeof noAnswer>;
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
  /** Sends a call and breaks the connection before its answer is read. @throws CallFailure, always */
  callAndBreak(action: string, payload: object): Promise<never>;
  /** Sends any text. The answer to it, if it is a call, is no surprise. */
  sendRaw(frame: string): void;
  /** Neither reads nor writes any more, but stays open. */
  freeze(): void;
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

/**
 * Security white paper of 1.6: AuthorizationKey is hexadecimal in messages, and HTTP Basic has the bytes; a shorter text
 * is meant as it stands.
 */
function basicPassword({ protocol, quirks }: ChargerOptions, password: string): string {
  const isKey = protocol === 'ocpp1.6' && /^(?:[\da-f]{2}){16,20}$/i.test(password);
  // The package takes bytes too, though its types name only text.
  return isKey && !quirks?.hexPassword ? (Buffer.from(password, 'hex') as Buffer & string) : password;
}

function clientOf(options: ChargerOptions, password: string | undefined): RPCClient {
  const { quirks = {}, tls } = options;
  return new RPCClient({
    endpoint: options.url.replace(/\/+$/, ''),
    identity: options.identity,
    password: password === undefined ? null : basicPassword(options, password),
    protocols: quirks.noSubprotocol ? [] : [options.protocol],
    // Frames that come together are taken one after the other, each when what the one before set off is done.
    wsOpts: { ...tls, perMessageDeflate: false, closeTimeout: 2_000, allowSynchronousEvents: false },
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

/** Answers to frames that were sent outside of the ordinary way. */
class ExpectedAnswers {
  readonly #ids = new Set<unknown>();
  #anyError = false;

  add(frame: string): void {
    const [type, id] = partsOf(frame);
    if (type === 2) this.#ids.add(id);
    else this.#anyError = true;
  }

  /** An answer to one of them, or the CALLERROR that nonsense earns. */
  has(frame: string): boolean {
    const [type, id] = partsOf(frame);
    return (type === 4 && this.#anyError) || ((type === 3 || type === 4) && this.#ids.has(id));
  }
}

/** The package has no door to its socket. */
function socketOf(client: RPCClient): { pause(): void } | undefined {
  return (client as unknown as { _ws?: { pause(): void } })._ws;
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
  let frozen = false;
  let breakAfter: string | undefined;
  const cut = (): void => {
    leaving = true;
    void client.close({ force: true });
  };
  const waiting = new Set<() => void>();
  const expected = new ExpectedAnswers();
  client.on('message', ({ message, outbound }: { message: string | Buffer; outbound: boolean }) => {
    if (frozen) return;
    const frame = message.toString();
    events.onFrame(outbound ? 'sent' : 'received', frame);
    if (!outbound || !breakAfter || !frame.startsWith('[2,') || !frame.includes(breakAfter)) return;
    socketOf(client)?.pause();
    setTimeout(cut, flushMs);
  });
  client.on('badMessage', ({ buffer, error }: { buffer: Buffer; error: Error }) => {
    // An answer that comes while the station hangs up is not the CSMS's mistake.
    if (!leaving && !frozen && !expected.has(buffer.toString()))
      events.onGarbled(buffer.toString(), error.message);
  });
  client.on('socketError', () => {
    // The close event that follows every socket error ends the link.
  });
  client.handle(async ({ method, params }: { method?: string; params?: unknown }) => {
    try {
      if (frozen) return nothing;
      const answer = await events.onCall(method ?? '', params);
      return answer === noAnswer ? nothing : answer;
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
    call(action, payload) {
      return new Promise((resolve, reject) => {
        const giveUp = (): void => reject(new CallFailure('lost', action, 'the socket is half open'));
        waiting.add(giveUp);
        client
          .call(action, payload)
          .then(resolve, (error: unknown) => reject(failureOf(action, error)))
          .finally(() => waiting.delete(giveUp));
      });
    },
    async callAndBreak(action, payload) {
      breakAfter = `"${action}"`;
      try {
        await client.call(action, payload);
      } catch (error) {
        throw failureOf(action, error);
      }
      throw new CallFailure('lost', action, 'the connection broke before the answer was read');
    },
    sendRaw(frame) {
      expected.add(frame);
      client.sendRaw(frame);
    },
    freeze() {
      frozen = true;
      client.reconfigure({ pingIntervalMs: 0 } as ConstructorParameters<typeof RPCClient>[0]);
      socketOf(client)?.pause();
      for (const giveUp of waiting) giveUp();
    },
    async close() {
      leaving = true;
      await client.close({ code: 1000, reason: '' });
    },
    cut,
  };
}
