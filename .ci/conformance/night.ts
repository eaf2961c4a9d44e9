// A whole depot's night, and every VDV 463 message of ours in its journal against the official schemas.
//   npx tsx .ci/conformance/night.ts
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { default as draft4 } from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { openJournal } from '../../src/journal/index.js';
import { openStore } from '../../src/store/index.js';
import { playDepotNight } from '../../test/support/depot-night.js';

const oracle = fileURLToPath(new URL('../../../shared/oracle/vdv463/', import.meta.url));
if (!existsSync(oracle)) {
  console.error('the official schemas are not beside this repository (../shared/oracle): nothing was compared');
  process.exit(2);
}

const dialects: Record<string, string> = { 'vdv463:BMS-1': '1.1.0', 'vdv463:ITCS-1': '2.0.0-rc1' };
const kinds: Record<number, string> = { 1: 'Request', 2: 'Response' };
const compiled = new Map<string, ValidateFunction>();

function official(folder: string, message: string): ValidateFunction {
  const file = `${oracle}${folder}/${message}.json`;
  const held = compiled.get(file);
  if (held) return held;
  const ajv = folder.startsWith('1.') ? new draft4.default({ strict: false }) : new Ajv();
  addFormats.default(ajv);
  const check = ajv.compile(JSON.parse(readFileSync(file, 'utf8'))) as ValidateFunction;
  compiled.set(file, check);
  return check;
}

const faults: string[] = [];
const counts = new Map<string, number>();

async function inspect(configFile: string): Promise<void> {
  const depotId = /- id: (depot-\w+)/.exec(readFileSync(configFile, 'utf8'))?.[1] ?? '';
  const store = await openStore({ kind: 'lmdb', path: join(dirname(configFile), 'data') }, 'everysec');
  const journal = openJournal(store, depotId);
  for await (const entry of journal.entries({ direction: 'out' })) {
    const folder = dialects[entry.link];
    if (entry.protocol !== 'vdv463' || !folder) continue;
    const frame = JSON.parse(entry.raw) as unknown[];
    const kind = kinds[Number(frame[0])];
    if (!kind) continue;
    for (const [message, value] of [[`${entry.action}${kind}`, frame[6]], ['MessageStructure', frame]] as const) {
      const what = `${folder} ${message}`;
      const check = official(folder, message);
      counts.set(what, (counts.get(what) ?? 0) + 1);
      if (!check(value)) faults.push(`${entry.id} ${what}: ${JSON.stringify(check.errors?.slice(0, 2))}`);
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
