// Writes validators beside the compiled code: of the configuration, and of all messages that shipped tables name.
// See src/config/validator.ts and src/schemas/ready.ts.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readyConfigFile, writeConfigValidator } from '../dist/config/validator.js';
import { loadGeneration } from '../dist/mapping/index.js';
import { schemaOf } from '../dist/schemas/index.js';
import { readyFile, writeReady } from '../dist/schemas/ready.js';

writeFileSync(readyConfigFile, writeConfigValidator());

const tables = fileURLToPath(new URL('../mappings', import.meta.url));
const loaded = loadGeneration([tables]);
if ('generation' in loaded) {
  const { mappings, repairs } = loaded.generation.parts;
  const names = [
    ...mappings.flatMap(({ sources, target }) => [...sources, target].map(({ name }) => name)),
    ...repairs.map(({ path }) => path.node.message.name),
  ];
  const schemas = [...new Set(names)].flatMap((name) => schemaOf(name)?.schema ?? []);
  writeFileSync(readyFile, writeReady(schemas));
} else {
  // What an earlier build wrote stays right, and whatever is missing is compiled when first used.
  console.warn('no validators written: the shipped tables have faults, run depotbridge check');
}
