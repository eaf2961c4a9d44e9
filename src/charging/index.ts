/** From charging requests to limits over time, and from plans to commands. */
import type { Runtime, StationCommands } from '../depot/index.js';
import { Commander } from './commander.js';
import type { LimitNotHeld } from './read-back.js';
import { Scheduler } from './scheduler.js';

export type { Job, PlaceLimits, PlanInputs, VehicleFacts } from './job.js';
export { type PlanMade, planDepot } from './plan.js';
export type { LimitNotHeld } from './read-back.js';
export { beforePlugInOf, constantsOf } from './scheduler.js';

export interface RunningCharging {
  /** Limits at a station that it took and does not apply. */
  limitsNotHeld(stationId: string): readonly LimitNotHeld[];
  stop(withinMs: number): Promise<void>;
}

/** Plans from now on and carries the plans to chargers; `stop` waits so long for the commands under way. */
export function startCharging(runtime: Runtime, commands: StationCommands): RunningCharging {
  const commander = new Commander(runtime, commands);
  const scheduler = new Scheduler(runtime);
  return {
    limitsNotHeld: (stationId) => commander.limitsNotHeld(stationId),
    async stop(withinMs) {
      await scheduler.stop();
      await commander.stop(withinMs);
    },
  };
}
