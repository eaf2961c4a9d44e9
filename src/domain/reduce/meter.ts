/** Meter readings: newest value of each quantity, energy that never falls. */
import type { Origin, StationEvent } from '../events.js';
import type { MeterSample } from '../model.js';
import type { Instant, Leaf } from '../source.js';
import type { DepotState, ProcessId, ProcessState, Quantity, Readings } from '../state.js';
import { historicTime } from '../time.js';
import { currentProcess, processOf } from './process.js';
import { leafOf, newer, withPoint, withProcess } from './update.js';

const QUANTITIES = [
  'energyWh',
  'powerW',
  'currentA',
  'voltageV',
  'reactivePowerVar',
  'socPct',
  'temperatureDegC',
] as const satisfies readonly Quantity[];

export function meterSampled(
  state: DepotState,
  event: Extract<StationEvent, { type: 'MeterSampled' }>,
): DepotState {
  const { transactionId, receivedAt, samples } = event.payload;
  const owner = transactionId ? processOf(state, event.stationId, transactionId) : undefined;
  const pointId = event.payload.pointId ?? owner?.pointId;
  const process =
    owner ?? (pointId && !transactionId ? openTransaction(state, event.stationId, pointId) : undefined);
  // One change of the point and one of the process, however many samples.
  const told = samples.map((sample, index) =>
    leavesOf(event, index, sample, historicTime(sample.at, receivedAt)),
  );
  const read = (readings: Readings) => told.reduce(withNewest, readings);
  let next = state;
  if (pointId) {
    next = withPoint(next, event.stationId, pointId, (point) => ({
      ...point,
      readings: read(point.readings),
    }));
  }
  if (process) {
    next = withProcess(next, process.processId, (before) => {
      const known = { ...before, readings: read(before.readings) };
      return counts(before, owner !== undefined)
        ? told.reduce(delivered, meteredBy(owner, told, known))
        : known;
    });
  }
  return next;
}

/**
 * A register that names only its point may already be that of the next transaction, whose start still waits in the
 * station's queue: it counts for a station that never names transactions, and for no other.
 */
function counts(process: ProcessState, named: boolean): boolean {
  return named || !process.meteredById;
}

function meteredBy(
  owner: ProcessState | undefined,
  told: readonly Told[],
  process: ProcessState,
): ProcessState {
  return owner && told.some(({ energyWh }) => energyWh) ? { ...process, meteredById: true } : process;
}

type Told = { readonly [Q in Quantity]?: Leaf<number> };

/** While it is being made. */
type Changing<T> = { -readonly [K in keyof T]: T[K] };

function delivered(process: ProcessState, { energyWh }: Told): ProcessState {
  return energyWh ? withRegister(process, energyWh) : process;
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
  const leaves: Changing<Told> = {};
  for (const quantity of QUANTITIES) {
    const value = sample[quantity];
    if (value === undefined) continue;
    leaves[quantity] = leafOf(event, `samples.${index}.${quantity}`, value, at, event.payload.receivedAt);
  }
  return leaves;
}

function withNewest(readings: Readings, told: Told): Readings {
  const changed: Changing<Readings> = { ...readings };
  for (const quantity of QUANTITIES) {
    const leaf = told[quantity];
    if (leaf) changed[quantity] = newer(readings[quantity], leaf);
  }
  return changed;
}

/**
 * Counts a register reading towards the energy of a process: register minus start, never falling. Without a
 * known start the earliest reading of the transaction is the start (rule `bridge/first-reading`), so the
 * energy before it is left out, not guessed.
 */
export function deliver(
  state: DepotState,
  processId: ProcessId,
  event: Origin & { payload: { receivedAt: Instant } },
  path: string,
  registerWh: number,
  at: Instant,
): DepotState {
  const reading = leafOf(event, path, registerWh, at, event.payload.receivedAt);
  return withProcess(state, processId, (process) => withRegister(process, reading));
}

function withRegister(process: ProcessState, reading: Leaf<number>): ProcessState {
  const { start, fallenBackWh } = startOf(process, reading);
  const before = process.deliveredWh;
  // The register at the end has the last word over one that a reading gone astray brought in before.
  const most = process.meterStopWh ? process.meterStopWh.value - start.value : Number.POSITIVE_INFINITY;
  const soFar = Math.max(reading.value - start.value, (before?.value ?? 0) + fallenBackWh);
  const deliveredWh = Math.min(soFar, most);
  if (deliveredWh <= 0 && !before) return { ...process, meterStartWh: start };
  if (before && deliveredWh === before.value) return { ...process, meterStartWh: start };
  return { ...process, meterStartWh: start, deliveredWh: { ...reading, value: deliveredWh } };
}

/** The start that counts, and by how much an earlier reading has just moved a start that was only a first reading. */
function startOf(
  process: ProcessState,
  reading: Leaf<number>,
): { start: Leaf<number>; fallenBackWh: number } {
  const held = process.meterStartWh;
  const first = { ...reading, rule: 'bridge/first-reading' };
  if (!held) return { start: first, fallenBackWh: 0 };
  const earlier = held.rule === first.rule && reading.at < held.at && reading.value <= held.value;
  return earlier
    ? { start: first, fallenBackWh: held.value - reading.value }
    : { start: held, fallenBackWh: 0 };
}
