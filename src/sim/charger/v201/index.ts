/** OCPP 2.0.1. */
export { Dialect201 } from './dialect.js';
export type { Fault201 } from './messages.js';
