/** Proxy mode: chargers keep their own CSMS, and the bridge stands between, listening. */
export { type Newcomer, Relays } from './relays.js';
