/** A bridge as its user runs it: a process of its own, a configuration file, real ports; it can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './port.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../config/depot.example.yaml', import.meta.url));
/** The same with a clock that can be set. */
const CLOCKED = fileURLToPath(new URL('./clocked-bridge.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');
const START_MS = 30_000;

export interface BridgePorts {
  readonly admin: number;
  readonly ocpp: number;
  readonly ocpi: number;
  readonly vdv463: number;
}

export interface BridgeProcess {
  readonly ports: BridgePorts;
  readonly configFile: string;
  /** Log lines so far. */
  readonly log: readonly Record<string, unknown>[];
  /** kill -9; what it stored stays. */
  kill(): Promise<void>;
  /** Starts it again with the same configuration, ports and store. */
  restart(): Promise<void>;
  /** SIGTERM; the exit code and how long it took. */
  terminate(): Promise<{ code: number | null; ms: number }>;
  /** Ends it if it runs and removes its folder. */
  remove(): Promise<void>;
  /** Lets this much of its other time pass at once; resolves when it has. */
  advance(ms: number): Promise<void>;
  /** GET on the admin API. */
  get<T>(path: string): Promise<T>;
}

export interface BridgeSetup {
  /** `lmdb` takes a folder of its own; a URL is a Redis. */
  readonly store: 'lmdb' | { readonly redisUrl: string };
  readonly durability?: 'always' | 'everysec';
  /** A configuration beside the example, by its name in config/; absent: the example. */
  readonly config?: string;
  /** Changes its text further. */
  readonly edit?: (text: string) => string;
  /** The heap that it has to do with, in MB; absent: as much as the runtime gives. */
  readonly heapMb?: number;
  /** Added to the environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets it live in another time; absent: in real time. */
  readonly clock?: RunningClock;
}

/** A clock that several processes can share: at `anchorMs` of real time it showed `startAtMs`. */
export interface RunningClock {
  readonly startAtMs: number;
  readonly anchorMs: number;
  readonly timeScale: number;
}

/** Starts the example depot on free ports and a fresh store; on Redis under a depot id of its own. */
export async function startBridgeProcess(setup: BridgeSetup): Promise<BridgeProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-e2e-'));
  const [admin, ocpp, ocpi, vdv463] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports: BridgePorts = { admin, ocpp, ocpi, vdv463 };
  const configFile = join(folder, 'depot.yaml');
  writeFileSync(configFile, configText(setup, ports, folder));
  const log: Record<string, unknown>[] = [];
  let { clock } = setup;
  const begin = () => run(programOf(setup, clock), configFile, folder, log);
  let child = await begin();
  const ended = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };
  return {
    ports,
    configFile,
    log,
    kill: () => ended('SIGKILL'),
    async restart() {
      child = await begin();
    },
    async terminate() {
      const began = performance.now();
      await ended('SIGTERM');
      return { code: child.exitCode, ms: performance.now() - began };
    },
    async advance(ms) {
      if (!clock) throw new Error('the bridge lives in real time');
      clock = { ...clock, startAtMs: clock.startAtMs + ms };
      child.send(clock);
      await once(child, 'message');
    },
    async remove() {
      await ended('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
    async get<T>(path: string) {
      const response = await fetch(`http://127.0.0.1:${admin}${path}`, {
        headers: { authorization: 'Bearer demo-admin' },
      });
      return (await response.json()) as T;
    },
  };
}

function configText(
  { store, durability = 'everysec', config, edit }: BridgeSetup,
  ports: BridgePorts,
  folder: string,
): string {
  const storeLine =
    store === 'lmdb'
      ? `store: { kind: lmdb, path: ${join(folder, 'data')} }`
      : `store: { kind: redis, url: "${store.redisUrl}" }`;
  const depotId = `depot-${Math.random().toString(36).slice(2, 10)}`;
  const text = readFileSync(config ? join(dirname(EXAMPLE), config) : EXAMPLE, 'utf8')
    .replace(/^store:.*$/m, storeLine)
    .replace(/^durability:.*$/m, `durability: ${durability}`)
    .replaceAll('7460', String(ports.admin))
    .replaceAll('7461', String(ports.ocpp))
    .replaceAll('7462', String(ports.ocpi))
    .replaceAll('7463', String(ports.vdv463))
    .replaceAll('depot-nord', depotId);
  return edit ? edit(text) : text;
}

interface Program {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A channel beside its output, by which its clock is set. */
  readonly channel: readonly 'ipc'[];
}

function programOf({ heapMb, env: more }: BridgeSetup, clock: RunningClock | undefined): Program {
  const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
  const env = { ...process.env, ...more };
  if (!clock) return { args: [...heap, MAIN], env, channel: [] };
  const clocked = { ...env, BRIDGE_CLOCK: JSON.stringify(clock) };
  return { args: ['--import', TSX, CLOCKED], env: clocked, channel: ['ipc'] };
}

async function run(
  { args, env, channel }: Program,
  configFile: string,
  cwd: string,
  log: Record<string, unknown>[],
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...args, 'start', '--config', configFile], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...channel],
  });
  // A test that ran out of time has not ended it.
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  child.once('exit', () => process.off('exit', onExit));
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry['msg'] === 'ready') resolve();
    });
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the bridge ended with ${code} before it was ready: ${errors.join('')}`);
  });
  failed.catch(() => undefined);
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`the bridge was not ready in ${START_MS} ms: ${errors.join('')}`)),
      START_MS,
    ).unref();
  });
  try {
    await Promise.race([ready, failed, late]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}
