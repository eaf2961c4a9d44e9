/**
 * Requests to the CSMS that is to send commands for us: signed (Standard Webhooks, HMAC-SHA256) or with a token, never
 * redirected, bounded in time and size. What they hold is logged nowhere.
 */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import type { WebhookConfig } from '../../config/index.js';

const MOST_BYTES = 256 * 1024;

/** What the CSMS made of a request. */
export type Delivered =
  | { readonly kind: 'answered'; readonly body: unknown }
  /** It has taken it, and tells the answer later. */
  | { readonly kind: 'taken' }
  /** It will not carry it out. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It never got it, or says so itself: it may be sent again. */
  | { readonly kind: 'undelivered'; readonly why: string }
  /** It may have got it. */
  | { readonly kind: 'unclear'; readonly why: string };

export class Webhook {
  readonly #config: WebhookConfig;
  readonly #agent: Agent;

  constructor(config: WebhookConfig) {
    this.#config = config;
    const timeoutMs = config.timeoutSeconds * 1000;
    this.#agent = new Agent({
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: MOST_BYTES,
      connect: { timeout: timeoutMs, ...(config.ca === undefined ? {} : { ca: config.ca }) },
    });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** Sends one body under its id, which is the same each time it is sent. Never rejects. */
  async post(id: string, body: string, nowMs: number, signal: AbortSignal): Promise<Delivered> {
    try {
      const { statusCode, body: answer } = await request(this.#config.url, {
        method: 'POST',
        headers: this.#headers(id, body, nowMs),
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#config.timeoutSeconds * 1000)]),
        dispatcher: this.#agent,
      });
      return judged(statusCode, await answer.text());
    } catch (error) {
      return failed(error as NodeJS.ErrnoException);
    }
  }

  #headers(id: string, body: string, nowMs: number): Record<string, string> {
    const { token, secret } = this.#config;
    const timestamp = String(Math.floor(nowMs / 1000));
    return {
      'content-type': 'application/json',
      'user-agent': 'depotbridge',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      ...(secret === undefined ? {} : { 'webhook-signature': signatureOf(secret, id, timestamp, body) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }
}

/** As Standard Webhooks signs: `v1,` and the HMAC-SHA256 of id, timestamp and body in base64. */
export function signatureOf(secret: string, id: string, timestamp: string, body: string): string {
  const prefix = 'whsec_';
  const key = secret.startsWith(prefix)
    ? Buffer.from(secret.slice(prefix.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

function judged(status: number, text: string): Delivered {
  const why = `the webhook answered ${status}`;
  if (status === 202) return { kind: 'taken' };
  if (status >= 200 && status < 300) {
    try {
      return { kind: 'answered', body: JSON.parse(text) };
    } catch {
      return { kind: 'unclear', why: `${why} without JSON` };
    }
  }
  if (status >= 300 && status < 400)
    return { kind: 'refused', why: `${why}: redirects are not followed, set ocpp.feed.webhook.url` };
  if (status === 429) return { kind: 'undelivered', why };
  if (status === 408 || status >= 500) return { kind: 'unclear', why };
  return { kind: 'refused', why };
}

/** Errors that come before anything was sent. */
const BEFORE = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function failed({ code, name, message }: NodeJS.ErrnoException): Delivered {
  const why = `the webhook cannot be reached: ${code ?? name}`;
  if (code !== undefined && BEFORE.has(code)) return { kind: 'undelivered', why };
  return {
    kind: 'unclear',
    why: name === 'TimeoutError' ? 'the webhook did not answer in time' : `${why} ${message}`,
  };
}
