/** A simulated CSMS of a depot, OCPP 1.6J, 2.0.1 and 2.1: the one that is there already, with its habits. */
export type { CsmsHandshake } from './admission.js';
export type { CallHow } from './calls.js';
export { type CsmsCommandOptions, runCsmsCommand } from './command.js';
export type { CsmsCall } from './connection.js';
export { COMMANDS } from './console.js';
export { CsmsSimulator } from './csms-simulator.js';
export { CsmsError, type CsmsFailure } from './errors.js';
export type { CsmsEvents } from './events.js';
export { Feeding, type FeedingOptions } from './feeding.js';
export type { CsmsFlags } from './flags.js';
export type { CsmsFrame } from './kept.js';
export { type CsmsOddities, ODDITIES, withOddity } from './oddities.js';
export {
  type BootAnswer,
  CSMS_PROTOCOLS,
  type CsmsOptions,
  type CsmsProtocol,
  type CsmsTls,
  type OwnAnswer,
  type Plan,
} from './options.js';
export type { Limit, Orders, Period, ProfileChoice, ProfilePurpose, RemoteStart } from './orders.js';
export type { ConnectorRecord, CsmsTransaction, Reading, StationRecord } from './records.js';
export type { Goodbye } from './roster.js';
export type { CsmsViolation } from './wire.js';
