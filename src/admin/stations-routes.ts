/** Stations that knocked without being configured, over HTTP: list them, let one introduce itself. */
import type { FastifyInstance } from 'fastify';
import { BridgeError } from '../errors/index.js';

/** What an operator is told of a stranger; nothing here makes it a station. */
export interface StrangerFacts {
  readonly identity: string;
  readonly [fact: string]: unknown;
}

export interface StationOperations {
  strangers(): readonly StrangerFacts[];
  /** Lets a stranger introduce itself when it knocks next; undefined if it never knocked. */
  invite(identity: string): StrangerFacts | undefined;
}

export function registerStationRoutes(app: FastifyInstance, stations: StationOperations): void {
  app.get(
    '/api/v1/strangers',
    { schema: { summary: 'Identities that knocked without being configured, newest last' } },
    async () => stations.strangers(),
  );
  app.post<{ Params: { identity: string } }>(
    '/api/v1/strangers/:identity/invite',
    {
      schema: {
        summary:
          'Let it in for ten minutes to tell its make and connectors; it is served only once configured',
      },
    },
    async ({ params }) => {
      const { identity } = params;
      const invited = stations.invite(identity);
      if (invited) return invited;
      throw new BridgeError('OCPP_NO_STRANGER', `${identity} never knocked`);
    },
  );
}
