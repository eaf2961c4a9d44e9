/** Proxy mode: chargers keep their own CSMS, and the bridge stands between, listening. */
export { type Newcomer, type RelayStatus, Relays } from './relays.js';
