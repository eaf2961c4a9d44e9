/** The canonical model: its words, its state, its events, and the reducer. No I/O, no protocol. */
export type * from './events.js';
export * from './ids.js';
export type * from './model.js';
export { modelSchema } from './model.schema.js';
export { PersistentMap } from './persistent-map.js';
export { reduce } from './reduce/index.js';
export { byClaim } from './reduce/match.js';
export { currentProcess, processOf } from './reduce/process.js';
export { processStartedBy } from './reduce/transaction.js';
export type { Instant, JournalId, Leaf, Source } from './source.js';
export { compareJournalIds, instantAt, instantOf } from './source.js';
export * from './state.js';
export { depotView, rejectedRequests, upstreamView } from './views/depot.js';
export { type EvsePlace, evseView, type IsGuest, isOwnFleetWindow } from './views/evse.js';
export { newestFault } from './views/point.js';
export { limitAt, limitInForce, requestOf } from './views/process.js';
export { type GuestFacts, sessionView } from './views/session.js';
export { compact, Sources, type View } from './views/view.js';
