/** What all findings of one explanation share: the past, the place, and what they may ask. */
import type { Config, PointConfig, StationConfig } from '../config/index.js';
import type {
  DepotState,
  Instant,
  PointState,
  ProcessState,
  RequestState,
  StationState,
} from '../domain/index.js';
import { requestOf } from '../domain/index.js';
import type { LoadedGeneration, RulePlace } from '../mapping/index.js';
import type { Recording } from '../replay/index.js';
import type { Complete } from './finding.js';
import type { Since } from './history.js';
import type { Past } from './past.js';
import { between, clock } from './words.js';

export interface Case {
  readonly config: Config;
  readonly recording: Recording;
  readonly past: Past;
  readonly generation: LoadedGeneration;
  readonly places: ReadonlyMap<string, RulePlace>;
  readonly complete: Complete;
}

/** A charging point with what is at it. */
export interface Bay {
  readonly station: StationState;
  readonly point: PointState;
  readonly process: ProcessState | undefined;
  readonly request: RequestState | undefined;
}

/** The bay in a state; undefined: there is no such point. */
export function bayIn(state: DepotState, pointId: string): Bay | undefined {
  for (const station of state.stations.values()) {
    const point = Object.hasOwn(station.points, pointId) ? station.points[pointId] : undefined;
    if (!point) continue;
    const process = point.processId ? state.processes.get(point.processId) : undefined;
    return { station, point, process, request: process && requestOf(state, process) };
  }
  return undefined;
}

export function configOf(
  { config }: Pick<Case, 'config'>,
  pointId: string,
): { readonly station: StationConfig; readonly point: PointConfig } | undefined {
  for (const station of config.depots[0].stations)
    for (const point of station.points) if (point.id === pointId) return { station, point };
  return undefined;
}

/** `02:12:30`, or with its date. */
export function timeIn({ past }: Pick<Case, 'past'>, at: Instant): string {
  return clock(at, past.at);
}

/** `12 s earlier` */
export function agoIn({ past }: Pick<Case, 'past'>, at: Instant): string {
  return between(at, past.at);
}

/** `since 02:12:30`; of what did not change in the stretch that was read: `since 01:40:00 or earlier`. */
export function sinceText(one: Pick<Case, 'past'>, since: Since | undefined): string | undefined {
  if (!since) return undefined;
  return `since ${timeIn(one, since.at)}${since.id === undefined ? ' or earlier' : ''}`;
}
