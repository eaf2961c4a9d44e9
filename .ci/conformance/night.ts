// A whole depot's night, and every VDV 463 message of ours in its journal against the official schemas.
//   npx tsx .ci/conformance/night.ts
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openJournal } from '../../src/journal/index.js';
import { openStore } from '../../src/store/index.js';
import { playDepotNight } from '../../test/support/depot-night.js';
import { official, officialParts } from './official.js';

const oracle = fileURLToPath(new URL('../../../shared/oracle/vdv463/', import.meta.url));
if (!existsSync(oracle)) {
  console.error('the official schemas are not beside this repository (../shared/oracle): nothing was compared');
  process.exit(2);
}

const faults: string[] = [];
const counts = new Map<string, number>();

async function inspect(configFile: string): Promise<void> {
  const depotId = /- id: (depot-\w+)/.exec(readFileSync(configFile, 'utf8'))?.[1] ?? '';
  const store = await openStore({ kind: 'lmdb', path: join(dirname(configFile), 'data') }, 'everysec');
  const journal = openJournal(store, depotId);
  for await (const entry of journal.entries({ direction: 'out' })) {
    if (entry.protocol !== 'vdv463') continue;
    for (const { folder, message, value } of officialParts(entry)) {
      const what = `${folder} ${message}`;
      const check = official(folder, message);
      counts.set(what, (counts.get(what) ?? 0) + 1);
      if (!check) faults.push(`${entry.id} ${what}: there is no official schema for it`);
      else if (!check(value)) faults.push(`${entry.id} ${what}: ${JSON.stringify(check.errors?.slice(0, 2))}`);
    }
  }
  await journal.close();
  await store.close();
}

const night = await playDepotNight({ seconds: 18, inspect: ({ configFile }) => inspect(configFile) });
faults.push(...night.violations, ...night.disagreements);
for (const needed of ['1.1.0 ProvideChargingInformationRequest', '2.0.0-rc1 ProvideChargingInformationRequest']) {
  if (!counts.has(needed)) faults.push(`no ${needed} was sent`);
}
for (const [what, count] of [...counts].sort()) console.log(`${String(count).padStart(6)} ${what}`);
for (const fault of faults.slice(0, 10)) console.error(fault.slice(0, 600));
console.log(`night: ${[...counts.values()].reduce((sum, count) => sum + count, 0)} messages against the official schemas, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
