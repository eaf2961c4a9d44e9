/** Setting a limit at a charging point, whatever profiles stand in its way, and asking what holds there. */
import { leaseMinutesOf, type PointConfig } from '../../config/index.js';
import type { AppliedLimit, CommandOutcome, Runtime, SetLimit } from '../../depot/index.js';
import type { JournalId, LimitStep, StationState } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { Station } from '../station/index.js';
import { appliedSteps } from './applied-limit.js';
import { type Call, NoReply } from './ask.js';
import type { ReadableUnit } from './first-reading.js';
import { leaseOf } from './lease.js';
import { type LimitOrder, limitCall } from './limit.js';
import type { Onboarding } from './onboarding.js';
import { type Abilities, unitFor } from './schedule.js';

/** A station as far as limits need it. */
export interface LimitedUnit extends ReadableUnit {
  readonly onboarding: Onboarding;
}

/** So far ahead a station is asked what limit it applies. */
const READ_S = 600;

/** Sets the limit of a running transaction; `alone`: clears all others that it has first. */
export async function setTransactionLimit(
  runtime: Runtime,
  unit: LimitedUnit,
  point: PointConfig,
  { transactionId, processId, steps, alone, intent }: SetLimit & { readonly transactionId: string },
): Promise<CommandOutcome> {
  const abilities = await unit.onboarding.abilities();
  if (unit.station.control === 'lease')
    return setLeasedLimit(runtime, unit, point, { transactionId, processId, steps, abilities, intent });
  const call = callFor(runtime, unit, { point, transactionId, steps, abilities });
  const first = alone ? undefined : await unit.asker.command(call, intent);
  if (first && !isDuplicate(first)) return first;
  const clear = unit.dialect()?.clearTransactionLimits(point);
  return setAfter(unit, clear ? [clear] : [], call, { intent, frames: first?.frames ?? [] });
}

interface LeasedLimit {
  readonly transactionId: string;
  readonly processId?: string | undefined;
  readonly steps: readonly LimitStep[];
  readonly abilities: Abilities;
  readonly intent: JournalId;
}

/** The same beside a CSMS that has limits of its own: the lower of both, for as long as a lease. */
async function setLeasedLimit(
  runtime: Runtime,
  unit: LimitedUnit,
  point: PointConfig,
  { transactionId, processId, steps, abilities, intent }: LeasedLimit,
): Promise<CommandOutcome> {
  const { state } = runtime.depot;
  const station = state.stations.get(unit.station.config.id);
  if (!station) throw notConnected(unit.station);
  const lease = leaseOf({
    station,
    process: processId === undefined ? undefined : state.processes.get(processId),
    point,
    transactionId,
    steps,
    maxStackLevel: abilities.maxStackLevel,
    nowMs: runtime.now().getTime(),
    leaseMs: (leaseMinutesOf(runtime.config, unit.station.config) ?? 0) * 60_000,
  });
  const call = callFor(runtime, unit, { point, transactionId, abilities, ...lease });
  const first = await unit.asker.command(call, intent);
  const applied = { applied: lease.steps };
  if (!isDuplicate(first)) return { ...first, ...applied };
  // 2.x: theirs has to go first. Ours goes on as theirs when it has ended, so nothing is lost by it.
  const rivals = rivalsOf(station, point, transactionId, lease.stackLevel);
  const clears = rivals.flatMap((id) => unit.dialect()?.clearProfile(id) ?? []);
  return { ...(await setAfter(unit, clears, call, { intent, frames: first.frames })), ...applied };
}

/** Profiles of the CSMS at the level of ours. */
function rivalsOf(
  station: StationState,
  point: PointConfig,
  transactionId: string,
  stackLevel: number,
): number[] {
  return (station.csmsLimits ?? []).flatMap(({ value }) => {
    const isHere = value.place === 0 || value.pointId === point.id;
    const isSame =
      value.purpose === 'transaction' && (value.transactionId ?? transactionId) === transactionId;
    return isHere && isSame && value.stackLevel === stackLevel && value.profileId !== undefined
      ? [value.profileId]
      : [];
  });
}

