/** Why something is as it is, in words. */
export { type ExplainOptions, type Explanation, explain, type Subject, type Unknown } from './explain.js';
export type { Evidence, Finding, RuleFact } from './finding.js';
export type { Receipt } from './told.js';
