/** Objects that no table could make whole, over HTTP: list, show, run again, remove. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';
import type { TableOperations } from './tables-routes.js';

const dryRun = {
  type: 'object',
  additionalProperties: false,
  properties: { dryRun: { type: 'boolean', default: false } },
} as const;

interface RerunRequest {
  Params: { id: string };
  Querystring: { dryRun: boolean };
}

export function registerParkedRoutes(
  app: FastifyInstance,
  { depot }: Runtime,
  parked: TableOperations,
): void {
  app.get('/api/v1/parked', { schema: { summary: 'Objects that no table could make whole' } }, async () =>
    parked.list(),
  );
  app.get<{ Params: { id: string } }>(
    '/api/v1/parked/:id',
    { schema: { summary: 'One of them, with its raw payload' } },
    async ({ params }) => {
      const found = await parked.show(params.id);
      return { ...found, entry: await depot.journal.read(params.id) };
    },
  );
  app.post<Omit<RerunRequest, 'Params'>>(
    '/api/v1/parked/rerun',
    {
      schema: {
        summary: 'Run all of them through the tables in force; apply what is whole now',
        querystring: dryRun,
      },
    },
    async ({ query }) => parked.rerun({ dryRun: query.dryRun }),
  );
  app.post<RerunRequest>(
    '/api/v1/parked/:id/rerun',
    { schema: { summary: 'Run one of them through the tables in force', querystring: dryRun } },
    async ({ params, query }) => parked.rerun({ raw: params.id, dryRun: query.dryRun }),
  );
  app.delete<{ Params: { id: string } }>(
    '/api/v1/parked/:id',
    { schema: { summary: 'Forget one of them; its payload stays in the journal' } },
    async ({ params }, reply) => {
      await parked.remove(params.id);
      return reply.code(204).send();
    },
  );
}
