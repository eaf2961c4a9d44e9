/** What charging points hold as their limits, for `depotbridge doctor`. */
import type { Leaf, LimitOutcome, StationState } from '../domain/index.js';

export interface LimitFinding {
  readonly level: 'ok' | 'warn';
  readonly text: string;
}

/** One line per point that has, or should have, a limit for whoever plugs in; none for a depot that sets no such limits. */
export function limitFindings({ points }: StationState, now: string): LimitFinding[] {
  return Object.values(points).flatMap(({ pointId, defaultPlan, defaultLimit }): LimitFinding[] => {
    const wanted = defaultPlan?.value.steps ?? [];
    if (wanted.length === 0) return [];
    if (defaultLimit?.value.outcome === 'accepted') {
      const power = kilowatts(defaultLimit, now);
      return [
        { level: 'ok', text: `${pointId}: whoever plugs in may draw ${power} until its plan is there` },
      ];
    }
    const why = defaultLimit ? `: ${defaultLimit.value.reason ?? defaultLimit.value.outcome}` : ' yet';
    return [{ level: 'warn', text: `${pointId}: no limit before a vehicle is plugged in${why}` }];
  });
}

function kilowatts({ value: { steps } }: Leaf<LimitOutcome>, now: string): string {
  const powerW = (steps.filter((step) => step.at <= now).at(-1) ?? steps[0])?.powerW ?? 0;
  return `${(powerW / 1000).toFixed(1)} kW`;
}
