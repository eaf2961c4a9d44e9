import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

/** A server program and the environment it needs. */
export interface RedisBinary {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds a Redis or Valkey server: on PATH, or else unpacked from Debian's packages into a cache folder, which needs
 * no rights of root. Tests against Redis are never skipped: if there is none, this throws.
 */
export async function findRedisBinary(): Promise<RedisBinary> {
  const onPath = findOnPath('redis-server') ?? findOnPath('valkey-server');
  if (onPath) return { file: onPath, env: process.env };
  const folder = join(cacheFolder(), 'redis-server');
  if (!existsSync(folder)) await unpackInto(folder);
  const [libraries] = readdirSync(join(folder, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  return {
    file: join(folder, 'usr/bin/redis-server'),
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'usr/lib', libraries ?? '') },
  };
}

function findOnPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cacheFolder(): string {
  const candidates = [process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'node_modules/.cache'];
  for (const candidate of candidates) {
    const folder = join(candidate, 'depotbridge');
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // Not ours to write to: the next one.
    }
  }
  throw new Error(`none of these cache folders can be written to: ${candidates.join(', ')}`);
}

/** Unpacks aside and moves the whole in place, so that two test runs may do it at once. */
async function unpackInto(folder: string): Promise<void> {
  const work = mkdtempSync(`${folder}-`);
  try {
    await download(work);
    const debs = readdirSync(work).filter((name) => name.endsWith('.deb'));
    for (const deb of debs) await run('dpkg-deb', ['-x', join(work, deb), join(work, 'root')]);
    if (!existsSync(folder)) renameSync(join(work, 'root'), folder);
  } catch (cause) {
    const message =
      'no Redis for the tests: set REDIS_URL, or install redis-server or valkey-server, ' +
      `or let apt-get download ${PACKAGES.join(' ')}`;
    throw new Error(message, { cause });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(cwd: string): Promise<void> {
  try {
    await run('apt-get', ['download', ...PACKAGES], { cwd });
  } catch {
    // Slim images come without package lists.
    await run('apt-get', ['update']);
    await run('apt-get', ['download', ...PACKAGES], { cwd });
  }
}
