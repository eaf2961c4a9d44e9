/**
 * Our terminating server, whole, against bare ocpp-rpc in strict mode: messages per second, CPU per message, memory per
 * connection, as ratios of the same run (rounds interleaved, median of the ratios). Servers and stations are processes
 * of their own on 127.0.0.1.
 *
 *     npm run bench ocpp
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from './ocpp/load.js';
import { Measured } from './ocpp/measured.js';
import type { Memory } from './ocpp/report.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = 2_000;
const WARM_UP_MS = 3_000;
/** So many that none of them passes the rate at which the bridge slows a station down. */
const STATIONS = 200;
const IDLE_STATIONS = 2_000;
/** What starting or connecting set off has ended by then: loading, surveys of stations, plans. */
const SETTLE_MS = 5_000;

const BARS = { throughput: 0.7, cpu: 1.4, memory: 1.6 };

type Side = 'bare' | 'bridge';
const SIDES: readonly Side[] = ['bare', 'bridge'];

interface Round {
  readonly perSecond: number;
  readonly cpuUs: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function both<T>(folder: string, stations: number, use: (servers: Record<Side, Measured>) => Promise<T>) {
  const servers = {
    bare: await Measured.start('./bare.ts'),
    bridge: await Measured.start('./bridge.ts', [String(stations), folder]),
  };
  try {
    return await use(servers);
  } finally {
    await Promise.all(SIDES.map((side) => servers[side].end()));
  }
}

async function round(server: Measured, load: Load, ms: number): Promise<Round> {
  const before = await server.cpuUs();
  const { perSecond, count } = await load.run(ms);
  const after = await server.cpuUs();
  return { perSecond, cpuUs: (after - before) / count };
}

/** Stations that report as fast as they are answered. */
async function busy(folder: string): Promise<Record<Side, Round[]>> {
  return both(folder, STATIONS, async (servers) => {
    const loads = { bare: new Load(), bridge: new Load() };
    for (const side of SIDES) await loads[side].connect(servers[side].port, STATIONS, true);
    await pause(SETTLE_MS);
    for (const side of SIDES) await round(servers[side], loads[side], WARM_UP_MS);
    const rounds: Record<Side, Round[]> = { bare: [], bridge: [] };
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const side of turn % 2 ? SIDES : [...SIDES].reverse())
        rounds[side].push(await round(servers[side], loads[side], ROUND_MS));
    }
    for (const side of SIDES) loads[side].end();
    return rounds;
  });
}

/** Bytes per station that is connected and silent. */
async function idle(folder: string): Promise<Record<Side, Memory>> {
  return both(folder, IDLE_STATIONS, async (servers) => {
    const nothing: Memory = { own: 0, files: 0, heapUsed: 0 };
    const found = { bare: nothing, bridge: nothing };
    for (const side of SIDES) {
      const load = new Load();
      await pause(SETTLE_MS);
      const before = await servers[side].memory();
      await load.connect(servers[side].port, IDLE_STATIONS, false);
      await pause(SETTLE_MS);
      const after = await servers[side].memory();
      found[side] = {
        own: (after.own - before.own) / IDLE_STATIONS,
        files: (after.files - before.files) / IDLE_STATIONS,
        heapUsed: (after.heapUsed - before.heapUsed) / IDLE_STATIONS,
      };
      load.end();
    }
    return found;
  });
}

let missed = false;
function judge(name: string, ratio: number, bar: number, good: boolean): void {
  missed ||= !good;
  console.log(`${good ? '  ' : '! '}${name.padEnd(24)} ${ratio.toFixed(2)}  (bar ${bar})`);
}

const folder = mkdtempSync(join(tmpdir(), 'depotbridge-bench-'));
try {
  const rounds = await busy(join(folder, 'busy'));
  for (const side of SIDES) {
    const perSecond = median(rounds[side].map((each) => each.perSecond));
    const cpuUs = median(rounds[side].map((each) => each.cpuUs));
    console.log(`  ${side.padEnd(8)} ${perSecond.toFixed(0).padStart(7)} messages/s ${cpuUs.toFixed(0).padStart(6)} µs CPU each`);
  }
  const ratios = (of: (round: Round) => number) =>
    rounds.bridge.map((each, turn) => of(each) / of(rounds.bare[turn] ?? each));
  const memory = await idle(join(folder, 'idle'));
  for (const side of SIDES) {
    const { own, files, heapUsed } = memory[side];
    const inKiB = (bytes: number) => (bytes / 1024).toFixed(1);
    console.log(`  ${side.padEnd(8)} ${inKiB(own).padStart(7)} KiB per connection (${inKiB(heapUsed)} of heap), and ${inKiB(files)} of files`);
  }
  const throughput = median(ratios((each) => each.perSecond));
  const cpu = median(ratios((each) => each.cpuUs));
  const bytes = memory.bridge.own / memory.bare.own;
  console.log('  bridge ÷ bare ocpp-rpc, strict');
  judge('messages per second', throughput, BARS.throughput, throughput >= BARS.throughput);
  judge('CPU per message', cpu, BARS.cpu, cpu <= BARS.cpu);
  judge('memory per connection', bytes, BARS.memory, bytes <= BARS.memory);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(missed ? 1 : 0);
