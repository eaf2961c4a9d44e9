/** OCPP 1.6J. */
export { Dialect16 } from './dialect.js';
export type { Fault16 } from './messages.js';
