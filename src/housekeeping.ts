/** What a clock must do: forget old processes, expire the journal. */
import type { Archive, Runtime } from './depot/index.js';

const EVERY_MS = 60 * 60_000;
/** Closed processes stay in the state this long; their journal stays as configured. */
const KEEP_PROCESSES_MS = 7 * 24 * 60 * 60_000;
const BYTES_PER_GB = 1e9;

/** Runs once an hour. */
export function startHousekeeping(runtime: Runtime, archive: Archive): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(() => tidy(runtime, archive))
      .catch((error: unknown) =>
        runtime.log.error({ err: error }, 'housekeeping failed; it is tried again in an hour'),
      );
  }, EVERY_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

async function tidy({ depot, config, identity, log, now }: Runtime, archive: Archive): Promise<void> {
  const nowMs = now().getTime();
  const before = new Date(nowMs - KEEP_PROCESSES_MS).toISOString();
  if (depot.state.processes.values().some((process) => process.closedAt && process.closedAt < before)) {
    const draft = {
      depotId: depot.id,
      link: 'bridge',
      protocol: 'bridge',
      direction: 'internal',
      action: 'HistoryExpired',
      raw: JSON.stringify({ before }),
      causes: [],
    } as const;
    await depot.record(draft, ({ id }) => [
      { type: 'HistoryExpired', payload: { before }, raw: id, ruleOf: () => 'bridge/history' },
    ]);
  }
  const { keepDays, maxGb } = config.journal;
  const gone = await depot.journal.expire({ keepDays, maxBytes: maxGb * BYTES_PER_GB, now: nowMs });
  if (gone > 0) log.info({ entries: gone }, 'journal entries expired');
  const { newest } = depot.journal;
  if (newest !== undefined) await archive.keepIdentity(identity, newest);
  for await (const { id } of depot.journal.entries({ count: 1 })) await archive.trim(id);
}
