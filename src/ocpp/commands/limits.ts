/** Setting a limit at a charging point, whatever profiles stand in its way, and asking what holds there. */
import type { PointConfig } from '../../config/index.js';
import type { AppliedLimit, CommandOutcome, Runtime, SetLimit } from '../../depot/index.js';
import type { JournalId } from '../../domain/index.js';
import { appliedSteps } from './applied-limit.js';
import { NoReply } from './ask.js';
import { setLeasedLimit } from './leased-limit.js';
import { callFor, isDuplicate, type LimitedUnit, notConnected, setAfter } from './limited-unit.js';
import { unitFor } from './schedule.js';

/** So far ahead a station is asked what limit it applies. */
const READ_S = 600;

/** Sets the limit of a running transaction; `alone`: clears all others that it has first. */
export async function setTransactionLimit(
  runtime: Runtime,
  unit: LimitedUnit,
  point: PointConfig,
  { transactionId, processId, steps, alone, intent }: SetLimit & { readonly transactionId: string },
): Promise<CommandOutcome> {
  // The level of a lease must not be that of the CSMS, if the station has a higher one: it is waited for.
  if (unit.station.control === 'lease') await unit.onboarding.introduced();
  const abilities = await unit.onboarding.abilities();
  if (unit.station.control === 'lease')
    return setLeasedLimit(runtime, unit, point, { transactionId, processId, steps, abilities, intent });
  const call = callFor(runtime, unit, { point, transactionId, steps, abilities });
  const first = alone ? undefined : await unit.asker.command(call, intent);
  if (first && !isDuplicate(first)) return first;
  const clear = unit.dialect()?.clearTransactionLimits(point);
  return setAfter(unit, clear ? [clear] : [], call, { intent, frames: first?.frames ?? [] });
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
