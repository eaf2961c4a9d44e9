/**
 * Tables against hand-written TypeScript, with lineage on. Both sides run interleaved and shuffled in one
 * process, on the same messages, with outputs asserted equal; the ratio is taken inside each round. Both sides
 * are compiled alike, read instants with the same function, resolve identities by the same resolver and make a new
 * output each time; only the tables look up which overlays apply, check the type and bounds of each value, count rows
 * and leave lineage. What a side gives is kept for a while, with its lineage: the compiler cannot leave it out.
 */
import assert from 'node:assert/strict';
import { type Json, type JsonObject, loadGeneration, type MapResult, type RunContext } from '../../src/mapping/index.js';
import { validatorOf } from '../../src/schemas/index.js';
import * as data from './data.js';
import { freshCheck } from './fresh.js';
import * as hand from './hand.js';

const rounds = Number(process.argv[2] ?? 61);

const loaded = loadGeneration(['mappings']);
if ('diagnostics' in loaded) throw new Error('the tables have errors: run depotbridge check');
const { generation } = loaded;

const resolve = (kind: string, key: readonly Json[]): string => `${kind}:${key[0]}/${key[1]}`;
const context: RunContext = { identity: { resolve }, select: { vendor: 'Bench', model: 'One' } };

/** One translation both ways. */
interface Case {
  readonly name: string;
  /** Ratio that must not be passed. */
  readonly bar: number;
  readonly inputs: readonly JsonObject[];
  readonly table: (input: JsonObject) => unknown;
  readonly hand: (input: JsonObject) => unknown;
}

/** Results are kept for a while: what nobody could see, the compiler would not make. */
const kept: unknown[] = new Array(64).fill(undefined);
const lineage: unknown[] = new Array(64).fill(undefined);
let sink = 0;

/** The value of a result that must be one; its lineage is kept as well. */
function whole(result: MapResult | null): JsonObject {
  if (!result?.ok) throw new Error(JSON.stringify(result?.error ?? 'does not apply'));
  lineage[sink & 63] = result.provenance;
  return result.value;
}

const tables = {
  meter: generation.mapping('ocpp16.meter-values'),
  status: generation.mapping('ocpp16.point-status'),
  request: generation.mapping('vdv463-2.0.0.request'),
  evse: generation.mapping('ocpi230.evse'),
};
const meter = (msg: JsonObject): JsonObject => whole(tables.meter.run({ msg, env: data.env }, context));
const meterByHand = (input: JsonObject): JsonObject => hand.meterValues(input, data.env, resolve as never);
const validate = validatorOf('ocpp16.MeterValues');
const texts = data.meterValues.map((message): JsonObject => ({ text: JSON.stringify(message) }));
const pipeline = (map: (input: JsonObject) => JsonObject) => (input: JsonObject) => {
  const message = JSON.parse(String(input['text'])) as JsonObject;
  if (validate(message).length > 0) throw new Error('not valid');
  return JSON.stringify(map(message));
};

const cases: Case[] = [
  { name: 'MeterValues 3×8 → samples', bar: 2.2, inputs: data.meterValues, table: meter, hand: meterByHand },
  {
    name: 'StatusNotification → status',
    bar: 3.5,
    inputs: data.statuses,
    table: (msg) => whole(tables.status.run({ msg, env: data.env }, context)),
    hand: (input) => hand.pointStatus(input, data.env, resolve as never),
  },
  {
    name: 'VDV request → canonical',
    bar: 2.2,
    inputs: data.requests,
    table: (cr) => whole(tables.request.run({ cr }, context)),
    hand: hand.request,
  },
  {
    name: 'canonical → OCPI EVSE',
    bar: 2.2,
    inputs: data.evses,
    table: (ev) => whole(tables.evse.run({ ev }, context)),
    hand: hand.evse,
  },
  { name: 'whole pipeline (parse, validate, map, serialise)', bar: 1.2, inputs: texts, table: pipeline(meter), hand: pipeline(meterByHand) },
];

