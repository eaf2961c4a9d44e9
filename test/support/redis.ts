import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freeClusterPort, freePort } from './port.js';
import { findRedisBinary } from './redis-binary.js';

const START_MS = 30_000;

export interface RedisServerOptions {
  /** `everysec` if not given. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** As a node of a cluster, still without slots. */
  readonly cluster?: boolean;
  /** Further arguments, `--name value`. */
  readonly args?: readonly string[];
}

/** A server process of one's own on a free port of 127.0.0.1. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** kill -9; the data stay. */
  kill(): Promise<void>;
  /** Sends a signal, SIGSTOP say. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again with its data on the same port. */
  restart(): Promise<void>;
}

/** Starts a Redis for a test; see `findRedisBinary` for where it comes from. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = await findRedisBinary();
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-redis-'));
  const port = await (options.cluster ? freeClusterPort() : freePort());
  let child: ChildProcess | undefined;

  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    args.push(
      '--appendonly',
      'yes',
      '--appendfsync',
      options.appendfsync ?? 'everysec',
      ...(options.cluster ? ['--cluster-enabled', 'yes'] : []),
      ...(options.args ?? []),
    );
    child = spawn(binary.file, args, { env: binary.env, stdio: ['ignore', 'pipe', 'pipe'] });
    await ready(child, port);
  };
  const end = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  };
  const onExit = () => child?.kill('SIGKILL');
  process.once('exit', onExit);

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: async () => {
      await end('SIGKILL');
      process.off('exit', onExit);
      rmSync(folder, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
    signal: (name) => child?.kill(name),
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
  };
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  let output = '';
  let failure: Error | undefined;
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    output += String(chunk);
  });
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + START_MS;
  while (!(await answersPing(port))) {
    if (failure || child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the Redis server for the tests did not start: ${failure?.message ?? output}`);
    }
    await delay(10);
  }
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => done(false));
    socket.once('data', (data) => done(/^(\+PONG|-NOAUTH)/.test(data.toString())));
    socket.once('error', () => done(false));
  });
}
