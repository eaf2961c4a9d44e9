/** One depot at run time: its state, its journal, and what can be asked of its chargers. */
export { Archive, type StatePoint, stateOf } from './archive.js';
export { BoundedWords } from './bounded.js';
export type { AppliedLimit, CommandOutcome, SetLimit, StationCommands, StationControl } from './commands.js';
export { type Change, Depot, mergeStations } from './depot.js';
export { FAILED_LOGIN_LIMITS, FailedLogins } from './failed-logins.js';
export { causesOf, fieldSources } from './lineage.js';
export { Lockout, type LockoutRule } from './lockout.js';
export { Metrics } from './metrics.js';
export type { Running, Runtime } from './runtime.js';
export type { Tally } from './tally.js';
