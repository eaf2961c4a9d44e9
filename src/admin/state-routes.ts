/** What the bridge knows now. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';
import { problem } from './problems.js';

export function registerStateRoutes(app: FastifyInstance, runtime: Runtime): void {
  app.get(
    '/api/v1/state',
    { schema: { summary: 'The whole state of the depot, each value with its source' } },
    async () => runtime.depot.state,
  );
  app.get<{ Params: { id: string } }>(
    '/api/v1/stations/:id',
    { schema: { summary: 'One charging station' } },
    async (request) => {
      const { stations } = runtime.depot.state;
      const id = request.params.id;
      if (!Object.hasOwn(stations, id))
        throw problem(404, `No station ${id}`, `Stations: ${Object.keys(stations).join(', ')}`);
      return stations[id];
    },
  );
  app.get(
    '/api/v1/forgiven',
    { schema: { summary: 'What lenient switches and repairs let pass since the start, by code' } },
    async () => (await runtime.metrics.forgiven.get()).values.map(({ labels, value }) => ({ labels, value })),
  );
}
