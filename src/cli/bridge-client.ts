/** The admin API of the bridge that runs on a configuration, if one does. */
import type { Config } from '../config/index.js';

const PROBE_MS = 1_000;

export interface BridgeClient {
  /** @throws Error with the problem's detail, for any status but 2xx */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<T>;
}

/** Undefined if no bridge answers at the configured address. */
export async function runningBridge(config: Config): Promise<BridgeClient | undefined> {
  const { admin } = config.listen;
  // Most commands that could ask a bridge do not.
  const { request } = await import('undici');
  const url = `${admin.tls ? 'https' : 'http'}://${admin.host}:${admin.port}`;
  try {
    const limits = { headersTimeout: PROBE_MS, bodyTimeout: PROBE_MS };
    const { statusCode, body } = await request(`${url}/livez`, limits);
    await body.dump();
    if (statusCode !== 200) return undefined;
  } catch {
    return undefined;
  }
  const headers = admin.token ? { authorization: `Bearer ${admin.token}` } : {};
  return {
    async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string) {
      const { statusCode, body } = await request(`${url}${path}`, { method, headers });
      const text = await body.text();
      const answer = (text === '' ? undefined : JSON.parse(text)) as (T & { detail?: string }) | undefined;
      if (statusCode < 200 || statusCode > 299)
        throw new Error(answer?.detail ?? `the bridge answered ${statusCode}`);
      return answer as T;
    },
  };
}
