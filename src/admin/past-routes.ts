/** What replay and explain need beside the journal: the state now and then, who was who, what partners were told. */
import type { FastifyInstance } from 'fastify';
import type { Archive, Runtime } from '../depot/index.js';
import type { JournalId } from '../domain/index.js';
import { problem } from './problems.js';

export interface PastOperations {
  readonly archive: Pick<Archive, 'pointBefore' | 'identity'>;
  /** What the store knows of roaming partners. */
  readonly partners: () => Promise<readonly object[]>;
}

const beforeQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { before: { type: 'string', pattern: '^\\d+(-\\d+)?$' } },
} as const;

export function registerPastRoutes(app: FastifyInstance, runtime: Runtime, past: PastOperations): void {
  app.get<{ Querystring: { before?: JournalId } }>(
    '/api/v1/past/state',
    {
      schema: {
        summary:
          'The newest state that was kept of before a journal entry, and the entry it stands behind; null: none was',
        querystring: beforeQuery,
      },
    },
    async (request) => (await past.archive.pointBefore(request.query.before)) ?? null,
  );
  app.get(
    '/api/v1/past/now',
    { schema: { summary: 'The state as it is, and the newest journal entry that is in it' } },
    async () => stateNow(runtime),
  );
  app.get<{ Params: { version: string } }>(
    '/api/v1/past/identities/:version',
    { schema: { summary: 'Who was who by an identity that the bridge ran with (BridgeStarted names it)' } },
    async (request) => {
      const facts = await past.archive.identity(request.params.version);
      if (!facts) throw problem(404, 'This identity was not kept', 'It is from before identities were kept.');
      return facts;
    },
  );
  app.get(
    '/api/v1/past/partners',
    { schema: { summary: 'Roaming partners: their version, and the sessions they were told' } },
    async () => past.partners(),
  );
}

/** One turn: nothing that changes the state can come between it and the id. */
function stateNow({ depot, identity, tables, now }: Runtime) {
  return {
    after: depot.journal.newest ?? '0-0',
    at: now().toISOString(),
    identity: identity.version,
    generation: tables().id,
    state: depot.state,
  };
}
