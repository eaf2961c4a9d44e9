/** What the CSMS of a station allows there, for stations that have one of their own: no plan goes beyond. */
import { type CsmsLimitStep, csmsLimitSteps } from '../domain/index.js';
import type { PlaceLimits, PlanInputs } from './job.js';

/** The limit of a CSMS at a point, or for a whole station, over time. */
export interface Ceiling {
  readonly of: 'point' | 'station';
  readonly id: string;
  readonly steps: readonly CsmsLimitStep[];
}

/** All that CSMSs have set and that counts for what charges now, from now until then (milliseconds since 1970). */
export function csmsCeilings({ state, places, now }: PlanInputs, untilMs: number): Ceiling[] {
  const ceilings: Ceiling[] = [];
  const seen = new Set<string>();
  for (const place of places.values()) {
    const station = state.stations.get(place.stationId);
    if (place.nominalV === undefined || !station?.csmsLimits) continue;
    const watts = wattsAt(place);
    const processId = station.points[place.pointId]?.processId;
    const process = processId === undefined ? undefined : state.processes.get(processId);
    const transactionId = process?.endedAt ? undefined : process?.transactionId?.value;
    const startedAt = process?.transactionStartedAt;
    const steps = csmsLimitSteps(station, {
      pointId: place.pointId,
      ...(transactionId === undefined ? {} : { transactionId }),
      ...(transactionId === undefined || startedAt === undefined ? {} : { transactionStartedAt: startedAt }),
      ...{ from: now, untilMs, watts },
    });
    ceilings.push({ of: 'point', id: place.pointId, steps });
    if (seen.has(place.stationId)) continue;
    seen.add(place.stationId);
    const whole = csmsLimitSteps(station, { from: now, untilMs, watts });
    ceilings.push({ of: 'station', id: place.stationId, steps: whole });
  }
  return ceilings;
}

/** The least that is allowed at any instant between two, milliseconds since 1970; infinite where nothing is said. */
export function leastIn(steps: readonly CsmsLimitStep[], fromMs: number, toMs: number): number {
  let leastW = Number.POSITIVE_INFINITY;
  for (const [index, step] of steps.entries()) {
    const endsMs = Date.parse(steps[index + 1]?.at ?? '9999-12-31T00:00:00Z');
    if (Date.parse(step.at) < toMs && endsMs > fromMs && step.powerW !== undefined)
      leastW = Math.min(leastW, step.powerW);
  }
  return leastW;
}

/** Amperes count at the nominal voltage; phases left out are three (1.6 errata 3.34), of which a point may have fewer. */
function wattsAt({ nominalV = 0, phases = 1 }: PlaceLimits) {
  return (limit: number, unit: 'W' | 'A', said = 3): number =>
    unit === 'W' ? limit : limit * nominalV * Math.min(said, phases);
}
