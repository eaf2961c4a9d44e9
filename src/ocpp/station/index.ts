/** Charging stations as the bridge sees them: what they say, and how they are asked. */
export type { FrameJournal } from './frames.js';
export { type InboundContext, InboundRefusal, SelectorMemo, takeCall } from './inbound.js';
export {
  type Handed,
  type Heard,
  Overheard,
  type OverheardCall,
  type Speaker,
  UNANSWERED,
} from './overheard.js';
export { CallFailure, type CallResult } from './own-calls.js';
export type { RelayedConnection } from './relayed.js';
export { Station, type StationEventsListener, type StationShared } from './station.js';
export { FrameTallies } from './tallies.js';
export { type Admit, admitWith } from './tokens.js';
export { TransactionIds } from './transaction-ids.js';
