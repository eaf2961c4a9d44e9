// Our OCPI schemas against schemas derived mechanically from the specification's tables, and against its examples.
//   npx tsx .ci/conformance/ocpi.ts [payloads per class and version] [seed]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { schemaOf, validatorOf } from '../../src/schemas/index.js';
import { mutate, poolOf, probes, random, type Samples, type Schema, samples, valid } from './payloads.js';

const perClass = Number(process.argv[2] ?? 1000);
const seed = Number(process.argv[3] ?? 221);
const oracle = fileURLToPath(new URL('../../../shared/oracle/ocpi/', import.meta.url));
if (!existsSync(oracle)) {
  console.error('the OCPI facts are not beside this repository (../shared/oracle/ocpi): nothing was compared');
  process.exit(2);
}

/** Classes of the facts that are no part of the CPO's interface. */
const outOfScope = ['InvoiceReconciliationRecord'];

/**
 * Where we mean to differ: a partner may list versions and modules that are younger than our table, and refusing its
 * whole answer for that would be wrong. The tables call both enumerations closed (2.1.1, 2.2.1).
 */
const opened = ['VersionNumber', 'ModuleID'];

/** Strings for the patterns of both sides; every one satisfies strict and inbound forms. */
const use: Samples = {
  formats: samples.formats,
  patterns: {
    '^[\\x20-\\x7E]*$': ['DE', '7', '', 'aZ 9~'],
    '^[^\\u0000-\\u001f\\u007f]*$': ['DE', 'Größe', ''],
    '^https?://': ['https://partner.example/ocpi/x', 'http://a'],
    '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z?$': ['2026-11-21T02:14:00Z', '2026-11-21T02:14:00.123'],
    '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$': ['2026-11-21T02:14:00Z', '2026-11-21T02:14:00.123Z'],
    '^([0-1][0-9]|2[0-3]):[0-5][0-9]$': ['08:00', '23:59'],
    '^-?[0-9]{1,2}\\.[0-9]{5,7}$': ['52.52000', '-9.1234567'],
    '^-?[0-9]{1,3}\\.[0-9]{5,7}$': ['13.40500', '-179.12345'],
    '^-?[0-9]{1,2}\\.[0-9]{6}$': ['52.520000'],
    '^-?[0-9]{1,3}\\.[0-9]{6}$': ['13.405000'],
  },
};

const disagreements: string[] = [];
const count = { classes: 0, payloads: 0, accepted: 0, strict: 0, examples: 0 };

function compare(version: string, name: string, facts: Schema, salt: number): void {
  const ours = schemaOf(`ocpi-${version}.${name}`);
  if (!ours) {
    disagreements.push(`ocpi-${version}.${name}: we have no such schema`);
    return;
  }
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const theirs = { ...facts.$defs[name], $defs: facts.$defs };
  const theirCheck = ajv.compile(theirs);
  const inbound = validatorOf(ours.name, 'inbound');
  const strict = validatorOf(ours.name);
  const rnd = random(seed + salt);
  const pool = poolOf([ours.schema as Schema, theirs]);
  count.classes++;
  const judge = (payload: unknown, id: string): void => {
    const expected = theirCheck(payload);
    const said = inbound(payload);
    count.payloads++;
    if (expected) count.accepted++;
    if ((said.length === 0) !== expected)
      disagreements.push(
        `${ours.name} ${id}: facts ${expected ? 'accept' : 'refuse'}, ours says ${JSON.stringify(said)}\n  ${JSON.stringify(payload)}`,
      );
    // What we would send must satisfy the facts; the reverse is not asked for.
    if (strict(payload).length > 0) return;
    count.strict++;
    if (!expected)
      disagreements.push(`${ours.name} ${id}: we would send what the facts refuse\n  ${JSON.stringify(payload)}`);
  };
  for (let i = 0; i < perClass; i++) {
    const source = i % 4 === 0 ? theirs : (ours.schema as Schema);
    const good = valid(source, source, rnd, use);
    judge(i % 5 < 2 ? good : mutate(good, pool, rnd), `#${i}`);
    const issues = source === ours.schema ? strict(good) : [];
    if (issues.length) disagreements.push(`${ours.name} #${i}: the generator made an invalid payload ${JSON.stringify(issues)}`);
  }
  // Nested classes are probed by themselves, so one level of a large class is enough here.
  for (const source of [theirs, ours.schema as Schema]) {
    const own = { ...pool, names: [...Object.keys(source.properties ?? {}), 'extra'] };
    for (const payload of probes(valid(source, source, rnd, { ...use, full: true }), own)) judge(payload, 'probe');
  }
}

