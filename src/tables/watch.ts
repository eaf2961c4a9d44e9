/** Reloads tables when their files change. Looks instead of listening: that also works on network and mapped folders. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';

const EVERY_MS = 1_000;

export interface WatchOptions {
  readonly log: Logger;
  readonly everyMs?: number;
}

/** Calls back when files have changed and then stayed as they are for one look; an editor may write several. */
export function watchTables(
  folders: readonly string[],
  changed: () => Promise<unknown>,
  { log, everyMs = EVERY_MS }: WatchOptions,
): { stop(): Promise<void> } {
  let settled = signatureOf(folders);
  let seen = settled;
  let busy: Promise<void> | undefined;
  const look = (): void => {
    const now = signatureOf(folders);
    const quiet = now === seen;
    seen = now;
    if (busy || !quiet || now === settled) return;
    settled = now;
    busy = changed().then(
      () => undefined,
      (error: unknown) => log.error({ err: error }, 'the tables in force stay: the new ones have errors'),
    );
    void busy.finally(() => {
      busy = undefined;
    });
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await busy;
    },
  };
}

/** Changes when a file is added, removed, renamed or written. */
function signatureOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    try {
      const { mtimeMs, size } = statSync(path);
      if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
      else hash.update(`${path}\0${mtimeMs}\0${size}\n`);
    } catch {
      // It went away between two looks; the reload says so if it was needed.
      hash.update(`${path}\0gone\n`);
    }
  };
  folders.forEach(visit);
  return hash.digest('hex');
}
