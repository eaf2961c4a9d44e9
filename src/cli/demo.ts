/** `depotbridge demo`: the bridge with simulated peers, one night, live in the terminal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type Bridge, startBridge } from '../bridge.js';
import { type Config, loadConfig } from '../config/index.js';
import { expectations } from '../demo/expectations.js';
import { Ledger } from '../demo/ledger.js';
import { NIGHT_MINUTES, night } from '../demo/night.js';
import { besideItsCsms, ownCsms } from '../demo/own-csms.js';
import { connect, type Doors, makePeers, type Peers } from '../demo/peers.js';
import { clockOf, tell } from '../demo/teller.js';
import { printTrace } from '../journal/index.js';
import { ScaledClock } from '../sim/charger/index.js';
import type { CsmsSimulator } from '../sim/csms/index.js';

export interface DemoOptions {
  /** Plays the night once, in under a minute, checks it, and ends. */
  readonly once?: boolean;
  /** Keeps the store in this folder, for `depotbridge trace`. */
  readonly keep?: string;
  /** The depot has a CSMS already, which keeps three of its chargers. */
  readonly csms?: boolean;
  /** Only the peers, against a bridge that runs with this configuration, in real time. */
  readonly peers?: string;
}

const DEMO_CONFIG = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url));
const EVENING = '2026-11-20T18:50:00Z';
const FAST = 800;
const LEISURELY = 200;
/** Without a bridge of its own the demo lives in real time: a minute of the story lasts this long. */
const PEERS_MINUTE_MS = 2_000;

export async function demo(options: DemoOptions): Promise<number> {
  if (options.peers) return onlyPeers(options.peers);
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'depotbridge-demo-'));
  const config = await demoConfig(folder);
  const clock = new ScaledClock({ startAt: new Date(EVENING), timeScale: options.once ? FAST : LEISURELY });
  const now = () => new Date(clock.now());
  const csms = options.csms ? await ownCsms(config, clock) : undefined;
  const bridge = await startBridge(config, pino({ level: config.log.level }), now);
  const doors = { ocpp: bridge.ports.ocpp, vdv463: bridge.ports.vdv463, ocpi: bridge.ports.ocpi ?? 0 };
  const peers = makePeers(config, doors, clock);
  try {
    const ledger = new Ledger(bridge.runtime.depot);
    say(
      `admin API on http://127.0.0.1:${bridge.ports.admin} (token demo-admin), OCPP ${doors.ocpp}, OCPI ${doors.ocpi}, VDV 463 ${doors.vdv463}`,
    );
    tell(bridge.runtime.depot, ledger, say, now);
    await play(peers, config, doors, clock);
    return await sumUp(bridge, peers, ledger, csms);
  } finally {
    await peers.stop();
    await bridge.stop();
    await csms?.stop();
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** The night at a brisk pace in real time; then the peers stay connected until a signal comes. */
async function onlyPeers(file: string): Promise<number> {
  const config = loadConfig(file);
  const { ocpp, vdv463, ocpi } = config.listen;
  const doors = { ocpp: ocpp.port, vdv463: vdv463.port, ocpi: ocpi.port };
  const clock = new ScaledClock({});
  const peers = makePeers(config, doors, clock);
  const ended = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const played = play(peers, config, doors, clock, PEERS_MINUTE_MS);
  played.catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  await Promise.race([ended, played.then(() => ended)]);
  await peers.stop();
  for (const violation of peers.violations()) say(`violation: ${violation}`);
  return peers.violations().length === 0 ? 0 : 1;
}

/** The demo's configuration with a store of its own and a port for OCPI, whose URL partners must know. */
async function demoConfig(folder: string): Promise<Config> {
  const config = loadConfig(DEMO_CONFIG);
  config.store = { kind: 'lmdb', path: folder };
  config.listen.ocpi.port = await freePort();
  config.listen.ocpi.publicUrl = `http://127.0.0.1:${config.listen.ocpi.port}`;
  return config;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function play(
  peers: Peers,
  config: Config,
  doors: Doors,
  clock: ScaledClock,
  minuteMs = 60_000,
): Promise<void> {
  await connect(peers, config, doors);
  const start = clock.now();
  const until = (minute: number) =>
    new Promise<void>(
      (resolve) => void clock.after(Math.max(0, start + minute * minuteMs - clock.now()), resolve),
    );
  for (const scene of night(clock)) {
    await until(scene.minute);
    say(`\n${clockOf(new Date(clock.now()))}  ── ${scene.tells}`);
    await scene.act(peers);
  }
  await until(NIGHT_MINUTES);
}

/** Prints the summary and one lineage tree; exit code 1 if anything expected did not come. */
async function sumUp(
  bridge: Bridge,
  peers: Peers,
  ledger: Ledger,
  csms: CsmsSimulator | undefined,
): Promise<number> {
  const { depot, metrics } = bridge.runtime;
  const own = (await metrics.schemaViolations.get()).values.reduce((sum, { value }) => sum + value, 0);
  const violations = peers.violations();
  say('\nThe night in figures\n');
  for (const line of ledger.table(own + violations.length)) say(`  ${line}`);
  for (const violation of violations.slice(0, 10)) say(`  violation: ${violation.slice(0, 300)}`);
  say('\nWhere one field came from\n');
  const { traced } = ledger;
  if (traced) {
    say(`  ${traced.entry.link} ${traced.entry.action} ${traced.entry.id}\n  ${traced.field.path}`);
    say(`  written by ${traced.field.rule}, read by ${traced.field.read}, from`);
    say(printTrace(await depot.journal.traceBack(traced.field.raw)).replaceAll(/^/gm, '  '));
  }
  say('\nWhat had to come\n');
  const expected = [
    ...expectations(ledger, peers, depot),
    ...(csms ? besideItsCsms(csms, ledger) : []),
    { what: 'a VDV 463 field traced to its raw OCPP frame and rule', met: traced !== undefined },
    { what: 'no schema violation, ours or found by a peer', met: own + violations.length === 0 },
  ];
  for (const { what, met } of expected) say(`  ${met ? '✓' : '✗'} ${what}`);
  return expected.every(({ met }) => met) ? 0 : 1;
}