/** The class an example file shows, by its name; the first that fits. */
const shows: readonly [RegExp, string][] = [
  [/^session_patch|mod_sessions-01/, 'Session.patch'],
  [/^session_|mod_sessions/, 'Session'],
  [/mod_tariffs-02/, 'Tariff.patch'],
  [/^tariff|mod_tariffs/, 'Tariff'],
  [/^token_patch|mod_tokens-02/, 'Token.patch'],
  [/^token_|mod_tokens/, 'Token'],
  [/^cdr_|mod_cdrs/, 'CDR'],
  [/^credentials/, 'Credentials'],
  [/^location_patch_example_(status|remove_evse)|mod_locations-0[15]/, 'EVSE.patch'],
  [/^location_patch_example_tariff|mod_locations-03/, 'Connector.patch'],
  [/^location_patch|mod_locations-02/, 'Location.patch'],
  [/^location_put_example_add_evse|mod_locations-04/, 'EVSE'],
  [/^location_energymix|mod_locations-0[789]/, 'EnergyMix'],
  [/^location_(hours|regularhours|example_parking_garage_opening_hours)|mod_locations-10/, 'Hours'],
  [/^location_|mod_locations/, 'Location'],
  [/^versions_info|version_information_endpoint-01/, 'Version'],
  [/^version_details|version_information_endpoint-02/, 'VersionDetails'],
  [/^transport_and_format_(get_token)|transport_and_format-0[34]/, 'Token'],
  [/^transport_and_format_version_details|transport_and_format-02/, 'VersionDetails'],
  [/^transport_and_format_version_info|transport_and_format-01/, 'Version'],
  [/^transport_and_format-05/, 'none'],
  [/^type_displaytext/, 'DisplayText'],
];

/** Examples that break the specification they illustrate, each with what is wrong in it. */
const defective: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('./ocpi-defective-examples.json', import.meta.url), 'utf8'),
);

function example(version: string, folder: string, file: string): void {
  const found = shows.find(([pattern]) => pattern.test(file));
  if (!found) {
    disagreements.push(`${folder}/${file}: no class is declared for this example`);
    return;
  }
  let data = JSON.parse(readFileSync(`${oracle}/spec-examples/${folder}/${file}`, 'utf8'));
  const issues = [];
  if (file.startsWith('transport_and_format')) {
    issues.push(...validatorOf(`ocpi-${version}.ResponseEnvelope`, 'inbound')(data));
    data = data.data;
  }
  if (found[1] === 'Hours') data = data.opening_times ?? data;
  if (found[1] === 'EnergyMix') data = data.energy_mix ?? data;
  const check = found[1] === 'none' ? () => [] : validatorOf(`ocpi-${version}.${found[1]}`, 'inbound');
  for (const item of Array.isArray(data) ? data : [data]) issues.push(...check(item));
  count.examples++;
  const excuse = defective[`${folder}/${file}`];
  if (issues.length && !excuse) disagreements.push(`${folder}/${file} as ${found[1]}: ${JSON.stringify(issues)}`);
  if (!issues.length && excuse) disagreements.push(`${folder}/${file} is declared defective (${excuse}) but passes`);
}

let salt = 0;
for (const version of ['2.1.1', '2.2.1', '2.3.0']) {
  const facts = JSON.parse(readFileSync(`${oracle}/spec-derived/ocpi-${version}.schema.json`, 'utf8')) as Schema;
  for (const name of opened) if (facts.$defs[name]) facts.$defs[name] = { type: 'string' };
  for (const name of Object.keys(facts.$defs)) if (!outOfScope.includes(name)) compare(version, name, facts, salt++);
}
const folders = { '2.1.1': '2.1.1-codeblocks', '2.2.1': '2.2.1', '2.3.0': '2.3.0-core' };
for (const [version, folder] of Object.entries(folders))
  for (const file of readdirSync(`${oracle}/spec-examples/${folder}`)) example(version, folder, file);

console.log(
  `ocpi: ${count.classes} classes and enumerations, ${count.payloads} payloads compared (${count.accepted} valid, ${count.strict} fit to send), ` +
    `${count.examples} official examples (${Object.keys(defective).length} declared defective), ${disagreements.length} disagreements`,
);
for (const line of disagreements.slice(0, 25)) console.log(line.slice(0, 700));
process.exit(disagreements.length ? 1 : 0);
