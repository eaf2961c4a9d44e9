/** The admin API of the bridge that runs on a configuration, if one does. */
import { connect } from 'node:net';
import type { Config } from '../config/index.js';
import { BridgeError, catalogue, type ErrorCode } from '../errors/index.js';

const PROBE_MS = 1_000;

export interface BridgeClient {
  /** @throws BridgeError with the problem's code, else CLI_BRIDGE_REFUSED, for any status but 2xx; CLI_BRIDGE_GONE */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, json?: object): Promise<T>;
}

/** Undefined if no bridge answers at the configured address. */
export async function runningBridge(config: Config): Promise<BridgeClient | undefined> {
  const { admin } = config.listen;
  if (!(await isListening(admin))) return undefined;
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
    async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, json?: object) {
      const { statusCode, text } = await request(`${url}${path}`, {
        method,
        headers: { ...headers, ...(json ? { 'content-type': 'application/json' } : {}) },
        ...(json ? { body: JSON.stringify(json) } : {}),
      })
        .then(async (answer) => ({ statusCode: answer.statusCode, text: await answer.body.text() }))
        .catch((cause: unknown) => {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw new BridgeError(
            'CLI_BRIDGE_GONE',
            `the bridge went before it answered ${method} ${path}: ${why}`,
          );
        });
      if (statusCode < 200 || statusCode > 299) throw refusal(statusCode, text);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
  };
}

/** Whether anybody takes connections there: most often nobody does, and that is known at once. */
async function isListening({ host, port }: Config['listen']['admin']): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.setTimeout(PROBE_MS, () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

/** As {@link runningBridge}, for what cannot be done without. @throws BridgeError CLI_NO_BRIDGE */
export async function bridgeThatRuns(config: Config): Promise<BridgeClient> {
  const bridge = await runningBridge(config);
  if (bridge) return bridge;
  const { host, port } = config.listen.admin;
  throw new BridgeError('CLI_NO_BRIDGE', `no bridge runs at ${host}:${port}`);
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

/** An error of the bridge as its problem details tell it. */
function refusal(status: number, text: string): BridgeError {
  const { code, detail = `the bridge answered ${status}` } = problemIn(text);
  if (code === undefined || !Object.hasOwn(catalogue, code))
    return new BridgeError('CLI_BRIDGE_REFUSED', detail);
  const known = code as ErrorCode;
  return new BridgeError(known, detail.replace(`. ${catalogue[known].fix}`, ''));
}

function problemIn(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    // Whatever answers there is no bridge, or something stands between.
    return {};
  }
}
