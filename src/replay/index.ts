/** The past once more: windows of the journal through tables, states and views as they were. */
export type { StatesCompared } from './compare.js';
export type { Difference, Told } from './differences.js';
export { Identities } from './identities.js';
export { type Base, type Begun, beginBefore, pushEntry } from './lead.js';
export { leavesOf, type NamedLeaf } from './leaves.js';
export type { Note } from './notes.js';
export type { ReadersCompared } from './readers.js';
export { found, type Recording, stationsOf, storeRecording } from './recording.js';
export { endsOf, placeOf, seek, type When, whenOf } from './seek.js';
export { Side, type Step } from './side.js';
export { type Telling, tellingsIn, thingsIn } from './tellings.js';
export { informationFor, type Look, Roamers, type Sight } from './views.js';
export { type ReplayOptions, type ReplayReport, replayWindow } from './window.js';
