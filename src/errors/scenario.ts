import type { ErrorEntry } from './index.js';

/** Errors of scenario files of `depotbridge sim charger`. */
export const scenarioErrors = {
  SCENARIO_SYNTAX: {
    title: 'The scenario is not valid YAML',
    fix: 'Correct the line named; indentation and quotes are the usual cause. Times want quotes: "00:05".',
  },
  SCENARIO_INVALID: {
    title: 'A step or vehicle of a scenario has a value that is not allowed, or lacks one',
    fix: 'Put in what the message names; `config/scenario.schema.json` lets an editor complete and check.',
  },
  SCENARIO_UNKNOWN_KEY: {
    title: 'A key of a scenario is not known',
    fix: 'Correct its name or remove it; all steps and their keys are listed in docs/simulator.md.',
  },
  SCENARIO_REFERENCE: {
    title:
      'A step names a vehicle that the scenario does not describe, or a station or point that there is not',
    fix: 'Describe the vehicle under `vehicles`, simulate as many stations and points as the steps need, or correct the step.',
  },
} as const satisfies Record<string, ErrorEntry>;
