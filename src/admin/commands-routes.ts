/** Commands of people to stations, over HTTP. */
import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '../mapping/index.js';
import { problem } from './problems.js';

/** One request of OCPP for a station, by name. */
export interface StationOrder {
  readonly stationId: string;
  readonly action: string;
  readonly payload: JsonObject;
  readonly key?: string;
  readonly force?: boolean;
  readonly by: string;
}

export interface CommandOperations {
  /** The station's answer. @throws BridgeError OCPP_* for everything else */
  send(order: StationOrder): Promise<object>;
}

interface CommandRequest {
  Params: { id: string };
  Headers: { 'idempotency-key'?: string };
  Body: {
    action: string;
    payload: StationOrder['payload'];
    idempotencyKey?: string;
    force?: boolean;
  };
}

const key = { type: 'string', minLength: 1, maxLength: 128, pattern: '^[!-~]+$' } as const;
const journalId = { type: 'string', description: 'Journal id' } as const;

const commandSchema = {
  summary: 'Send one request of OCPP to a station and give its answer',
  description: `Any request that a CSMS may send in the version the station speaks: RemoteStartTransaction, Reset,
GetConfiguration, SetVariables … It is checked against its schema before, journalled with its intent, and waits its turn:
a station is asked one thing at a time. Under the same idempotency key a command is carried out once; the key counts a day.
What the planner decides (charging profiles while charging.policy is not forward) needs force.
404 unknown station; 409 not connected, guarded, or outcome unknown; 422 not a valid command, or the key of another;
502 answered with an error; 503 too many wait; 504 no answer in time.`,
  params: { type: 'object', properties: { id: { type: 'string', description: 'Station id' } } },
  headers: {
    type: 'object',
    properties: { 'idempotency-key': { ...key, description: 'The same as idempotencyKey in the body' } },
  },
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['action'],
    properties: {
      action: { type: 'string', minLength: 1, maxLength: 50, description: 'The name of the request in OCPP' },
      payload: { type: 'object', additionalProperties: true, default: {}, description: 'As OCPP has it' },
      idempotencyKey: key,
      force: { type: 'boolean', default: false, description: 'Also what the bridge itself decides' },
    },
  },
  response: {
    200: {
      type: 'object',
      properties: {
        stationId: { type: 'string' },
        action: { type: 'string' },
        intent: { ...journalId, description: 'Journal id of who wanted it' },
        frames: { type: 'array', items: journalId },
        answer: { type: 'object', additionalProperties: true, description: 'As the station gave it' },
      },
    },
  },
} as const;

export function registerCommandRoutes(app: FastifyInstance, commands: CommandOperations): void {
  app.post<CommandRequest>(
    '/api/v1/stations/:id/commands',
    { schema: commandSchema },
    async ({ params, headers, body, ip }) => {
      const { action, payload, force } = body;
      const told = [headers['idempotency-key'], body.idempotencyKey].filter((each) => each !== undefined);
      if (new Set(told).size > 1)
        throw problem(400, 'Two idempotency keys', 'Header and body name different keys; one is enough.');
      return commands.send({
        ...{ stationId: params.id, action, payload, by: `admin API, ${ip}` },
        ...(told[0] === undefined ? {} : { key: told[0] }),
        ...(force ? { force } : {}),
      });
    },
  );
}
