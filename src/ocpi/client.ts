/** Requests of ours to partners: guarded, bounded, journalled before they leave and as soon as they are answered. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { Agent, request } from 'undici';
import type { Metrics } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { authorization } from './credentials-token.js';
import { checkUrl, guardedLookup, logRefusal } from './guard.js';
import { isObject } from './json.js';
import type { Lineage, Recorder } from './recorder.js';
import { type OcpiVersion, traitsOf } from './version.js';

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 1_048_576;

export interface Party {
  readonly countryCode: string;
  readonly partyId: string;
}

export interface Call {
  readonly partnerId: string;
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  readonly url: string;
  /** The host that the partner registered with; undefined while it registers. */
  readonly host: string | undefined;
  readonly clientToken: string;
  readonly version: OcpiVersion;
  /** `PATCH locations`, without the answer's status. */
  readonly action: string;
  readonly body?: unknown;
  readonly lineage: Lineage;
  /** The party asked, on functional modules. */
  readonly to?: Party | undefined;
}

export interface CallAnswer {
  readonly http: number;
  /** From the envelope, if there was one. */
  readonly statusCode: number | undefined;
  readonly statusMessage: string | undefined;
  readonly data: unknown;
  /** The journal entry of the answer. */
  readonly entry: JournalId;
  /** Seconds to wait, if the partner said so. */
  readonly retryAfterS: number | undefined;
  /** The Link header. */
  readonly link: string | undefined;
  /** The Location header. */
  readonly location: string | undefined;
}

export interface ClientOptions {
  readonly party: Party;
  readonly allowPrivate: boolean;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export class PartnerClient {
  readonly #options: ClientOptions;
  readonly #agent: Agent;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#agent = new Agent({
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      maxResponseSize: MAX_BODY_BYTES,
      connect: { timeout: TIMEOUT_MS, lookup: guardedLookup(options.allowPrivate) },
    });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /**
   * One request; whatever is answered is given back.
   * @throws BridgeError OCPI_ADDRESS_REFUSED, OCPI_PEER_FAILED
   */
  async call(call: Call): Promise<CallAnswer> {
    const { partnerId, method, action, lineage, body } = call;
    const { recorder, metrics } = this.#options;
    const url = this.#allowed(call);
    const path = `${url.pathname}${url.search}`;
    const raw = body === undefined ? '' : JSON.stringify(body);
    const messageId = randomUUID();
    const base = { partnerId, action, messageId } as const;
    const out = await recorder.http({ ...base, direction: 'out', raw, http: { method, path }, lineage });
    try {
      const { status, headers, text } = await this.#send(url, call, raw, messageId);
      const answered = { method, path, status };
      const entry = await recorder.http({
        ...base,
        direction: 'in',
        raw: text,
        http: answered,
        lineage: { causes: [out.id] },
      });
      const envelope = readEnvelope(text);
      const answer = {
        http: status,
        ...envelope,
        entry: entry.id,
        retryAfterS: seconds(headers['retry-after']),
        link: textOf(headers['link']),
        location: textOf(headers['location']),
      };
      metrics.messages.inc({
        protocol: 'ocpi',
        direction: 'out',
        action,
        outcome: isSuccess(answer) ? 'ok' : 'refused',
      });
      return answer;
    } catch (error) {
      metrics.messages.inc({ protocol: 'ocpi', direction: 'out', action, outcome: 'failed' });
      const failed = failure(error, partnerId, out.id, action);
      if (failed.code === 'OCPI_ADDRESS_REFUSED') this.#report(call, failed);
      throw failed;
    }
  }

  #allowed(call: Call): URL {
    try {
      return checkUrl(call.url, { allowPrivate: this.#options.allowPrivate, host: call.host });
    } catch (error) {
      if (error instanceof BridgeError) this.#report(call, error);
      throw error;
    }
  }

  #report({ partnerId: partner, action, url }: Call, error: BridgeError): void {
    logRefusal(this.#options.log, { partner, action, url }, error);
  }

  /** As {@link call}, for requests that must succeed. @throws BridgeError OCPI_PEER_FAILED too if it is refused */
  async ask(call: Call): Promise<CallAnswer> {
    const answer = await this.call(call);
    if (isSuccess(answer)) return answer;
    const said = `HTTP ${answer.http}, OCPI ${answer.statusCode ?? 'no status code'}`;
    throw new BridgeError('OCPI_PEER_FAILED', `${call.action} was answered ${said}`, {
      partner: call.partnerId,
      journalId: answer.entry,
    });
  }

  async #send(url: URL, call: Call, raw: string, requestId: string) {
    const { method, clientToken, version, to, body } = call;
    const { rawToken, routed } = traitsOf(version);
    const { countryCode, partyId } = this.#options.party;
    const response = await request(url, {
      method,
      dispatcher: this.#agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        authorization: authorization(clientToken, rawToken),
        'x-request-id': requestId,
        'x-correlation-id': randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(to && routed
          ? {
              'ocpi-from-country-code': countryCode,
              'ocpi-from-party-id': partyId,
              'ocpi-to-country-code': to.countryCode,
              'ocpi-to-party-id': to.partyId,
            }
          : {}),
      },
      ...(body === undefined ? {} : { body: raw }),
    });
    return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  }
}

/** HTTP 2xx with an OCPI code 1xxx. HTTP 200 with 2xxx or 3xxx, or without an envelope, is none. */
export function isSuccess({ http, statusCode }: Pick<CallAnswer, 'http' | 'statusCode'>): boolean {
  return http >= 200 && http < 300 && statusCode !== undefined && statusCode >= 1000 && statusCode < 2000;
}

function readEnvelope(raw: string): Pick<CallAnswer, 'statusCode' | 'statusMessage' | 'data'> {
  const body = parsed(raw);
  const { status_code: code, status_message: message, data } = isObject(body) ? body : {};
  return {
    statusCode: typeof code === 'number' ? code : undefined,
    statusMessage: typeof message === 'string' ? message : undefined,
    data,
  };
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    // An answer that is no JSON has no status code and so is no success.
    return undefined;
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function seconds(header: string | string[] | undefined): number | undefined {
  const value = Number(header);
  return header !== undefined && Number.isFinite(value) && value >= 0 ? Math.min(value, 3600) : undefined;
}

function failure(error: unknown, partner: string, journalId: JournalId, action: string): BridgeError {
  if (error instanceof BridgeError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  if (cause.cause instanceof BridgeError) return cause.cause;
  const where = { partner, journalId };
  return new BridgeError('OCPI_PEER_FAILED', `${action} got no answer: ${cause.message}`, where, { cause });
}
