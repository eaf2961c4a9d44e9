/** A bridge to which a CSMS hands over frames: real listeners on free ports, ended with the test. */
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { exampleConfig, OcppHarness } from '../harness.js';

export const TOKEN = 'feed-token-0001';

export interface FedOptions {
  /** Inside `ocpp.feed`. */
  readonly feed?: string;
  /** Lines of `ocpp`, beside attach and feed. */
  readonly ocpp?: string;
  readonly edit?: (text: string) => string;
}

/** Verdicts as the bridge tells them. */
export interface Summary {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly items: readonly { readonly status: string; readonly code?: string; readonly journalId?: string }[];
}

export interface Fed {
  readonly bridge: OcppHarness;
  readonly url: string;
  /** Hands over items; the body of the answer if it is a 200. */
  hand(...items: readonly unknown[]): Promise<Summary>;
}

export function fedConfig({ feed = '', ocpp = '', edit = (same) => same }: FedOptions = {}) {
  const listen = `listen:\n  feed: { host: 127.0.0.1, port: 0, token: ${TOKEN} }\n`;
  const part = `ocpp:\n  attach: feed\n  feed: { ${feed} }\n${ocpp.replaceAll(/^(?=.)/gm, '  ')}\n`;
  return exampleConfig((text) => `${edit(text).replace('listen:\n', listen)}\n${part}`);
}

export async function fed(options: FedOptions = {}): Promise<Fed> {
  const bridge = await OcppHarness.start({ config: fedConfig(options) });
  onTestFinished(() => bridge.remove());
  return {
    bridge,
    get url() {
      return urlOf(bridge);
    },
    hand: (...items) => hand(urlOf(bridge), items),
  };
}

export function urlOf({ ocpp }: OcppHarness): string {
  return `http://127.0.0.1:${ocpp.feed?.port}/feed/v1`;
}

export async function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
  });
}

export async function hand(url: string, items: readonly unknown[]): Promise<Summary> {
  const body = gzipSync(JSON.stringify(items));
  const response = await post(`${url}/frames`, body, { 'content-encoding': 'gzip' });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Summary;
}

const BASE = { station: 'CP-N1', protocol: 'ocpp1.6' } as const;

/** Something the station or its CSMS said. */
export function frame<T extends object>(from: 'station' | 'csms', said: unknown, more: T = {} as T) {
  return { ...BASE, from, frame: typeof said === 'string' ? said : JSON.stringify(said), ...more };
}

export function event(word: 'connected' | 'disconnected', more: object = {}) {
  return { ...BASE, event: word, ...more };
}

/** RFC 3339, so many seconds from now. */
export function instant(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

export function status(id: string, word: string, at: string, connectorId = 1) {
  return [2, id, 'StatusNotification', { connectorId, errorCode: 'NoError', status: word, timestamp: at }];
}