/** Sets the limit of a point for transactions to come. */
export async function setDefaultLimit(
  runtime: Runtime,
  unit: LimitedUnit,
  point: PointConfig,
  { steps, whenIntroduced, intent }: SetLimit,
): Promise<CommandOutcome> {
  if (whenIntroduced) await unit.onboarding.introduced();
  const abilities = await unit.onboarding.abilities();
  const { points } = unit.station.config;
  if (abilities.maxProfiles !== undefined && abilities.maxProfiles < 2 * points.length) {
    const reason = `OCPP_UNABLE: the station holds ${abilities.maxProfiles} charging profiles, too few for a default limit beside that of a transaction`;
    return { outcome: 'rejected', reason, frames: [] };
  }
  const call = callFor(runtime, unit, { point, transactionId: undefined, steps, abilities });
  const first = await unit.asker.command(call, intent);
  if (!isDuplicate(first)) return first;
  const rivals = unit.dialect()?.clearRivals(point, abilities.maxStackLevel ?? 0) ?? [];
  return setAfter(unit, rivals, call, { intent, frames: first.frames });
}

/**
 * What a station says that it applies at a point, for the next ten minutes.
 *
 * @throws BridgeError OCPP_NOT_CONNECTED
 */
export async function readLimit(
  runtime: Runtime,
  { station, asker, onboarding, dialect }: LimitedUnit,
  point: PointConfig,
  intent: JournalId,
): Promise<AppliedLimit> {
  // Asked for in the unit that limits are set in: what comes back can be compared.
  const rateUnit = unitFor(point, await onboarding.abilities());
  const words = dialect();
  if (!words) throw notConnected(station);
  const nowMs = runtime.now().getTime();
  try {
    const { answer, frames } = await asker.ask(words.compositeSchedule({ point }, READ_S, rateUnit), intent);
    const status = String(answer['status']);
    if (status !== 'Accepted') return { outcome: 'refused', reason: status, frames };
    const composite = words.readComposite(answer);
    const clock = { nowMs, clockAheadMs: station.clock.aheadMs };
    return { outcome: 'told', steps: composite ? appliedSteps(composite, point, clock) : [], frames };
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    const { refused, message, frames } = error;
    return { outcome: refused ? 'refused' : 'untold', reason: message, frames };
  }
}

/** Clears what stands in the way, then sets. That there was nothing to clear is no failure. */
async function setAfter(
  { asker }: LimitedUnit,
  clears: readonly Call[],
  call: Call,
  { intent, frames }: { readonly intent: JournalId; readonly frames: readonly JournalId[] },
): Promise<CommandOutcome> {
  const exchanged = [...frames];
  for (const clear of clears) exchanged.push(...(await asker.command(clear, intent, ['Unknown'])).frames);
  const outcome = await asker.command(call, intent);
  return { ...outcome, frames: [...exchanged, ...outcome.frames] };
}

function callFor(
  runtime: Runtime,
  { station, dialect }: LimitedUnit,
  order: Omit<LimitOrder, 'protocol' | 'number' | 'clockAheadMs'>,
): Call {
  const { protocol } = station;
  const number = dialect()?.numberOf(order.point);
  if (!protocol || !number) throw notConnected(station);
  return limitCall(runtime, { ...order, protocol, number, clockAheadMs: station.clock.aheadMs });
}

function notConnected({ config }: Station): BridgeError {
  return new BridgeError('OCPP_NOT_CONNECTED', `station ${config.id} is not connected`);
}

/** 2.x K01.FR.06, .39: another profile of the same level and purpose is there. */
function isDuplicate({ outcome, reason }: CommandOutcome): boolean {
  return outcome === 'rejected' && (reason?.includes('DuplicateProfile') ?? false);
}
