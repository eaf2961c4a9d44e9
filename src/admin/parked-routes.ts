/** Objects that no table could make whole, over HTTP: list, show, run again, remove. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';
import type { TableOperations } from './tables-routes.js';

const station = { type: 'string', description: 'Only those of this station' } as const;
const query = (properties: object) => ({ type: 'object', additionalProperties: false, properties }) as const;
const dryRun = { type: 'boolean', default: false } as const;

interface RerunRequest {
  Params: { id: string };
  Querystring: { dryRun: boolean };
}

export function registerParkedRoutes(
  app: FastifyInstance,
  { depot }: Runtime,
  parked: TableOperations,
): void {
  app.get<{ Querystring: { station?: string } }>(
    '/api/v1/parked',
    {
      schema: {
        summary: 'Objects that no table could make whole, each with its station or presystem, oldest first',
        description:
          'At most 100 of one code and mapping from one peer, and 10,000 in all: the oldest go; their payloads stay in the journal.',
        querystring: query({ station }),
      },
    },
    async ({ query: wanted }) => parked.list(wanted),
  );
  app.get(
    '/api/v1/parked/tallies',
    {
      schema: {
        summary: 'What was parked since the start, by peer, code and mapping, with the last example',
      },
    },
    async () => parked.tallies(),
  );
  app.get<{ Params: { id: string } }>(
    '/api/v1/parked/:id',
    { schema: { summary: 'One of them, with its raw payload' } },
    async ({ params }) => {
      const found = await parked.show(params.id);
      return { ...found, entry: await depot.journal.read(params.id) };
    },
  );
  app.post<{ Querystring: { dryRun: boolean; station?: string } }>(
    '/api/v1/parked/rerun',
    {
      schema: {
        summary: 'Run all of them through the tables in force; apply what is whole now',
        querystring: query({ dryRun, station }),
      },
    },
    async ({ query: wanted }) => parked.rerun(wanted),
  );
  app.post<RerunRequest>(
    '/api/v1/parked/:id/rerun',
    { schema: { summary: 'Run one of them through the tables in force', querystring: query({ dryRun }) } },
    async ({ params, query: { dryRun: dry } }) => parked.rerun({ raw: params.id, dryRun: dry }),
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
