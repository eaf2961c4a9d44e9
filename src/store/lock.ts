import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BridgeError } from '../errors/index.js';

const BEAT_MS = 2_000;
/** A lock from another host (a container on the same volume, say) counts as left behind after this silence. */
const SILENCE_MS = 10_000;

/** Who holds a lock. A process id alone is not enough: ids are used again, and every container has a process 1. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the kernel's own count; empty where the system does not tell. */
  readonly started: string;
}

/** A taken lock; {@link release} gives the folder free. */
export interface FolderLock {
  release(): void;
}

const ours = new Set<string>();

/**
 * Takes the folder for this process by a file `lock` in it. A lock left behind by a dead process is taken over.
 * @throws BridgeError STORE_LOCKED, naming the process that holds it
 */
export function lockFolder(folder: string): FolderLock {
  const file = join(folder, 'lock');
  const me: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const text = `${JSON.stringify(me)}\n`;
  for (let attempt = 0; !create(file, text); attempt += 1) {
    const found = readText(file);
    if (found === undefined) continue;
    if (attempt >= 5 || isAlive(found, file)) throw locked(folder, found);
    removeStale(file, found);
  }
  ours.add(file);
  const beat = setInterval(() => touch(file), BEAT_MS).unref();
  return {
    release: () => {
      clearInterval(beat);
      ours.delete(file);
      if (readText(file) === text) rmSync(file, { force: true });
    },
  };
}

function create(file: string, text: string): boolean {
  // Written aside and linked, so that nobody ever reads a lock without its holder.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isAlive(text: string, file: string): boolean {
  const holder = parse(text);
  if (!holder) return true;
  if (holder.host !== hostname()) return Date.now() - modifiedAt(file) < SILENCE_MS;
  if (holder.pid === process.pid) return ours.has(file);
  if (!runs(holder.pid)) return false;
  return holder.started === '' || holder.started === startOf(holder.pid);
}

/** Moves the dead lock away; if another process was faster and the file is its live lock, puts it back. */
function removeStale(file: string, expected: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if (readText(aside) !== expected) linkSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}

function locked(folder: string, text: string): BridgeError {
  const holder = parse(text);
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'a process that did not leave its id';
  const file = join(folder, 'lock');
  const hint = holder ? '' : ` (if no bridge runs on it, delete ${file})`;
  return new BridgeError('STORE_LOCKED', `the data folder ${folder} is in use by ${who}${hint}`, {
    path: folder,
  });
}

function parse(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text);
    if (typeof holder !== 'object' || holder === null) return undefined;
    const { pid, host, started } = holder as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof started !== 'string') return undefined;
    return { pid, host, started };
  } catch {
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** On Linux, the machine's boot and the process's start within it (proc(5), field 22 of stat). */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  const boot = readText('/proc/sys/kernel/random/boot_id');
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return start && boot ? `${boot.trim()} ${start}` : '';
}

function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // The folder is gone or read-only; the store's own writes will say so.
  }
}

function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
