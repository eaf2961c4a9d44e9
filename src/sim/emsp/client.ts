import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { authorizationHeader, type TokenForm } from './authorization.js';
import { EmspError } from './errors.js';
import type { OcpiVersion, Party } from './messages.js';
import { traitsOf } from './version.js';
import { bodyProblems, type OcpiViolation } from './watch.js';

export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';

/** A request to the CPO. */
export interface Call {
  readonly method: Method;
  readonly url: string;
  readonly token: string;
  /** In which version's manner; the versions list is asked in the manner of the newest we speak. */
  readonly version: OcpiVersion;
  readonly body?: unknown;
  /** Whom a functional module is asked for; left out for configuration modules. */
  readonly to?: Party | undefined;
  /** The class `data` must be of; with `list` an array of it. */
  readonly dataClass?: string;
  readonly list?: boolean;
  /** Further headers, or other values for ours. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of the CPO, good or bad. */
export interface CallAnswer {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
  /** From the envelope, if there was one. */
  readonly statusCode: number | undefined;
  readonly statusMessage: string | undefined;
  readonly data: unknown;
}

export interface ClientContext {
  readonly party: Party;
  readonly tokenForm: () => TokenForm | undefined;
  readonly sent: (method: string, url: string, raw: string) => void;
  readonly answered: (method: string, url: string, answer: CallAnswer) => void;
  readonly violation: (violation: OcpiViolation) => void;
}

const TIMEOUT_MS = 10_000;

/** Calls the CPO and checks what it answers. */
export class OcpiClient {
  readonly #context: ClientContext;
  readonly #agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

  constructor(context: ClientContext) {
    this.#context = context;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** One request; every answer is returned, however bad. @throws the network's error if there is none */
  async call(call: Call): Promise<CallAnswer> {
    const { method, url, body } = call;
    const raw = body === undefined ? '' : JSON.stringify(body);
    const headers = this.#headers(call);
    this.#context.sent(method, url, raw);
    const response = await request(url, {
      method,
      headers,
      dispatcher: this.#agent,
      ...(body === undefined ? {} : { body: raw }),
    });
    const answer = readAnswer(response.statusCode, response.headers, await response.body.text());
    this.#context.answered(method, url, answer);
    this.#check(call, headers, answer);
    return answer;
  }

  /** One request that must succeed. @throws EmspError `http`, `unreadable` or `ocpi` with what was answered */
  async ask(call: Call): Promise<CallAnswer> {
    const answer = await this.call(call);
    const { httpStatus, statusCode, statusMessage } = answer;
    const what = `${call.method} ${call.url}`;
    if (httpStatus < 200 || httpStatus > 299) {
      throw new EmspError('http', `${what} was answered HTTP ${httpStatus} ${statusMessage ?? ''}`, answer);
    }
    if (statusCode === undefined) throw new EmspError('unreadable', `${what}: ${answer.raw}`, answer);
    if (statusCode < 1000 || statusCode > 1999) {
      throw new EmspError('ocpi', `${what} was answered ${statusCode} ${statusMessage ?? ''}`, answer);
    }
    return answer;
  }

  #headers({ token, version, to, body, headers }: Call): Record<string, string> {
    const { rawToken, routed } = traitsOf(version);
    const form = this.#context.tokenForm() ?? (rawToken ? 'raw' : 'base64');
    const { countryCode, partyId } = this.#context.party;
    const routing = to && {
      'ocpi-from-country-code': countryCode,
      'ocpi-from-party-id': partyId,
      'ocpi-to-country-code': to.countryCode,
      'ocpi-to-party-id': to.partyId,
    };
    return {
      authorization: authorizationHeader(token, form),
      ...(routed ? { 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID(), ...routing } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
  }

  #check(call: Call, headers: Record<string, string>, answer: CallAnswer): void {
    const { method, url, version, dataClass, list } = call;
    const report = (kind: OcpiViolation['kind'], message: string) =>
      this.#context.violation({ kind, at: `answer to ${method} ${url}`, message, raw: answer.raw });
    for (const name of ['x-request-id', 'x-correlation-id']) {
      if (headers[name] && answer.headers[name] !== headers[name]) report('headers', `${name} is not echoed`);
    }
    if (answer.statusCode === undefined) {
      report('schema', `no OCPI envelope in an answer of HTTP ${answer.httpStatus}`);
      return;
    }
    const envelope: unknown = JSON.parse(answer.raw);
    for (const message of bodyProblems(version, 'ResponseEnvelope', envelope)) report('schema', message);
    if (answer.statusCode !== 1000 || dataClass === undefined) return;
    if (list && !Array.isArray(answer.data)) report('schema', 'data is not an array');
    const objects = list && Array.isArray(answer.data) ? answer.data : [answer.data];
    for (const object of objects) {
      for (const message of bodyProblems(version, dataClass, object)) report('schema', message);
    }
  }
}

function readAnswer(
  httpStatus: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  raw: string,
): CallAnswer {
  const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const envelope = readEnvelope(raw);
  const { status_code: code, status_message: message, data } = envelope;
  return {
    httpStatus,
    headers: flat,
    raw,
    statusCode: typeof code === 'number' ? code : undefined,
    statusMessage: typeof message === 'string' ? message : undefined,
    data,
  };
}

function readEnvelope(raw: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(raw);
    return parsed !== null && typeof parsed === 'object' ? (parsed as Record<string, unknown>) : {};
  } catch {
    // An answer that is no JSON shows as one without a status code.
    return {};
  }
}
