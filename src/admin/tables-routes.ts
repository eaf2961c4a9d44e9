/** The tables over HTTP: the generation in force, its counters, reload. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';

/** One kind of failure of one peer. */
export interface ParkedTallied {
  readonly station?: string;
  readonly code: string;
  readonly mapping: string;
  readonly count: number;
  readonly dropped: number;
  readonly last: { readonly raw: string; readonly message: string };
}

/** What the bridge offers of its tables and of what they could not translate. */
export interface TableOperations {
  /** Reads all tables again. @throws BridgeError MAP_REFUSED; the tables in force stay */
  reload(): Promise<unknown>;
  counters(): Promise<unknown>;
  /** What is parked, of one station or of all, oldest first. */
  list(wanted: { station?: string }): Promise<readonly unknown[]>;
  /** What was parked since the start, by peer, code and mapping. */
  tallies(): readonly ParkedTallied[];
  /** @throws BridgeError MAP_NOT_PARKED */
  show(raw: string): Promise<object>;
  /** One parked payload, those of a station, or all, through the tables in force. @throws BridgeError MAP_NOT_PARKED */
  rerun(options: { raw?: string; station?: string; dryRun?: boolean }): Promise<readonly unknown[]>;
  /** @throws BridgeError MAP_NOT_PARKED */
  remove(raw: string): Promise<void>;
}

export function registerTableRoutes(app: FastifyInstance, runtime: Runtime, tables: TableOperations): void {
  app.get('/api/v1/tables', { schema: { summary: 'The generation of tables in force' } }, async () => ({
    generation: runtime.tables().id,
  }));
  app.get(
    '/api/v1/tables/counters',
    {
      schema: {
        summary:
          'How often each row decided, inputs that no rule reads by make, objects not translated by code',
      },
    },
    async () => tables.counters(),
  );
  app.post(
    '/api/v1/tables/reload',
    {
      schema: {
        summary: 'Read all tables again: the answer tells what they make otherwise of the last payloads',
        description: 'Tables with a fault are answered with 422 and every diagnostic; those in force stay.',
      },
    },
    async () => tables.reload(),
  );
}
