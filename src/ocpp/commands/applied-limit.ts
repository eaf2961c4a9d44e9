/** What a station answers to GetCompositeSchedule (1.6 §5.7, 2.0.1 K08), as power over time. */
import type { PointConfig } from '../../config/index.js';
import type { LimitStep } from '../../domain/index.js';
import type { Composite } from './dialect.js';
import { phasesIn } from './schedule.js';

/** A schedule that begins later than this began when it was asked for: the clock of the station is wrong. */
const AHEAD_MS = 60_000;

/**
 * Total power in W at UTC instants. Amperes count at the nominal voltage, as in what is set; phases that the point does
 * not have carry nothing.
 *
 * @param clockAheadMs how far the station's clock is ahead of ours
 */
export function appliedSteps(
  { unit, startAt, periods }: Composite,
  point: PointConfig,
  { nowMs, clockAheadMs }: { readonly nowMs: number; readonly clockAheadMs: number },
): LimitStep[] {
  const saidMs = Date.parse(startAt) - clockAheadMs;
  const startMs = saidMs <= nowMs + AHEAD_MS ? saidMs : nowMs;
  return periods.map(({ startS, limit, numberPhases }) => ({
    at: new Date(startMs + startS * 1000).toISOString(),
    powerW: unit === 'W' ? limit : limit * point.maxVoltage * phasesIn(point, numberPhases),
  }));
}
