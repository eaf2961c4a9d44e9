// VDV 463 field table -> docs/asyncapi.yaml (AsyncAPI 3.0), seen from the bridge: it is the server that presystems dial.
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { bundleOf, type JsonSchema } from './vdv463-schemas.js';
import { dialects, type Letter, letters } from './vdv463-table.js';

/** The three actions, who asks, and what for. */
const actions = [
  {
    name: 'BootNotification',
    action: 'receive',
    summary: 'A presystem introduces itself after each connect. Nothing else is exchanged before the answer.',
  },
  {
    name: 'ProvideChargingRequests',
    action: 'receive',
    summary: 'A presystem sends all charging requests it has at the moment: a full list, never a difference.',
  },
  {
    name: 'ProvideChargingInformation',
    action: 'send',
    summary:
      'The bridge reports depots, stations, points, vehicles and processes, at its interval and upon changes.',
  },
] as const;

const kinds = { Request: 1, Response: 2, Error: 3 } as const;
type Kind = keyof typeof kinds;

const component = (letter: Letter, name: string) => `vdv463-${dialects[letter]}.${name}`;
const schemaRef = (letter: Letter, name: string) => ({
  $ref: `#/components/schemas/${component(letter, name)}`,
});

/** Points the references of a bundle at this document's components. */
function relocate(value: unknown, letter: Letter): unknown {
  if (Array.isArray(value)) return value.map((item) => relocate(item, letter));
  if (typeof value !== 'object' || value === null) return value;
  const moved = Object.entries(value).map(([key, member]) =>
    key === '$ref'
      ? Object.entries(schemaRef(letter, String(member).replace('#/definitions/', '')))[0]
      : [key, relocate(member, letter)],
  ) as [string, unknown][];
  return Object.fromEntries(moved);
}

function payloadOf(letter: Letter, action: string, kind: Kind): JsonSchema {
  if (kind !== 'Error') return schemaRef(letter, `${action}${kind}`);
  if (letter === 'C') return schemaRef(letter, 'ErrorResponse');
  return {
    description: 'What went wrong, as plain text: this dialect has no schema for it.',
    type: 'string',
  };
}

/** The whole frame: the envelope of the dialect with type, action and payload of this message filled in. */
function frame(letter: Letter, action: string, kind: Kind): JsonSchema {
  const definitions = bundleOf(letter)['definitions'] as Record<string, { items: JsonSchema[] }>;
  const [, source, presystemId, timestamp, messageId] = definitions['MessageStructure']?.items ?? [];
  const fixed = (value: unknown) => ({ const: value });
  return {
    type: 'array',
    minItems: 7,
    maxItems: 7,
    items: [
      { title: 'message type', ...fixed(kinds[kind]) },
      { title: 'source', ...source },
      { title: 'presystemId', ...presystemId },
      { title: 'time of the message', ...timestamp },
      { title: 'messageId; an answer repeats that of its request', ...messageId },
      { title: 'action', ...fixed(action) },
      payloadOf(letter, action, kind),
    ],
  };
}

function channelOf(letter: Letter): object {
  const messages: Record<string, object> = {};
  for (const { name } of actions)
    for (const kind of Object.keys(kinds) as Kind[])
      messages[`${name}${kind}`] = { contentType: 'application/json', payload: frame(letter, name, kind) };
  return {
    address: '/',
    title: `VDV 463 ${dialects[letter]}`,
    description: 'One WebSocket per presystem, at any path. The dialect is configured per presystem.',
    messages,
  };
}

function operationsOf(letter: Letter): Record<string, object> {
  const channel = `#/channels/vdv463-${dialects[letter]}`;
  return Object.fromEntries(
    actions.map(({ name, action, summary }) => [
      `${component(letter, name)}`,
      {
        action,
        summary,
        channel: { $ref: channel },
        messages: [{ $ref: `${channel}/messages/${name}Request` }],
        reply: {
          channel: { $ref: channel },
          messages: [
            { $ref: `${channel}/messages/${name}Response` },
            { $ref: `${channel}/messages/${name}Error` },
          ],
        },
      },
    ]),
  );
}

function schemasOf(letter: Letter): Record<string, unknown> {
  const { MessageStructure: _, ...definitions } = bundleOf(letter)['definitions'] as Record<string, unknown>;
  const named = Object.entries(definitions).map(([name, schema]) => [
    component(letter, name),
    relocate(schema, letter),
  ]);
  return Object.fromEntries(named) as Record<string, unknown>;
}

/** The document as text. */
export function asyncapi(): string {
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Depotbridge: VDV 463 interface',
      version: '1.0.0',
      description:
        'How depot management (BMS) and control centre (ITCS) systems talk to Depotbridge, the charge management ' +
        'system of VDV 463. Units stand beside numbers as x-unit.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      depot: {
        host: 'localhost:7463',
        protocol: 'wss',
        description: 'Subprotocol v1.463.vdv.de (all 1.x dialects) or v2.463.vdv.de (2.0.0).',
        security: [{ $ref: '#/components/securitySchemes/basic' }],
      },
    },
    channels: Object.fromEntries(letters.map((letter) => [`vdv463-${dialects[letter]}`, channelOf(letter)])),
    operations: Object.assign({}, ...letters.map(operationsOf)) as object,
    components: {
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
      schemas: Object.assign({}, ...letters.map(schemasOf)) as object,
    },
  };
  const banner = '# Generated by `npm run generate` from src/schemas/vdv463/fields.tsv: do not edit.\n';
  return banner + stringify(document, { aliasDuplicateObjects: false, lineWidth: 110 });
}

/** Writes docs/asyncapi.yaml. */
export async function generateAsyncapi(): Promise<void> {
  await writeFile(new URL('../../docs/asyncapi.yaml', import.meta.url), asyncapi());
}
