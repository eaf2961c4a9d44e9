/**
 * Keeps the state now and then, so that whoever asks about the past need not replay the journal from its beginning, and
 * can still be answered when the beginning has expired.
 */
import type { Archive, Runtime } from './depot/index.js';
import type { DepotState } from './domain/index.js';

/** A replay of so many entries takes about a second. */
const EVERY_ENTRIES = 25_000;
const EVERY_MS = 6 * 60 * 60_000;
const LOOK_MS = 60 * 60_000;

export interface RunningStatePoints {
  stop(): Promise<void>;
}

/**
 * Keeps a state after every 25,000 entries of the journal, and every six hours if there were any; at once if the bridge
 * comes back to a journal and none is that young.
 */
export async function startStatePoints(runtime: Runtime, archive: Archive): Promise<RunningStatePoints> {
  const { depot, log, now } = runtime;
  const last = await archive.pointBefore();
  let keptAt = last === undefined ? Number.NEGATIVE_INFINITY : Date.parse(last.at);
  let entries = 0;
  let keeping: Promise<void> = Promise.resolve();
  const keep = () => {
    entries = 0;
    keptAt = now().getTime();
    keeping = keeping
      .then(() => keepPoint(runtime, archive))
      .catch((error: unknown) => log.warn({ err: error }, 'the state was not kept; it is tried again later'));
  };
  const stopListening = depot.journal.onEntry(() => {
    entries += 1;
    if (entries >= EVERY_ENTRIES) keep();
  });
  const isOld = () => now().getTime() - keptAt >= EVERY_MS;
  const timer = setInterval(() => {
    if (entries > 0 && isOld()) keep();
  }, LOOK_MS);
  timer.unref();
  if (isOld() && (await hasHistory(runtime))) keep();
  return {
    async stop() {
      clearInterval(timer);
      stopListening();
      await keeping;
    },
  };
}

/** Whether an earlier run left something: a depot without it is told from its beginning. */
async function hasHistory({ depot: { journal } }: Runtime): Promise<boolean> {
  let count = 0;
  for await (const _ of journal.entries({ count: 2 })) count += 1;
  return count > 1;
}

/** One journal entry marks the place, and the state is that of the same turn. */
async function keepPoint({ depot, identity, tables, now }: Runtime, archive: Archive): Promise<void> {
  let state: DepotState | undefined;
  let isSound = true;
  const stopListening = depot.onChange(({ events }) => {
    // The store lost something that was in the state.
    if (events.length === 0) isSound = false;
  });
  const draft = {
    depotId: depot.id,
    link: 'bridge',
    protocol: 'bridge',
    direction: 'internal',
    action: 'StateKept',
    raw: JSON.stringify({ identityVersion: identity.version, generation: tables().id }),
    causes: [],
    generation: tables().id,
  } as const;
  try {
    const { id } = await depot.record(draft, () => {
      state = depot.state;
      return [];
    });
    if (!state || !isSound) return;
    const facts = { identity: identity.version, generation: tables().id };
    await archive.keepPoint({ after: id, at: now().toISOString(), ...facts, state });
  } finally {
    stopListening();
  }
}
