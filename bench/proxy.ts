/**
 * The proxy between chargers and a CSMS, against a bare relay on ws in the same run: CPU of the process per frame and memory per
 * pair of connections, part by part. Rounds interleaved, median of the ratios. Stations, relays and the CSMS are processes of
 * their own on 127.0.0.1.
 *
 *     npm run bench proxy
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Load } from './ocpp/load.js';
import { Measured } from './ocpp/measured.js';
import { PARTS, type Part } from './proxy/parts-named.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
const ROUND_MS = 2_000;
const WARM_UP_MS = 3_000;
/** So many that none of them passes the rate at which the bridge slows a station down. */
const STATIONS = 200;
const IDLE_STATIONS = 1_000;
const SETTLE_MS = 4_000;

const BARS = { cpu: 1.6, memory: 2.0 };
const SIDES = ['bare', ...PARTS, 'bridge'] as const;
type Side = (typeof SIDES)[number];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function start(side: Side, csmsPort: number, stations: number, folder: string): Promise<Measured> {
  const args = [String(csmsPort), String(stations), join(folder, side)];
  if (side === 'bare') return Measured.start('../proxy/bare.ts', args);
  if (side === 'bridge') return Measured.start('../proxy/bridge.ts', args);
  return Measured.start('../proxy/parts.ts', [...args, side satisfies Part]);
}

interface Running {
  readonly side: Side;
  readonly server: Measured;
  readonly load: Load;
  readonly cpuUs: number[];
  readonly perSecond: number[];
}

/** A call and its answer are two frames through the relay. */
async function round({ server, load, cpuUs, perSecond }: Running, ms: number, isKept: boolean): Promise<void> {
  const before = await server.cpuUs();
  const run = await load.run(ms);
  const after = await server.cpuUs();
  if (!isKept) return;
  cpuUs.push((after - before) / (2 * run.count));
  perSecond.push(2 * run.perSecond);
}

async function busy(folder: string, csmsPort: number): Promise<readonly Running[]> {
  const all: Running[] = [];
  try {
    for (const side of SIDES) {
      const server = await start(side, csmsPort, STATIONS, folder);
      const load = new Load();
      await load.connect(server.port, STATIONS, true);
      all.push({ side, server, load, cpuUs: [], perSecond: [] });
    }
    await pause(SETTLE_MS);
    for (const each of all) await round(each, WARM_UP_MS, false);
    for (let turn = 0; turn < ROUNDS; turn++) {
      for (const each of turn % 2 ? all : [...all].reverse()) await round(each, ROUND_MS, true);
    }
    return all;
  } finally {
    for (const { load, server } of all) {
      load.end();
      await server.end();
    }
  }
}

/** Bytes per pair that is connected and silent. */
async function idle(side: Side, folder: string, csmsPort: number): Promise<{ own: number; heap: number }> {
  const server = await start(side, csmsPort, IDLE_STATIONS, folder);
  const load = new Load();
  try {
    await pause(SETTLE_MS);
    const before = await server.memory();
    await load.connect(server.port, IDLE_STATIONS, false);
    await pause(SETTLE_MS);
    const after = await server.memory();
    return {
      own: (after.own - before.own) / IDLE_STATIONS,
      heap: (after.heapUsed - before.heapUsed) / IDLE_STATIONS,
    };
  } finally {
    load.end();
    await server.end();
  }
}

let missed = false;
function judge(name: string, ratio: number, bar: number): void {
  const good = ratio <= bar;
  missed ||= !good;
  console.log(`${good ? '  ' : '! '}${name.padEnd(28)} ${ratio.toFixed(2)}  (bar ${bar})`);
}

const folder = mkdtempSync(join(tmpdir(), 'depotbridge-bench-'));
const csms = await Measured.start('../proxy/csms.ts');
try {
  const all = await busy(join(folder, 'busy'), csms.port);
  const bare = all[0]?.cpuUs ?? [];
  const ratioOf = ({ cpuUs }: Running) => median(cpuUs.map((us, turn) => us / (bare[turn] ?? Number.NaN)));
  console.log('  CPU of the process per frame (1 kB MeterValues and their answers)');
  for (const each of all) {
    const us = median(each.cpuUs).toFixed(1).padStart(6);
    const perSecond = median(each.perSecond).toFixed(0).padStart(7);
    console.log(`  ${each.side.padEnd(9)} ${us} µs  ${ratioOf(each).toFixed(2).padStart(5)} of bare  ${perSecond} frames/s`);
  }
  const memory = {
    bare: await idle('bare', join(folder, 'idle'), csms.port),
    bridge: await idle('bridge', join(folder, 'idle'), csms.port),
  };
  for (const side of ['bare', 'bridge'] as const) {
    const inKiB = (bytes: number) => (bytes / 1024).toFixed(1);
    const { own, heap } = memory[side];
    console.log(`  ${side.padEnd(9)} ${inKiB(own).padStart(6)} KiB per pair (${inKiB(heap)} of heap)`);
  }
  console.log('  bridge ÷ bare relay');
  const bridge = all.at(-1);
  judge('CPU per frame', bridge ? ratioOf(bridge) : Number.NaN, BARS.cpu);
  judge('memory per pair', memory.bridge.own / memory.bare.own, BARS.memory);
} finally {
  await csms.end();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(missed ? 1 : 0);
