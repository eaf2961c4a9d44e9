/** Run by a process that may not make code from text: prints what a mapping gives after many messages. */
import { readFileSync } from 'node:fs';
import { mayGenerate } from '../../../src/mapping/index.js';
import { env, identity, load } from './load.js';

const generation = load(readFileSync(new URL('../fixtures/good.yaml', import.meta.url), 'utf8'));
const mapping = generation.mapping('t.good');
const message = { id: 'i', kind: 'B', mode: 'M', list: [{ n: 1 }] };
let result: unknown;
for (let i = 0; i < 1000; i++) result = mapping.run({ m: message, e: env }, { identity });
process.stdout.write(JSON.stringify({ mayGenerate: mayGenerate(), result }));
