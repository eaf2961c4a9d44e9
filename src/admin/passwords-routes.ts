/** Passwords of stations, over HTTP: change one, see which count. */
import type { FastifyInstance } from 'fastify';

export interface PasswordChangeOrder {
  readonly stationId: string;
  readonly source: 'bridge' | 'configuration';
  readonly print?: boolean;
  readonly by: string;
}

export interface PasswordOperations {
  /** @throws BridgeError OCPP_* if the station did not get another password */
  change(order: PasswordChangeOrder): Promise<object>;
  /** @throws BridgeError OCPP_UNKNOWN_STATION, OCPP_NO_PASSWORD */
  status(stationId: string): object;
}

const params = {
  type: 'object',
  properties: { id: { type: 'string', description: 'Station id' } },
} as const;
const journalId = { type: 'string', description: 'Journal id' } as const;
const source = { enum: ['bridge', 'configuration'] } as const;

const changeSchema = {
  summary: 'Give a station another password, over its present connection',
  description: `The new password counts from before it is sent, the old one until the station has come in with the new one: a
change that is cut off anywhere locks nobody out. Stored are hashes only; the journal and the log never see the password.
404 unknown station; 409 not connected, no password to change, cannot be sent, or too many told; 502 the station refused it;
503 the store or the station is not free. After any of these the old password counts alone.`,
  params,
  body: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      source: {
        ...source,
        default: 'bridge',
        description: 'bridge: a random one; configuration: the one that stands there in clear',
      },
      print: { type: 'boolean', default: false, description: 'Tell the new password in the answer' },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        stationId: { type: 'string' },
        outcome: {
          enum: ['accepted', 'unknown'],
          description: 'unknown: nobody knows whether the station took it',
        },
        status: { type: 'string', description: 'The station’s own word' },
        meaning: { type: 'string' },
        intent: { ...journalId, description: 'Journal id of who wanted it' },
        frames: { type: 'array', items: journalId },
        password: { type: 'string', description: 'As it was sent; only if asked for' },
      },
    },
  },
} as const;

const state = {
  type: 'object',
  properties: {
    source,
    since: { type: 'string', format: 'date-time' },
    accepted: { type: 'boolean', description: 'The station said that it took it' },
    hash: { type: 'string', description: 'What the configuration may say instead: sha256:…' },
  },
} as const;

const statusSchema = {
  summary: 'Which passwords open the door for a station',
  params,
  response: {
    200: {
      type: 'object',
      properties: {
        stationId: { type: 'string' },
        inForce: state,
        told: { type: 'array', items: state, description: 'It was told them and has not come in with them' },
      },
    },
  },
} as const;

interface ChangeRequest {
  Params: { id: string };
  Body: { source?: PasswordChangeOrder['source']; print?: boolean } | null;
}

export function registerPasswordRoutes(app: FastifyInstance, passwords: PasswordOperations): void {
  const path = '/api/v1/stations/:id/password';
  app.post<ChangeRequest>(path, { schema: changeSchema }, async ({ params: { id }, body, ip }) =>
    passwords.change({
      stationId: id,
      source: body?.source ?? 'bridge',
      print: body?.print ?? false,
      by: `admin API, ${ip}`,
    }),
  );
  app.get<{ Params: { id: string } }>(path, { schema: statusSchema }, async ({ params: { id } }) =>
    passwords.status(id),
  );
}
