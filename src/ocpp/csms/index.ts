/** Terminating mode: chargers connect to us, we are their CSMS. */
export { CsmsServer } from './server.js';
export type { Introduction, Stranger } from './strangers.js';
