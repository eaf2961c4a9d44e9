/** `depotbridge station send`: one request of OCPP to a station, through the bridge that runs. */
import { loadConfig } from '../config/index.js';
import { bridgeThatRuns } from './bridge-client.js';
import { readPayload } from './payload.js';

export interface SendOptions {
  readonly config: string;
  /** Under the same key the command is carried out once. */
  readonly key?: string;
  /** Also what the bridge itself decides. */
  readonly force?: boolean;
  readonly format: 'text' | 'json';
}

interface Answered {
  readonly intent: string;
  readonly frames: readonly string[];
  readonly answer: object;
}

/** Prints the station's answer, on stderr where it stands in the journal; fails if there is no answer. */
export async function sendToStation(
  stationId: string,
  action: string,
  payload: string | undefined,
  { config, key, force, format }: SendOptions,
): Promise<number> {
  const body = {
    action,
    payload: payload === undefined ? {} : readPayload(payload),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(force ? { force } : {}),
  };
  const bridge = await bridgeThatRuns(loadConfig(config));
  const path = `/api/v1/stations/${encodeURIComponent(stationId)}/commands`;
  const answered = await bridge.call<Answered>('POST', path, body);
  const shown = format === 'json' ? answered : answered.answer;
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  if (format === 'text') process.stderr.write(`depotbridge trace ${answered.intent} --forward\n`);
  return 0;
}
