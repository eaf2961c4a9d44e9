/** Scenarios: files that say what happens to stations and what must come of it. They know a station by its public door. */
export { clockOf, parseScenario, readScenario } from './parse.js';
export { checkReport, verdictLines, writeReport } from './report.js';
export { type Outcome, type RunOptions, runScenario } from './run.js';
export type { Deed, Expectation, Oddity, Scenario, Step } from './steps.js';
export { reasonOf, StationRun, type StationVerdict } from './verdict.js';
