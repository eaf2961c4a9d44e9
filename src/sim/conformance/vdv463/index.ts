/** The VDV 463 conformance kit: an upstream system's view of any CMS. */
export { type ConformanceCommandOptions, runConformanceCommand } from './command.js';
export type {
  Bench,
  ConformanceOptions,
  ConformanceReport,
  Identity,
  ScenarioResult,
  Verdict,
} from './options.js';
export { junitReport, textReport } from './report.js';
export { runConformanceVdv463 } from './runner.js';
export type { Level, Scenario } from './scenario.js';
export { allScenarios } from './scenarios/index.js';
