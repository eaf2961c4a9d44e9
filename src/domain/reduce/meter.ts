/** Meter readings: newest value of each quantity, energy that never falls. */
import type { Origin, StationEvent } from '../events.js';
import type { MeterSample } from '../model.js';
import type { Instant } from '../source.js';
import type { DepotState, ProcessState, Readings } from '../state.js';
import { adopted, isAdoptedByReading, NO_ID } from './adopt.js';
import { heardNow, resumed } from './bay.js';
import { timeOf } from './clock.js';
import { meter, stop } from './energy.js';
import { bindRequests } from './match.js';
import { currentProcess, processOf, settleRequest } from './process.js';
import { pathOf, QUANTITIES, withNewestOfPoint, withNewestOfProcess } from './readings.js';
import { type Changing, leafOf, withPoint, withProcess } from './update.js';

type Sampled = Extract<StationEvent, { type: 'MeterSampled' }>;

export function meterSampled(state: DepotState, event: Sampled): DepotState {
  const { receivedAt, offline, samples } = event.payload;
  const transactionId = idIn(state, event);
  const told = samples.map((sample, index) =>
    leavesOf(event, index, sample, timeOf(state, event, sample.at)),
  );
  const at = told.reduce((latest, each) => (each.at > latest ? each.at : latest), '');
  const found = transactionId ? ownerOf(state, event, transactionId, at) : { state, owner: undefined };
  const word = { at, receivedAt, offline };
  let next = found.owner
    ? heardNow(resumed(found.state, found.owner.processId, word), found.owner.processId, word)
    : found.state;
  const { owner } = found;
  const pointId = event.payload.pointId ?? owner?.pointId;
  const point = pointId && next.stations.get(event.stationId)?.points[pointId];
  // What is told of another time or transaction says nothing of the point now.
  const isHere = transactionId ? point && owner && point.processId === owner.processId : point && !offline;
  if (point && isHere) {
    next = withPoint(next, event.stationId, point.pointId, (before) => ({
      ...before,
      readings: told.reduce((readings, { leaves }) => withNewestOfPoint(readings, leaves), before.readings),
    }));
  }
  const process =
    owner ?? (pointId && !transactionId ? openTransaction(next, event.stationId, pointId) : undefined);
  if (!process) return next;
  return withProcess(next, process.processId, (before) => readBy(before, told, event, owner !== undefined));
}

/** The transaction that readings name; −1 stands for the one at their point to which nobody gave an id. */
function idIn(state: DepotState, { stationId, payload }: Sampled): string | undefined {
  const { transactionId, pointId } = payload;
  if (transactionId !== NO_ID || pointId === undefined) return transactionId;
  const running = openTransaction(state, stationId, pointId);
  return running?.transactionId?.value === NO_ID ? undefined : transactionId;
}

/** The process that readings name; one that nobody began is adopted if its vehicle must be the one at the point. */
function ownerOf(
  state: DepotState,
  event: Sampled,
  transactionId: string,
  at: Instant,
): { readonly state: DepotState; readonly owner: ProcessState | undefined } {
  const known = processOf(state, event.stationId, transactionId, at);
  const { pointId } = event.payload;
  const point = pointId && state.stations.get(event.stationId)?.points[pointId];
  if (known || !point || !isAdoptedByReading(state, event, point, at)) return { state, owner: known };
  const placed = adopted(state, event, { transactionId, pointId: point.pointId, at, guessed: false });
  const next = bindRequests(settleRequest(placed.state, placed.processId));
  return { state: next, owner: next.processes.get(placed.processId) };
}

/** What the readings add to a process: none of them is later than its end, but those that came with it. */
function readBy(before: ProcessState, told: readonly Told[], event: Sampled, named: boolean): ProcessState {
  const { endedAt, stopClass } = before;
  const isEnd = endedAt !== undefined && stopClass?.raw === event.raw;
  const own = isEnd ? told : told.filter(({ at }) => endedAt === undefined || at <= endedAt);
  const latest = own.at(-1)?.at;
  if (latest === undefined) return before;
  const process: Changing<ProcessState> = { ...before };
  if (named && !(before.toldAt !== undefined && before.toldAt >= latest)) process.toldAt = latest;
  for (const { leaves } of own) process.readings = withNewestOfProcess(process.readings, leaves);
  if (!named && before.meteredById) return process;
  const last = isEnd ? lastOf(own.filter(({ leaves }) => leaves.energyWh)) : undefined;
  for (const sample of own) {
    const { energyWh } = sample.leaves;
    if (!energyWh) continue;
    if (named) process.meteredById = true;
    if (sample === last) stop(process, energyWh, sample.byDevice);
    else meter(process, energyWh, sample.byDevice);
  }
  return process;
}

/** The register at the end, if it is one: stations send the one of the beginning along. */
function lastOf(registers: readonly Told[]): Told | undefined {
  const ends = registers.filter(({ context }) => context !== 'Transaction.Begin');
  return ends.reduce<Told | undefined>((last, each) => (last && last.at > each.at ? last : each), undefined);
}

interface Told {
  readonly at: Instant;
  /** The same as the station wrote it. */
  readonly byDevice: Instant;
  readonly context: string | undefined;
  readonly leaves: Readings;
}

function openTransaction(state: DepotState, stationId: string, pointId: string): ProcessState | undefined {
  const process = currentProcess(state, stationId, pointId);
  return process?.transactionId && !process.endedAt ? process : undefined;
}

/** What one sample says, each quantity with its source. */
function leavesOf(
  event: Origin & { payload: { receivedAt: Instant } },
  index: number,
  sample: MeterSample,
  at: Instant,
): Told {
  const leaves: Changing<Readings> = {};
  for (const quantity of QUANTITIES) {
    const value = sample[quantity];
    if (value === undefined) continue;
    leaves[quantity] = leafOf(event, pathOf(index, quantity), value, at, event.payload.receivedAt);
  }
  return { at, byDevice: sample.at, context: sample.context, leaves };
}
