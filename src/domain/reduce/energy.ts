/** The energy of a process, from what the station says of its register: at the start, on the way, at the end. */
import type { StationEvent } from '../events.js';
import type { Instant, Leaf } from '../source.js';
import type { DepotState, ProcessId, ProcessState, RegisterReading, RegisterSpan } from '../state.js';
import { grown, withReading, withStart, withStop } from './register.js';
import { type Changing, leafOf, withProcess } from './update.js';

type Of<K extends StationEvent['type']> = Extract<StationEvent, { type: K }>;

/** The rule by which the earliest reading stands for a start that nobody told: energy before it is left out. */
const FIRST_READING = 'bridge/first-reading';

/** A register as a station told it; one below zero stands for one that it could not read. */
export function registerAt(wh: number | undefined): number | undefined {
  return wh !== undefined && wh >= 0 ? wh : undefined;
}

/** The register at the start, if the station told it. */
export function toldStartOf({ meterStartWh }: ProcessState): Leaf<number> | undefined {
  return meterStartWh?.rule === FIRST_READING ? undefined : meterStartWh;
}

/** With the register that the start of its transaction names. */
export function begunAt(
  state: DepotState,
  processId: ProcessId,
  event: Of<'TransactionStarted'>,
  at: Instant,
): DepotState {
  const wh = registerAt(event.payload.meterStartWh);
  if (wh === undefined) return state;
  const leaf = leafOf(event, 'meterStartWh', wh, at, event.payload.receivedAt);
  return withProcess(state, processId, (process) => {
    if (toldStartOf(process)) return process;
    const register = withStart(
      spansOf(process),
      readingOf(leaf, event.payload.at),
      process.endedAt !== undefined,
    );
    const begun = { ...process, meterStartWh: leaf, register };
    count(begun, leaf);
    return begun;
  });
}

/** With the register that the end of its transaction names. */
export function endedAtRegister(
  state: DepotState,
  processId: ProcessId,
  event: Of<'TransactionEnded'>,
  at: Instant,
): DepotState {
  const wh = registerAt(event.payload.meterStopWh);
  if (wh === undefined) return state;
  const leaf = leafOf(event, 'meterStopWh', wh, at, event.payload.receivedAt);
  return withProcess(state, processId, (process) => {
    const ended = { ...process, meterStopWh: leaf };
    stop(ended, leaf, event.payload.at);
    return ended;
  });
}

/** Adds the last reading of its transaction: what a reading gone astray said of more does not count. */
export function stop(process: Changing<ProcessState>, leaf: Leaf<number>, byDevice: Instant): void {
  const reading = readingOf(leaf, byDevice);
  const at = process.endedAt && process.endedAt > leaf.at ? process.endedAt : leaf.at;
  process.register = withStop(spansOf(process), { ...reading, at }, toldStartOf(process) !== undefined);
  takeFirst(process, leaf);
  const deliveredWh = grown(process.register);
  if (deliveredWh !== (process.deliveredWh?.value ?? 0))
    process.deliveredWh = { ...leaf, value: deliveredWh };
}

/** Adds a reading on the way. */
export function meter(process: Changing<ProcessState>, leaf: Leaf<number>, byDevice: Instant): void {
  const spans = spansOf(process);
  const register = withReading(spans, readingOf(leaf, byDevice), toldStartOf(process) !== undefined);
  if (register === spans && process.register) return;
  process.register = register;
  takeFirst(process, leaf);
  count(process, leaf);
}

/** The energy of its register; what was told once is never taken back. */
function count(process: Changing<ProcessState>, leaf: Leaf<number>): void {
  const value = grown(process.register ?? []);
  if (value > (process.deliveredWh?.value ?? 0)) process.deliveredWh = { ...leaf, value };
}

/** Without a told start the earliest reading is the start. */
function takeFirst(process: Changing<ProcessState>, leaf: Leaf<number>): void {
  const first = process.register?.[0]?.from;
  const isFirst = first?.at === leaf.at && first.wh === leaf.value;
  if (isFirst && !toldStartOf(process)) process.meterStartWh = { ...leaf, rule: FIRST_READING };
}

function readingOf({ at, value, receivedAt }: Leaf<number>, byDevice: Instant): RegisterReading {
  const replaced = at === receivedAt && Date.parse(byDevice) !== Date.parse(at);
  return replaced ? { at, wh: value, received: true } : { at, wh: value };
}

/** Of a process from before there were stretches: one, from its start to all that it was given. */
function spansOf({ register, meterStartWh, deliveredWh }: ProcessState): readonly RegisterSpan[] {
  if (register) return register;
  if (!meterStartWh) return [];
  const from = { at: meterStartWh.at, wh: meterStartWh.value };
  if (!deliveredWh) return [{ from, to: from }];
  return [{ from, to: { at: deliveredWh.at, wh: from.wh + deliveredWh.value } }];
}
