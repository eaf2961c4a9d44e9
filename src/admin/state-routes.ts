/** What the bridge knows now. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';
import { instantAt } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { problem } from './problems.js';
import type { Troubles } from './troubles.js';

export function registerStateRoutes(
  app: FastifyInstance,
  runtime: Runtime,
  troubles: Pick<Troubles, 'of' | 'since' | 'way'>,
): void {
  app.get(
    '/api/v1/state',
    { schema: { summary: 'The whole state of the depot, each value with its source' } },
    async () => runtime.depot.state,
  );
  app.get<{ Params: { id: string } }>(
    '/api/v1/stations/:id',
    { schema: { summary: 'One charging station, and what is wrong with it since the bridge started' } },
    async (request) => {
      const { stations } = runtime.depot.state;
      const id = request.params.id;
      const station = stations.get(id);
      if (!station)
        throw new BridgeError(
          'OCPP_UNKNOWN_STATION',
          `${id} is not configured; stations are ${stations.keys().join(', ')}`,
        );
      const way = troubles.way(id);
      return {
        ...station,
        ...(way ? { way } : {}),
        troublesSince: troubles.since,
        troubles: troubles.of(id),
      };
    },
  );
  app.get(
    '/api/v1/forgiven',
    { schema: { summary: 'What lenient switches and repairs let pass since the start, by code' } },
    async () => (await runtime.metrics.forgiven.get()).values.map(({ labels, value }) => ({ labels, value })),
  );
  app.post<{ Params: { id: string } }>(
    '/api/v1/presystems/:id/confirm-omission',
    { schema: { summary: 'End the running requests that the mass-omission guard of VDV 463 2.0 has kept' } },
    async (request) => confirmOmission(runtime, request.params.id, request.ip),
  );
}

/** Journalled before it counts: who confirmed, and which requests end. */
async function confirmOmission({ depot }: Runtime, presystemId: string, from: string) {
  const presystem = depot.state.presystems[presystemId];
  const omitted = presystem?.omittedIds;
  if (!presystem || !omitted) {
    throw problem(
      409,
      `Nothing of ${presystemId} was kept`,
      'Only an omission that raised an alarm can be confirmed.',
    );
  }
  const draft = {
    depotId: depot.id,
    link: 'bridge',
    protocol: 'bridge',
    direction: 'internal',
    action: 'OmissionConfirmed',
    raw: JSON.stringify({ presystemId, omitted, by: `admin API, ${from}` }),
    causes: presystem.alarm ? [presystem.alarm.raw] : [],
  } as const;
  await depot.record(draft, ({ id, at }) => [
    {
      type: 'OmissionConfirmed',
      presystemId,
      payload: { receivedAt: instantAt(at) },
      raw: id,
      ruleOf: () => 'bridge/operator',
    },
  ]);
  return { presystemId, ended: omitted };
}
