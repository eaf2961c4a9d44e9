// Our OCPP validators against those that ocpp-rpc ships and compiles itself: same schemas, so the same answers, but for
// the corrections declared in src/schemas/ocpp/corrections.ts and instants without a zone, which 2.x forbids and
// ocpp-rpc's older format check lets pass.
//   npx tsx .ci/conformance/ocpp.ts [payloads per message] [seed]
import { createRequire } from 'node:module';
import { schemaNames, schemaOf, validatorOf } from '../../src/schemas/index.js';
import { corrections } from '../../src/schemas/ocpp/corrections.js';
import { mutate, poolOf, random, type Schema, samples, valid } from './payloads.js';

const perMessage = Number(process.argv[2] ?? 400);
const seed = Number(process.argv[3] ?? 16);

type Shipped = { readonly subprotocol: string; validate(id: string, payload: unknown): unknown };
// ocpp-rpc's ajv warns about hundreds of harmless spots in the 2.1 schemas.
console.warn = () => {};
const shipped = createRequire(import.meta.url)('ocpp-rpc/lib/standard-validators.js') as Shipped[];
const spaces = { ocpp16: 'ocpp1.6', ocpp201: 'ocpp2.0.1', ocpp21: 'ocpp2.1' };

/** The name under which ocpp-rpc knows a message. */
function idOf(space: string, message: string): string {
  if (message === 'NotifyPeriodicEventStream') return `urn:${message}`;
  if (space !== 'ocpp21') return `urn:${message.endsWith('.conf') ? message : `${message}.req`}`;
  return `urn:${message.endsWith('.conf') ? `${message.slice(0, -5)}Response` : `${message}Request`}`;
}

const count = { messages: 0, payloads: 0, accepted: 0, corrected: 0, zoneless: 0 };
const disagreements: string[] = [];

function compare(space: string, theirs: Shipped, name: string, salt: number): void {
  const message = name.slice(space.length + 1);
  const schema = schemaOf(name)?.schema as Schema;
  const check = validatorOf(name, 'inbound');
  const id = idOf(space, message);
  const rnd = random(seed + salt);
  const pool = poolOf([schema]);
  const declared = corrections.some((correction) => correction.space === space && correction.message === message);
  const tenths = JSON.stringify(schema).includes('"multipleOf":0.1');
  count.messages++;
  for (let i = 0; i < perMessage; i++) {
    const good = valid(schema, schema, rnd, samples);
    const payload = i % 5 < 2 ? good : mutate(good, pool, rnd);
    let accepts = true;
    try {
      theirs.validate(id, payload);
    } catch {
      accepts = false;
    }
    const said = check(payload);
    count.payloads++;
    if (accepts) count.accepted++;
    if ((said.length === 0) === accepts) continue;
    if (declared || tenths) count.corrected++;
    else if (accepts && space !== 'ocpp16' && said[0]?.message.includes('"date-time"')) count.zoneless++;
    else disagreements.push(`${name} #${i}: ocpp-rpc ${accepts ? 'accepts' : 'refuses'}, ours says ${JSON.stringify(said)}\n  ${JSON.stringify(payload)}`);
  }
}

let salt = 0;
for (const [space, subprotocol] of Object.entries(spaces)) {
  const theirs = shipped.find((validator) => validator.subprotocol === subprotocol);
  if (!theirs) throw new Error(`ocpp-rpc has no validator for ${subprotocol}`);
  for (const name of schemaNames(space)) compare(space, theirs, name, salt++);
}
console.log(
  `ocpp: ${count.messages} messages, ${count.payloads} payloads compared (${count.accepted} valid), ` +
    `${count.corrected} answers differ by a declared correction, ${count.zoneless} by a missing zone, ${disagreements.length} disagreements`,
);
for (const line of disagreements.slice(0, 15)) console.log(line.slice(0, 600));
process.exit(disagreements.length ? 1 : 0);
