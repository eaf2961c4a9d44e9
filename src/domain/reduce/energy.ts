/** The energy of a process, from what the station says of its register: at the start, on the way, at the end. */
import type { StationEvent } from '../events.js';
import type { Instant, Leaf } from '../source.js';
import type { DepotState, ProcessId, ProcessState, RegisterReading, RegisterSpan } from '../state.js';
import { grown, withReading, withStart, withStop } from './register.js';
import { leafOf, withProcess } from './update.js';

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
    const register = withStart(spansOf(process), readingOf(leaf, event.payload.at));
    return counted({ ...process, meterStartWh: leaf, register }, leaf);
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
  return withProcess(state, processId, (process) =>
    stopped({ ...process, meterStopWh: leaf }, leaf, event.payload.at),
  );
}

/** With the last reading of its transaction: what a reading gone astray said of more does not count. */
export function stopped(process: ProcessState, leaf: Leaf<number>, byDevice: Instant): ProcessState {
  const reading = readingOf(leaf, byDevice);
  const at = process.endedAt && process.endedAt > leaf.at ? process.endedAt : leaf.at;
  const register = withStop(spansOf(process), { ...reading, at }, toldStartOf(process) !== undefined);
  const known = withFirst({ ...process, register }, leaf);
  const deliveredWh = grown(register);
  if (deliveredWh === (known.deliveredWh?.value ?? 0)) return known;
  return { ...known, deliveredWh: { ...leaf, value: deliveredWh } };
}

/** With a reading on the way. */
export function metered(process: ProcessState, leaf: Leaf<number>, byDevice: Instant): ProcessState {
  const spans = spansOf(process);
  const register = withReading(spans, readingOf(leaf, byDevice), toldStartOf(process) !== undefined);
  return register === spans && process.register
    ? process
    : counted(withFirst({ ...process, register }, leaf), leaf);
}

/** The energy of its register; what was told once is never taken back. */
function counted(process: ProcessState, leaf: Leaf<number>): ProcessState {
  const value = grown(process.register ?? []);
  return value > (process.deliveredWh?.value ?? 0)
    ? { ...process, deliveredWh: { ...leaf, value } }
    : process;
}

/** Without a told start the earliest reading is the start. */
function withFirst(process: ProcessState, leaf: Leaf<number>): ProcessState {
  const first = process.register?.[0]?.from;
  const isFirst = first?.at === leaf.at && first.wh === leaf.value;
  if (!isFirst || toldStartOf(process)) return process;
  return { ...process, meterStartWh: { ...leaf, rule: FIRST_READING } };
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
