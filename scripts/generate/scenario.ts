// config/scenario.schema.json: what an editor needs to complete and check scenarios of `depotbridge sim charger`.
import { writeFileSync } from 'node:fs';
import { scenarioSchema } from '../../src/sim/charger/scenario/schema.js';

/** The schema as it must stand in config/. */
export function scenarioEditorSchema(): object {
  const { items, ...steps } = scenarioSchema.properties.steps;
  const step = { $ref: '#/definitions/step' };
  // `discriminator` is of the validator here; editors follow `oneOf`.
  const { discriminator: _, ...kinds } = items;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Scenario of depotbridge sim charger',
    description: 'A list of steps, or steps with a clock and vehicles (docs/simulator.md).',
    anyOf: [
      { type: 'array', items: step },
      { ...scenarioSchema, properties: { ...scenarioSchema.properties, steps: { ...steps, items: step } } },
    ],
    definitions: { step: kinds },
  };
}

export function generateScenarioSchema(): void {
  const file = new URL('../../config/scenario.schema.json', import.meta.url);
  writeFileSync(file, `${JSON.stringify(scenarioEditorSchema(), null, 2)}\n`);
}
