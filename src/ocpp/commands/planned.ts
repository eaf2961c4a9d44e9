/** Requests that change what the planner has set. */
import type { Call } from './ask.js';

const PLANNED = new Set([
  'SetChargingProfile',
  'ClearChargingProfile',
  'UpdateDynamicSchedule',
  'UsePriorityCharging',
]);

/** Whether a request touches limits: a remote start may bring one of its own. */
export function isPlanned({ action, payload }: Pick<Call, 'action' | 'payload'>): boolean {
  return PLANNED.has(action) || payload['chargingProfile'] !== undefined;
}
