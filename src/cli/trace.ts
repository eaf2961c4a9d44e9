/** `depotbridge trace ID`: lineage, from the running bridge if there is one, else from the store itself. */
import type { Config } from '../config/index.js';
import { loadConfig } from '../config/index.js';
import { type JournalEntry, openJournal, printTrace, type TraceNode } from '../journal/index.js';
import { openStore } from '../store/index.js';
import { type BridgeClient, runningBridge } from './bridge-client.js';

export interface TraceOptions {
  readonly config: string;
  readonly forward?: boolean;
  readonly full?: boolean;
  /** A path in the entry's payload: shows where that one field came from. */
  readonly field?: string;
}

export async function trace(id: string, options: TraceOptions): Promise<number> {
  const config = loadConfig(options.config);
  const bridge = await runningBridge(config);
  const source = bridge ? overHttp(bridge) : await inStore(config);
  try {
    if (options.field) return await traceField(id, options.field, options, source);
    const node = await source.trace(id, options.forward ? 'forward' : 'back');
    process.stdout.write(`${printTrace(node, { full: options.full ?? false })}\n`);
    return 0;
  } finally {
    await source.close();
  }
}

interface TraceSource {
  trace(id: string, direction: 'back' | 'forward'): Promise<TraceNode>;
  read(id: string): Promise<JournalEntry>;
  close(): Promise<void>;
}

/** One outbound field: the rule that wrote it, the rule that read it, the raw frame. */
async function traceField(
  id: string,
  path: string,
  options: TraceOptions,
  source: TraceSource,
): Promise<number> {
  const entry = await source.read(id);
  const fields = (entry.fields ?? []).filter(
    (field) => field.path === path || field.path.startsWith(`${path}.`),
  );
  if (fields.length === 0) {
    const known = (entry.fields ?? []).map((field) => field.path);
    process.stderr.write(
      `${id} has no source on record for ${path}${known.length ? `; it has:\n  ${known.join('\n  ')}` : ''}\n`,
    );
    return 1;
  }
  for (const field of fields) {
    process.stdout.write(`${field.path}\n  written by ${field.rule}\n  read by    ${field.read}\n`);
    process.stdout.write(
      `${printTrace(await source.trace(field.raw, 'back'), { full: options.full ?? false })}\n`,
    );
  }
  return 0;
}

function overHttp(bridge: BridgeClient): TraceSource {
  const entry = (id: string): string => `/api/v1/journal/${encodeURIComponent(id)}`;
  return {
    trace: (id, direction) => bridge.call('GET', `${entry(id)}/trace?direction=${direction}`),
    read: (id) => bridge.call('GET', entry(id)),
    close: async () => undefined,
  };
}

async function inStore(config: Config): Promise<TraceSource> {
  const store = await openStore(config.store, config.durability);
  const journal = openJournal(store, config.depots[0].id);
  return {
    trace: (id, direction) => (direction === 'forward' ? journal.traceForward(id) : journal.traceBack(id)),
    read: (id) => journal.read(id),
    close: async () => {
      await journal.close();
      await store.close();
    },
  };
}
