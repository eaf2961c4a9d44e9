/** Charging stations as the bridge sees them: what they say, and how they are asked. */
export type { Handed, Heard, Overheard, OverheardCall, Speaker } from './overheard.js';
export { CallFailure, type CallResult } from './own-calls.js';
export type { RelayedConnection } from './relayed.js';
export { Station, type StationEventsListener, type StationShared } from './station.js';
export { FrameTallies } from './tallies.js';
export { type Admit, admitWith } from './tokens.js';
