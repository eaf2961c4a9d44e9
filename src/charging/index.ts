/** From charging requests to limits over time, and from plans to commands. */
import type { Runtime, StationCommands } from '../depot/index.js';
import { Commander } from './commander.js';
import { Scheduler } from './scheduler.js';

export type { Job, PlaceLimits, PlanInputs, VehicleFacts } from './job.js';
export { type PlanMade, planDepot } from './plan.js';
export { beforePlugInOf, constantsOf } from './scheduler.js';

/** Plans from now on and carries the plans to chargers; `stop` waits so long for the commands under way. */
export function startCharging(
  runtime: Runtime,
  commands: StationCommands,
): { stop(withinMs: number): Promise<void> } {
  const commander = new Commander(runtime, commands);
  const scheduler = new Scheduler(runtime);
  return {
    async stop(withinMs) {
      await scheduler.stop();
      await commander.stop(withinMs);
    },
  };
}
