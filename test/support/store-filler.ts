/**
 * A process that appends to an lmdb store until it is refused, for a disk with little room: `store-filler PATH`.
 * Prints what it met as JSON.
 */
import { BridgeError } from '../../src/errors/index.js';
import { openStore } from '../../src/store/index.js';

// Sent when a file would pass the process's limit; handled, the write fails as on a full disk.
process.on('SIGXFSZ', () => undefined);
const [path = ''] = process.argv.slice(2);
const store = await openStore({ kind: 'lmdb', path }, 'everysec');
let stored = 0;
let refusal: unknown;
while (refusal === undefined && stored < 2_000) {
  try {
    await store.append('{d}:s', 'x'.repeat(20_000));
    stored += 1;
  } catch (error) {
    refusal = error instanceof BridgeError ? error.code : String(error);
  }
}
const readable = (await store.range('{d}:s')).length;
await store.close();
console.log(JSON.stringify({ stored, refusal, readable }));
