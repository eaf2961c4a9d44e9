/** `depotbridge station password`: another password for a station, through the bridge that runs. */
import { setTimeout as wait } from 'node:timers/promises';
import { loadConfig } from '../config/index.js';
import type { PasswordChanged, PasswordStatus } from '../ocpp/index.js';
import { type BridgeClient, bridgeThatRuns } from './bridge-client.js';

export interface PasswordOptions {
  readonly config: string;
  /** Back to the one of the configuration. */
  readonly configured?: boolean;
  /** Show the new password. */
  readonly print?: boolean;
  /** Change nothing, only tell which passwords count. */
  readonly status?: boolean;
  /** How long to wait for the station to come in with it, seconds. */
  readonly wait?: number;
  readonly format: 'text' | 'json';
}

/** Prints what became of it; 0 if the station took it, 1 if nobody knows; fails if it did not. */
export async function changePassword(stationId: string, options: PasswordOptions): Promise<number> {
  const bridge = await bridgeThatRuns(loadConfig(options.config));
  const path = `/api/v1/stations/${encodeURIComponent(stationId)}/password`;
  const isJson = options.format === 'json';
  if (options.status) {
    const status = await bridge.call<PasswordStatus>('GET', path);
    process.stdout.write(isJson ? `${JSON.stringify(status, null, 2)}\n` : statusLines(status));
    return 0;
  }
  const source = options.configured ? 'configuration' : 'bridge';
  const changed = await bridge.call<PasswordChanged>('POST', path, { source, print: options.print === true });
  if (changed.password !== undefined && !isJson) process.stdout.write(`${changed.password}\n`);
  const status = await statusOnceUsed(bridge, path, options.wait ?? 20);
  if (isJson) process.stdout.write(`${JSON.stringify({ ...changed, ...status }, null, 2)}\n`);
  else process.stderr.write(changeLines(changed, status));
  return changed.outcome === 'accepted' || status.told.length === 0 ? 0 : 1;
}

async function statusOnceUsed(bridge: BridgeClient, path: string, seconds: number): Promise<PasswordStatus> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const status = await bridge.call<PasswordStatus>('GET', path);
    if (status.told.length === 0 || Date.now() >= until) return status;
    await wait(250);
  }
}

function changeLines(
  { stationId, meaning, intent }: PasswordChanged,
  { told, inForce }: PasswordStatus,
): string {
  const trace = `depotbridge trace ${intent} --forward\n`;
  if (told.length > 0)
    return `${meaning}\nlook again with: depotbridge station password ${stationId} --status\n${trace}`;
  const { hash } = inForce;
  const keep = hash === undefined ? '' : `the configuration may say the same: password: ${hash}\n`;
  return `${stationId} came in with its new password; the old one is refused\n${keep}${trace}`;
}

function statusLines({ inForce, told }: PasswordStatus): string {
  const { source, since, hash } = inForce;
  const when = since === undefined ? '' : `, since ${since}`;
  const keep = hash === undefined ? '' : `; the configuration may say the same: password: ${hash}`;
  const lines = [`in force: that of the ${source}${when}${keep}`];
  for (const each of told) {
    const took = each.accepted ? 'it said that it took it' : 'nobody knows whether it took it';
    lines.push(`told: one of the ${each.source}, ${each.since}; ${took}, and it has not come in with it`);
  }
  return `${lines.join('\n')}\n`;
}
