/** Says at the start which store is used and what it holds: a bridge that begins empty shall not do so silently. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { StoreConfig } from './config/index.js';
import type { Depot } from './depot/index.js';
import type { JournalId } from './domain/index.js';
import type { Parked } from './tables/index.js';

/** One line in the log, before anything of this run is written. */
export async function reportStore(
  store: StoreConfig,
  { depot, parked }: { readonly depot: Depot; readonly parked: Parked },
  log: Logger,
): Promise<void> {
  const [first, last] = [await endOf(depot, false), await endOf(depot, true)];
  const where = placeOf(store);
  if (first === undefined || last === undefined) {
    log.info(
      { store: where, depot: depot.id, isNew: true },
      'the store is new: nothing is known of this depot',
    );
    return;
  }
  const facts = {
    ...{ store: where, depot: depot.id, isNew: false },
    journal: { from: timeOf(first), to: timeOf(last) },
    processes: depot.state.processes.size,
    parked: parked.size,
  };
  log.info(facts, 'the store holds what earlier runs left');
}

/**
 * Warns if the store that a configuration names lies beside it and not in the working directory: whoever starts the bridge
 * from another folder begins with an empty store.
 */
export function warnOfStoreBeside(store: StoreConfig, configFile: string, log: Logger): void {
  if (store.kind !== 'lmdb') return;
  const [used, beside] = [resolve(store.path), resolve(dirname(configFile), store.path)];
  if (used === beside || existsSync(used) || !existsSync(beside)) return;
  log.warn(
    { store: used, beside },
    'store.path is relative to the working directory, where no store is yet; there is one beside the configuration',
  );
}

/** The absolute path of the folder, or the address without user and password. */
export function placeOf(store: StoreConfig): string {
  if (store.kind === 'lmdb') return resolve(store.path);
  const url = new URL(store.url);
  url.username = '';
  url.password = '';
  return url.href;
}

async function endOf({ journal }: Depot, reverse: boolean): Promise<JournalId | undefined> {
  for await (const { id } of journal.entries({ count: 1, reverse })) return id;
  return undefined;
}

/** Journal ids begin with their milliseconds. */
function timeOf(id: JournalId): string {
  return new Date(Number(id.split('-')[0])).toISOString();
}
