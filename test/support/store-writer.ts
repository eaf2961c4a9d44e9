/**
 * A process that writes until it is killed: `store-writer CONFIG DURABILITY`. Prints `id <id>` for each append and
 * `n <sum>` for each increment after the store acknowledged it.
 */
import { writeSync } from 'node:fs';
import { openStore, type StoreConfig } from '../../src/store/index.js';

const LANES = 8;

const [config = '', durability] = process.argv.slice(2);
const store = await openStore(
  JSON.parse(config) as StoreConfig,
  durability === 'always' ? 'always' : 'everysec',
);
const say = (line: string) => writeSync(1, `${line}\n`);
say('open');

async function write(lane: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    say(`id ${await store.append('{kill}:stream', JSON.stringify({ lane, turn, filler: 'x'.repeat(300) }))}`);
    say(`n ${await store.incr('{kill}:count')}`);
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => write(lane)));