/** Nanoseconds per message over about `ms` milliseconds. */
function time(run: (input: JsonObject) => unknown, inputs: readonly JsonObject[], passes: number): number {
  const start = process.hrtime.bigint();
  for (let pass = 0; pass < passes; pass++) for (const input of inputs) kept[sink++ & 63] = run(input);
  return Number(process.hrtime.bigint() - start) / (passes * inputs.length);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

for (const { inputs, table, hand: byHand, name } of cases)
  for (const input of inputs) {
    const [a, b] = [table(input), byHand(input)].map((value) => (typeof value === 'string' ? JSON.parse(value) : value));
    assert.deepEqual(a, b, name);
  }

/** Passes that take about two milliseconds by hand: a busy machine then spoils few of them. */
const passes = cases.map(({ hand: byHand, inputs }) => {
  time(byHand, inputs, 20);
  return Math.max(1, Math.round(2_000_000 / (time(byHand, inputs, 20) * inputs.length)));
});
for (let warm = 0; warm < 20; warm++) cases.forEach(({ table, hand: byHand, inputs }, i) => [time(table, inputs, passes[i] ?? 1), time(byHand, inputs, passes[i] ?? 1)]);

const ratios = cases.map((): number[] => []);
const times = cases.map((): { table: number[]; hand: number[] } => ({ table: [], hand: [] }));
for (let round = 0; round < rounds; round++) {
  const order = cases.flatMap((_, i) => [
    { i, table: true },
    { i, table: false },
  ]);
  order.sort(() => Math.random() - 0.5);
  const measured = cases.map(() => ({ table: 0, hand: 0 }));
  for (const { i, table } of order) {
    const one = cases[i];
    const place = measured[i];
    if (!one || !place) continue;
    const nanoseconds = time(table ? one.table : one.hand, one.inputs, passes[i] ?? 1);
    if (table) place.table = nanoseconds;
    else place.hand = nanoseconds;
  }
  measured.forEach(({ table, hand: byHand }, i) => {
    ratios[i]?.push(table / byHand);
    times[i]?.table.push(table);
    times[i]?.hand.push(byHand);
  });
}

let failed = false;
console.log(`${rounds} rounds, Node ${process.version}; ${sink} messages`);
console.log('Compared: one message through the tables, lineage, type checks and counters on, and through hand-written');
console.log('TypeScript that gives the same output. Both are compiled alike and read instants with the same function.\n');
console.log('translation                                        ÷ hand   quartiles     table ns   hand ns   bar');
cases.forEach(({ name, bar }, i) => {
  const list = ratios[i] ?? [];
  const ratio = quantile(list, 0.5);
  const verdict = ratio <= bar ? `≤ ${bar} met` : `≤ ${bar} MISSED`;
  failed ||= ratio > bar;
  console.log(
    [
      name.padEnd(50),
      ratio.toFixed(2).padStart(6),
      `${quantile(list, 0.25).toFixed(2)}–${quantile(list, 0.75).toFixed(2)}`.padStart(12),
      quantile(times[i]?.table ?? [], 0.5).toFixed(0).padStart(10),
      quantile(times[i]?.hand ?? [], 0.5).toFixed(0).padStart(9),
      `  ${verdict}`,
    ].join(' '),
  );
});

const warmChecks = Array.from({ length: 5 }, () => {
  const start = performance.now();
  loadGeneration(['mappings']);
  return performance.now() - start;
});
const fresh = freshCheck();
const checkBar = 500;
failed ||= fresh.check > checkBar;
const ms = (value: number): string => `${value.toFixed(0)} ms`;
console.log(
  [
    `\ncheck of everything: ${ms(fresh.check)} in a fresh process (≤ ${checkBar} ${fresh.check > checkBar ? 'MISSED' : 'met'})`,
    `after ${ms(fresh.loading)} of loading modules; ${ms(quantile(warmChecks, 0.5))} warm (a reload)`,
  ].join(', '),
);
console.log(`processes: \`depotbridge check\` ${ms(fresh.command)}, \`depotbridge --help\` ${ms(fresh.help)}`);
process.exitCode = failed ? 1 : 0;
