/** A simulated OCPI partner (eMSP), kind or unkind. */
export type { TokenForm } from './authorization.js';
export type { Call, CallAnswer } from './client.js';
export { type EmspCommandOptions, runEmspCommand } from './command.js';
export { type EmspEvents, type EmspOptions, EmspSimulator, type StartSession } from './emsp-simulator.js';
export { EmspError, type EmspFailure } from './errors.js';
export type { EmspFault } from './faults.js';
export type * from './messages.js';
export type { ListQuery, PagedList } from './pages.js';
export type { Asked } from './pending.js';
export type { Peer } from './registration.js';
export type { Authorizer } from './sender.js';
export { sampleToken } from './tokens.js';
export type { OcpiViolation } from './watch.js';
