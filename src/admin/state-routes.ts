/** What the bridge knows now: depot, parked objects, tables. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';
import { depotKey } from '../store/index.js';
import { problem } from './problems.js';
import type { AdminOptions } from './server.js';

export function registerStateRoutes(
  app: FastifyInstance,
  runtime: Runtime,
  { store, reload }: AdminOptions,
): void {
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
  app.get('/api/v1/parked', { schema: { summary: 'Objects that no table could make whole' } }, async () => {
    const parked = await store.hashGetAll(depotKey(runtime.depot.id, 'parked'));
    return Object.entries(parked).map(([raw, failure]) => ({ raw, ...JSON.parse(failure) }));
  });
  app.get('/api/v1/tables', { schema: { summary: 'The generation of tables in force' } }, async () => ({
    generation: runtime.tables().id,
  }));
  if (reload)
    app.post(
      '/api/v1/tables/reload',
      { schema: { summary: 'Read all tables again; a bad one changes nothing' } },
      async () => reload(),
    );
}
