/**
 * What each part of the charger side costs: bare ocpp-rpc in strict mode, then with journal, tables and state behind it, then
 * the whole bridge. CPU per message as ratios to bare in the same run, rounds interleaved, median of the ratios.
 *
 *     npm run bench ocpp-parts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from './ocpp/load.js';
import { Measured } from './ocpp/measured.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const ROUND_MS = 2_000;
const STATIONS = 200;
const SETTLE_MS = 5_000;
const PARTS = ['bare', 'journal', 'tables', 'state', 'bridge'] as const;
type Part = (typeof PARTS)[number];

const folder = mkdtempSync(join(tmpdir(), 'depotbridge-bench-'));

function start(part: Part): Promise<Measured> {
  if (part === 'bare') return Measured.start('./bare.ts');
  const args = [String(STATIONS), join(folder, part)];
  return part === 'bridge'
    ? Measured.start('./bridge.ts', args)
    : Measured.start('./parts.ts', [...args, part]);
}

interface Running {
  readonly part: Part;
  readonly server: Measured;
  readonly load: Load;
  readonly cpuUs: number[];
}

/** One round; the first, which warms up, is not kept. */
async function round({ server, load, cpuUs }: Running, isKept: boolean): Promise<void> {
  const before = await server.cpuUs();
  const { count } = await load.run(ROUND_MS);
  if (isKept) cpuUs.push(((await server.cpuUs()) - before) / count);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

try {
  const all: Running[] = [];
  for (const part of PARTS) {
    const server = await start(part);
    const load = new Load();
    await load.connect(server.port, STATIONS, true);
    all.push({ part, server, load, cpuUs: [] });
  }
  await pause(SETTLE_MS);
  for (let turn = 0; turn <= ROUNDS; turn++) for (const each of all) await round(each, turn > 0);
  const bare = all[0]?.cpuUs ?? [];
  for (const { part, cpuUs } of all) {
    const ratio = median(cpuUs.map((us, turn) => us / (bare[turn] ?? Number.NaN)));
    const us = median(cpuUs).toFixed(0).padStart(4);
    console.log(`  ${part.padEnd(8)} ${us} µs CPU a message  ${ratio.toFixed(2).padStart(5)} of bare`);
  }
  for (const { load, server } of all) {
    load.end();
    await server.end();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
