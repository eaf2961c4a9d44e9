import { createInterface, type Interface } from 'node:readline';
import { obey } from './console.js';
import { CsmsSimulator } from './csms-simulator.js';
import { CsmsError } from './errors.js';
import { Feeding } from './feeding.js';
import { type CsmsFlags, optionsOf } from './flags.js';
import type { Payload } from './options.js';
import type { CsmsTransaction } from './records.js';

export interface CsmsCommandOptions extends CsmsFlags {
  /** Every frame instead of one line per event. */
  readonly frames?: boolean;
  /** Where commands come from, one a line. */
  readonly commands?: NodeJS.ReadableStream;
  /** Where frames are handed over, and with which token. */
  readonly feed?: string;
  readonly feedToken?: string;
  readonly signal?: AbortSignal;
  readonly print?: (line: string) => void;
}

/**
 * `sim csms`: a CSMS for chargers, or for a proxy in front of them; tells on the terminal what happens until told to stop.
 * @returns exit code 0
 * @throws CsmsError `usage`, or what the system says if a file cannot be read or the port cannot be had
 */
export async function runCsmsCommand(options: CsmsCommandOptions): Promise<number> {
  const { print = (line: string) => void process.stdout.write(`${line}\n`), signal, commands } = options;
  // Nobody asks for the past here.
  const csms = new CsmsSimulator({ ...optionsOf(options), keep: 1_000 });
  const say = (words: string) => print(`${new Date().toISOString().slice(0, 19)}Z ${words}`);
  narrate(csms, say, options.frames ?? false);
  const feeding = feedingOf(csms, options, say);
  say(`listening: ${await csms.start()}`);
  const lines = commands && createInterface({ input: commands });
  const obeyed = lines && obeyAll(csms, lines, say);
  await new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
    obeyed?.catch((error: Error) => say(`no more commands: ${error.message}`));
  });
  lines?.close();
  await csms.stop({ code: 1001, reason: 'the CSMS ends' });
  await feeding?.stop();
  return 0;
}

function feedingOf(
  csms: CsmsSimulator,
  { feed: url, feedToken: token }: CsmsCommandOptions,
  say: (words: string) => void,
): Feeding | undefined {
  if (url === undefined) return undefined;
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new CsmsError('usage', `${url} is no URL of a feed`);
  const trouble = (what: string) => say(`the feed: ${what}`);
  return new Feeding(csms, { url, trouble, ...(token === undefined ? {} : { token }) });
}

/** One after the other, each when the one before is done. */
async function obeyAll(csms: CsmsSimulator, lines: Interface, say: (words: string) => void): Promise<void> {
  for await (const line of lines) {
    const said = await obey(csms, line);
    if (said !== undefined) say(said);
  }
}

function narrate({ events }: CsmsSimulator, say: (words: string) => void, frames: boolean): void {
  events.on('connected', ({ identity, protocol }) => say(`${identity} connected (${protocol})`));
  events.on('disconnected', ({ identity }, _connection, code, reason) =>
    say(`${identity} disconnected (${code}${reason && `, ${reason}`})`),
  );
  events.on('handshake', ({ url, status }, why) => {
    if (why !== undefined) say(`refused: ${url}: ${status || 'no answer'}, ${why}`);
  });
  events.on('violation', ({ identity, direction, action, message }) =>
    say(`${identity} ${direction} ${action ?? 'nonsense'}: ${message}`),
  );
  if (frames) {
    events.on('frame', ({ identity, direction, text }) =>
      say(`${identity} ${direction === 'sent' ? '>' : '<'} ${text}`),
    );
    return;
  }
  events.on('call', ({ identity, action, payload }) => {
    const words = TOLD[action]?.(payload ?? {});
    if (words !== undefined) say(`${identity} ${words}`);
  });
  events.on('started', (transaction) =>
    say(`${placeOf(transaction)} started by ${transaction.token ?? 'nobody'}`),
  );
  events.on('ended', (transaction) => say(`${placeOf(transaction)} ended${energyOf(transaction)}`));
  events.on('called', (identity, action, payload, outcome) =>
    say(`${identity} ${action}${amountIn(payload)}: ${outcomeIn(action, outcome)}`),
  );
}

/** What stations say of themselves, by action. */
const TOLD: Readonly<Record<string, (payload: Payload) => string | undefined>> = {
  BootNotification: (payload) => {
    const make = (payload['chargingStation'] ?? payload) as Payload;
    const vendor = make['vendorName'] ?? make['chargePointVendor'];
    return `booted: ${String(vendor)} ${String(make['model'] ?? make['chargePointModel'])}`;
  },
  StatusNotification: ({ evseId, connectorId, status, connectorStatus, errorCode }) => {
    const point = String(evseId ?? connectorId);
    const fault = errorCode === undefined || errorCode === 'NoError' ? '' : `, ${String(errorCode)}`;
    return `point ${point} ${String(status ?? connectorStatus)}${fault}`;
  },
};

function placeOf({ identity, pointId, id }: CsmsTransaction): string {
  return `${identity} point ${pointId}: transaction ${id}`;
}

function energyOf({ meterStartWh, meterStopWh, stopReason }: CsmsTransaction): string {
  const energyWh = (meterStopWh ?? Number.NaN) - (meterStartWh ?? Number.NaN);
  const energy = Number.isNaN(energyWh) ? '' : ` with ${(energyWh / 1000).toFixed(1)} kWh`;
  return `${energy}${stopReason ? ` (${stopReason})` : ''}`;
}

/** The first limit of a charging profile. */
function amountIn(payload: object): string {
  const { csChargingProfiles, chargingProfile } = payload as Record<string, Payload | undefined>;
  const [schedule] = [(csChargingProfiles ?? chargingProfile)?.['chargingSchedule']].flat() as (
    | { chargingRateUnit: string; chargingSchedulePeriod: { limit: number }[] }
    | undefined
  )[];
  const limit = schedule?.chargingSchedulePeriod[0]?.limit;
  return limit === undefined ? '' : ` ${limit} ${schedule?.chargingRateUnit}`;
}

function outcomeIn(action: string, outcome: Payload | CsmsError): string {
  if (outcome instanceof CsmsError) return outcome.code ?? outcome.message.replace(`${action}: `, '');
  return String(outcome['status'] ?? JSON.stringify(outcome));
}
