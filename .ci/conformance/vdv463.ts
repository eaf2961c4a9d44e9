// Our VDV 463 schemas against the official files: on thousands of payloads both must say the same.
//   npx tsx .ci/conformance/vdv463.ts [payloads per message and dialect] [seed]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { default as draft4 } from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { schemaOf, validatorOf } from '../../src/schemas/index.js';
import { mutate, poolOf, probes, random, type Schema, samples, valid } from './payloads.js';

const perMessage = Number(process.argv[2] ?? 2500);
const seed = Number(process.argv[3] ?? 463);
const oracle = fileURLToPath(new URL('../../../shared/oracle/vdv463/', import.meta.url));
if (!existsSync(oracle)) {
  console.error('the official VDV 463 files are not beside this repository (../shared/oracle/vdv463): nothing was compared');
  process.exit(2);
}

/** Our dialect and the folder of its official files. */
const dialects = { '1.0.0': '1.0.0', '1.1.0': '1.1.0', 'draft-2025-05': 'draft-2025-05', '2.0.0': '2.0.0-rc1' };

type Check = (payload: unknown) => boolean;

function official(file: string): { schema: Schema; check: Check } {
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Schema;
  const old = String(schema.$schema).includes('draft-04');
  const ajv = old ? new draft4.default({ strict: false }) : new Ajv();
  addFormats.default(ajv);
  return { schema, check: ajv.compile(schema) as Check };
}

let compared = 0;
let accepted = 0;
const disagreements: string[] = [];

function compare(dialect: string, message: string, file: string, salt: number): void {
  const name = `vdv463-${dialect}.${message}`;
  const ours = schemaOf(name);
  if (!ours) {
    disagreements.push(`${name}: we have no such schema`);
    return;
  }
  const theirs = official(file);
  const check = validatorOf(name);
  const lenient = validatorOf(name, 'inbound');
  const rnd = random(seed + salt);
  const pool = poolOf([ours.schema as Schema, theirs.schema]);
  const judge = (payload: unknown, id: string): boolean => {
    const said = check(payload);
    const expected = theirs.check(payload);
    compared++;
    if (expected) accepted++;
    // The inbound form differs from the official files in one thing only: it never insists on `format: uri`.
    const forgiven = lenient(payload).length === 0;
    const onlyUri = said[0]?.keyword === 'format' && /"uri"/.test(said[0].message);
    if ((said.length === 0) !== expected || (forgiven !== expected && !onlyUri))
      disagreements.push(
        `${name} ${id}: official ${expected ? 'accepts' : 'refuses'}, ours says ${JSON.stringify(said)}\n  ${JSON.stringify(payload)}`,
      );
    return expected;
  };
  for (let i = 0; i < perMessage; i++) {
    const source = i % 4 === 0 ? theirs.schema : (ours.schema as Schema);
    const good = valid(source, source, rnd);
    const untouched = i % 5 < 2;
    const fine = judge(untouched ? good : mutate(good, pool, rnd), `#${i}`);
    if (untouched && !fine) disagreements.push(`${name} #${i}: the generator made an invalid payload`);
  }
  for (const source of [theirs.schema, ours.schema as Schema])
    for (const payload of probes(valid(source, source, rnd, { ...samples, full: true }), pool)) judge(payload, 'probe');
}

let salt = 0;
for (const [dialect, folder] of Object.entries(dialects)) {
  for (const file of readdirSync(`${oracle}/${folder}`))
    compare(dialect, file.replace('.json', ''), `${oracle}/${folder}/${file}`, salt++);
}
console.log(
  `vdv463: ${salt} official schemas, ${compared} payloads compared (${accepted} valid, ${compared - accepted} invalid), ${disagreements.length} disagreements`,
);
for (const line of disagreements.slice(0, 10)) console.log(line);
process.exit(disagreements.length ? 1 : 0);
