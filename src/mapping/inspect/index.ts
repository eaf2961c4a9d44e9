/** Reports about tables: what they read, and what they come to for one station. */
export {
  type EffectiveLayer,
  type EffectiveMapping,
  type EffectiveRepair,
  type EffectiveRule,
  type EffectiveTables,
  effectiveTables,
  type Shadow,
} from './effective.js';
export { type RulePlace, rulePlaces } from './places.js';
export { leafPaths, readPaths, unreadPaths } from './reads.js';
export { conditionText, fieldText, inputText, outputText } from './words.js';
