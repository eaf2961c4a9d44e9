// One demo night, and every VDV 463 and OCPI message of ours in its journal against the official schemas.
//   npx tsx .ci/conformance/demo.ts
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type JournalEntry, openJournal } from '../../src/journal/index.js';
import { openStore } from '../../src/store/index.js';
import { official, officialParts } from './official.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const oracle = fileURLToPath(new URL('../../../shared/oracle/', import.meta.url));
if (!existsSync(oracle)) {
  console.error('the official schemas are not beside this repository (../shared/oracle): nothing was compared');
  process.exit(2);
}

const faults: string[] = [];
const counts = new Map<string, number>();

const ocpi = JSON.parse(readFileSync(`${oracle}ocpi/spec-derived/ocpi-2.2.1.schema.json`, 'utf8'));
const ocpiAjv = new Ajv2020({ strict: false });
addFormats.default(ocpiAjv);
ocpiAjv.addSchema(ocpi, 'ocpi');
const definitions = ocpi.$defs ? '$defs' : 'definitions';

function judge(what: string, check: ValidateFunction | undefined, payload: unknown, entry: JournalEntry): void {
  if (!check) {
    faults.push(`${entry.id} ${what}: there is no official schema for it`);
    return;
  }
  counts.set(what, (counts.get(what) ?? 0) + 1);
  if (!check(payload)) faults.push(`${entry.id} ${what}: ${JSON.stringify(check.errors?.slice(0, 2))}\n  ${entry.raw.slice(0, 400)}`);
}

function vdv463(entry: JournalEntry): void {
  for (const { folder, message, value } of officialParts(entry))
    judge(`${folder} ${message}`, official(folder, message), value, entry);
}

/** The class of an OCPI body, by the path it was sent to or from. */
function ocpiClass(path: string): string | undefined {
  const [, module, ...rest] = /\/2\.2\.1\/(?:[a-z]+\/)*?(locations|sessions|tariffs|cdrs|credentials)(\/[^?]*)?/.exec(path) ?? [];
  if (module === 'sessions') return 'Session';
  if (module === 'tariffs') return 'Tariff';
  if (module === 'cdrs') return 'CDR';
  if (module === 'credentials') return 'Credentials';
  if (module !== 'locations') return undefined;
  const depth = (rest[0] ?? '').split('/').filter(Boolean).length;
  return depth <= 3 ? 'Location' : undefined;
}

function ocpiBody(entry: JournalEntry): void {
  const name = ocpiClass(entry.http?.path ?? '');
  if (!name || !entry.raw.startsWith('{') || entry.http?.method === 'PATCH') return;
  const body = JSON.parse(entry.raw) as Record<string, unknown>;
  const data = 'status_code' in body ? body['data'] : body;
  const check = ocpiAjv.getSchema(`ocpi#/${definitions}/${name}`) as ValidateFunction | undefined;
  for (const object of Array.isArray(data) ? data : data === undefined ? [] : [data]) judge(`OCPI 2.2.1 ${name}`, check, object, entry);
}

const folder = mkdtempSync(join(tmpdir(), 'depotbridge-night-'));
try {
  const demo = spawnSync(process.execPath, ['dist/main.js', 'demo', '--once', '--keep', folder], { cwd: root, encoding: 'utf8', timeout: 120_000 });
  if (demo.status !== 0) faults.push(`the demo ended with ${demo.status}:\n${demo.stdout.slice(-3000)}\n${demo.stderr.slice(-2000)}`);
  const store = await openStore({ kind: 'lmdb', path: folder }, 'everysec');
  const journal = openJournal(store, 'depot-nord');
  for await (const entry of journal.entries({ direction: 'out' })) {
    if (entry.protocol === 'vdv463') vdv463(entry);
    if (entry.protocol === 'ocpi') ocpiBody(entry);
  }
  await journal.close();
  await store.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [what, count] of [...counts].sort()) console.log(`${String(count).padStart(6)} ${what}`);
for (const needed of ['1.1.0 ProvideChargingInformationRequest', '2.0.0-rc1 ProvideChargingInformationRequest', 'OCPI 2.2.1 Location', 'OCPI 2.2.1 Session', 'OCPI 2.2.1 Tariff', 'OCPI 2.2.1 CDR']) {
  if (!counts.has(needed)) faults.push(`no ${needed} was sent`);
}
for (const fault of faults.slice(0, 10)) console.error(fault);
console.log(`demo: ${[...counts.values()].reduce((sum, count) => sum + count, 0)} messages against the official schemas, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
