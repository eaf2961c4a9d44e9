/** The tables in force: loaded, reloaded, watched, counted; what they could not translate. */

export { type TableCounters, TableCounting, type UnreadInput } from './counters.js';
export { BUILTIN_TABLES, PRESETS, tableFolders } from './folders.js';
export { allNeeds, needsOf } from './needs.js';
export { Parked, type ParkedObject, type Rerun, type RerunOutcome, type RerunWorld } from './parked.js';
export { type Replayed, replayEntry } from './replay.js';
export { type ShadowDifference, type ShadowReport, shadowReplay } from './shadow.js';
export { type Reloaded, Tables } from './tables.js';
export { watchTables } from './watch.js';
