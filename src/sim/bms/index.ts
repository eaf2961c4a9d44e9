/** A simulated upstream system of VDV 463, kind or unkind. */
export { type BmsCommandOptions, runBmsCommand } from './command.js';
export type { Envelope, Layout, ReadFrame } from './envelope.js';
export { errorText, newMessageId, readFrame, writeFrame } from './envelope.js';
export { PresystemError, type PresystemFailure } from './errors.js';
export type * from './messages.js';
export { CONF, ERR, REQ } from './messages.js';
export {
  type ListTaker,
  type PlanClock,
  PlanRunner,
  type PlanRunnerEvents,
  runningClock,
} from './plan-runner.js';
export {
  type AdHocOrder,
  changesOf,
  type Plan,
  type PlanChange,
  type PlannedBus,
  requestsAt,
} from './planner.js';
export { Presystem, type PresystemEvents, type PresystemOptions } from './presystem.js';
export type { RequestChange } from './request-list.js';
export { type BmsScenario, readScenario, ScenarioError } from './scenario.js';
export type { Answer } from './slot.js';
export { type PlacedPoint, pointsOf } from './snapshot.js';
export { basicAuthorization, offeredSubprotocols, type PresystemTls } from './socket.js';
export { type ErrorShape, errorPayload, type Unkind } from './unkind.js';
export { payloadProblems, type Violation } from './watch.js';
