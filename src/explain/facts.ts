/** Single facts about a bay, in words: each with what it was read from, or why nobody knows it. */
import type { Config } from '../config/index.js';
import { type Leaf, newestFault, type Source } from '../domain/index.js';
import type { Json } from '../mapping/index.js';
import { agoIn, type Bay, type Case, configOf, timeIn } from './case.js';
import { and, kwh, span } from './words.js';

/** A value in words; without a value: why there is none. */
export interface Fact {
  readonly value?: Json;
  readonly text: string;
  readonly sources: readonly Source[];
}

/** So many times the interval at which readings are due, a reading is old. */
const OLD_AFTER = 3;
/** More is no matter of the network. */
const LATE_MS = 60_000;

/** The newest fault of the bay, or of its station. */
export function faultText(one: Case, { station, point }: Pick<Bay, 'station' | 'point'>): Fact | undefined {
  const own = newestFault(point.faults);
  const fault = own ?? newestFault(station.faults);
  if (!fault) return undefined;
  const { text, vendorCode, pointFaultCode, stationFaultCode } = fault.value;
  const code = (own ? pointFaultCode : stationFaultCode) ?? 'a fault';
  const words = [...(text ? [text] : []), ...(vendorCode ? [`vendor code ${vendorCode}`] : [])];
  const whose = own ? '' : ` of charger ${station.stationId} as a whole`;
  return {
    value: code,
    text: `the charger reported ${code}${words.length > 0 ? ` (${words.join(', ')})` : ''}${whose} at ${timeIn(one, fault.at)}`,
    sources: [fault],
  };
}

/** Who stands there. */
export function vehicleText(one: Case, { point, process }: Bay): Fact {
  const vehicle = point.vehicle ?? process?.vehicle;
  if (!vehicle)
    return { text: process ? 'no source has said which vehicle it is' : 'no vehicle is there', sources: [] };
  const { vehicleId, token, evccId } = vehicle.value;
  const by = token ? `token ${token}` : evccId ? `EVCC id ${evccId}` : 'its VIN';
  if (vehicleId)
    return {
      value: vehicleId,
      text: `${vehicleId}, known by ${by} (${timeIn(one, vehicle.at)})`,
      sources: [vehicle],
    };
  const unknown = token
    ? `token ${token} was presented, which is no vehicle's in the configuration`
    : `it says ${by}, which is no vehicle's in the configuration`;
  return { text: `not known: ${unknown}`, sources: [vehicle] };
}

/** A reading with its age, or why there is none. */
export function readingText(
  one: Case,
  bay: Bay,
  leaf: Leaf<number> | undefined,
  what: { readonly name: string; readonly show: (value: number) => string },
): Fact {
  const { process, station } = bay;
  if (!leaf) return { text: `unknown: ${whyNoReading(one, bay, what.name)}`, sources: [] };
  const lateMs = Date.parse(leaf.receivedAt) - Date.parse(leaf.at);
  const received = lateMs > LATE_MS ? `, received ${span(lateMs)} later` : '';
  const measured = `measured at ${timeIn(one, leaf.at)} (${agoIn(one, leaf.at)} earlier${received})`;
  const ageMs = Date.parse(one.past.at) - newestMs(bay, leaf);
  const dueMs = OLD_AFTER * one.config.ocpp.metering.intervalSeconds * 1000;
  const isStale = process?.transactionId && !process.endedAt && ageMs > dueMs;
  const stale = isStale ? `; ${staleText(one.config, ageMs, station.link.value !== 'connected')}` : '';
  return { value: leaf.value, text: `${what.show(leaf.value)}, ${measured}${stale}`, sources: [leaf] };
}

/** When anything was measured last: a register that stands still tells nothing new. */
function newestMs({ process }: Bay, leaf: Leaf<number>): number {
  const all = [leaf, ...Object.values(process?.readings ?? {})];
  return Math.max(...all.map(({ receivedAt }) => Date.parse(receivedAt)));
}

function staleText({ ocpp }: Config, ageMs: number, isAway: boolean): string {
  const due = `readings are due every ${ocpp.metering.intervalSeconds} s`;
  return `it is old: nothing has come for ${span(ageMs)}, though ${due}${isAway ? ' (the charger is not connected)' : ''}`;
}

function whyNoReading(one: Case, { process, point }: Bay, name: string): string {
  if (!process) return 'nobody charges there';
  if (process.endedAt) return `the transaction is over since ${timeIn(one, process.endedAt)}`;
  if (!process.transactionId) return 'no transaction has begun';
  const since = timeIn(one, process.transactionStartedAt ?? process.startedAt);
  const isAc = configOf(one, point.pointId)?.point.powerType.startsWith('AC');
  const ac =
    name === 'a state of charge' && isAc ? ' (with alternating current a charger does not know it)' : '';
  return `no source has told ${name} of this process, which began at ${since}${ac}`;
}

/** The process at the bay. */
export function sessionText(one: Case, { process, request }: Bay): Fact {
  if (!process || process.closedAt)
    return {
      text: process
        ? `none: the last one ended, and the bay was left at ${timeIn(one, process.closedAt ?? '')}`
        : 'none: nobody charges there',
      sources: [],
    };
  const sources: Source[] = [process.transactionId ?? process.startSource];
  const energy = process.deliveredWh ? `, ${kwh(process.deliveredWh.value)} so far` : '';
  const whose = request
    ? ` for request ${request.presystemId}/${request.request.chargingRequestId}`
    : ', no request asked for it';
  if (process.endedAt) {
    const how = process.stopReason ? ` (${process.stopReason.value})` : '';
    if (process.stopReason) sources.unshift(process.stopReason);
    return {
      value: process.processId,
      text: `process ${process.processId} is over since ${timeIn(one, process.endedAt)}${how}${energy}; the bay is not left yet`,
      sources,
    };
  }
  const state = process.transactionId
    ? `transaction ${process.transactionId.value} is open since ${timeIn(one, process.transactionStartedAt ?? process.startedAt)}`
    : `plugged in since ${timeIn(one, process.startedAt)}, no transaction has begun`;
  return {
    value: process.processId,
    text: `process ${process.processId}: ${state}${energy}${whose}`,
    sources,
  };
}

/** What chargers tell late or early of their clock. */
export function clockText({ station }: Pick<Bay, 'station'>): string | undefined {
  const behind = station.clock?.behindMs;
  if (behind === undefined) return undefined;
  return `the clock of charger ${station.stationId} is ${span(behind)} behind: its times are set right by that`;
}

/** Messages that wait for the start of their transaction. */
export function heldText({ station }: Pick<Bay, 'station'>): Fact | undefined {
  const held = station.held ?? [];
  const last = held.at(-1);
  if (!last) return undefined;
  const ids = [...new Set(held.map(({ payload }) => payload.transactionId ?? 'without an id'))];
  const what = held.length === 1 ? 'a message' : `${held.length} messages`;
  const wait = held.length === 1 ? 'waits' : 'wait';
  return {
    value: held.length,
    text: `${what} of transaction ${and(ids)} ${wait} for its start, which charger ${station.stationId} has not told`,
    sources: [{ raw: last.raw, rule: last.rules[''] ?? 'bridge/held' }],
  };
}
