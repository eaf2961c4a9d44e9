/** What a CSMS hands over: copies of frames, and who came and went. */
import { Ajv, type ValidateFunction } from 'ajv';
import type { OcppProtocol } from '../protocol.js';
import type { Speaker } from '../station/index.js';

/** Items of one body; more are refused. */
export const MOST_ITEMS = 10_000;

const shared = {
  station: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'Its OCPP identity, the last part of the URL that it connects to.',
  },
  at: {
    type: 'string',
    pattern: '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2})$',
    description: 'When the CSMS saw it, RFC 3339. Left out: now.',
  },
  id: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description: 'Unique: what comes again under it counts once.',
  },
  seq: {
    type: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'One more than that of the item before, in the same source. What is left out is reported.',
  },
  source: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    description: 'What counts seq, where several do: a node, a partition.',
  },
} as const;

const protocol = { enum: ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] } as const;

export const frameSchema = {
  title: 'Frame',
  description: 'A frame as it was on the wire.',
  type: 'object',
  additionalProperties: false,
  required: ['station', 'from', 'protocol', 'frame'],
  properties: {
    ...shared,
    from: { enum: ['station', 'csms'], description: 'Who sent it.' },
    protocol,
    frame: { type: 'string', minLength: 1, description: 'The text of OCPP-J, character by character.' },
  },
} as const;

export const eventSchema = {
  title: 'ConnectionEvent',
  description: 'A station has connected to the CSMS, or is gone.',
  type: 'object',
  additionalProperties: false,
  required: ['station', 'event', 'protocol'],
  properties: {
    ...shared,
    event: { enum: ['connected', 'disconnected'] },
    protocol,
    remoteAddress: { type: 'string', maxLength: 100 },
  },
} as const;

interface Common {
  readonly station: string;
  readonly at?: string;
  readonly protocol: OcppProtocol;
  readonly id?: string;
  readonly seq?: number;
  readonly source?: string;
}

export interface FrameItem extends Common {
  readonly from: Speaker;
  readonly frame: string;
}

export interface EventItem extends Common {
  readonly event: 'connected' | 'disconnected';
  readonly remoteAddress?: string;
}

export type Item = FrameItem | EventItem;

export function isEvent(item: Item): item is EventItem {
  return 'event' in item;
}

let validators: { readonly frame: ValidateFunction; readonly event: ValidateFunction } | undefined;

/** What is wrong with an item, or undefined: then it is an {@link Item}. */
export function flawOfItem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no object';
  if (!validators) {
    const ajv = new Ajv({ strict: true });
    validators = { frame: ajv.compile(frameSchema), event: ajv.compile(eventSchema) };
  }
  const validate = Object.hasOwn(value, 'event') ? validators.event : validators.frame;
  if (!validate(value)) return issueOf(validate);
  const { at } = value as Common;
  return at !== undefined && Number.isNaN(Date.parse(at)) ? `at is ${at}, which is no instant` : undefined;
}

function issueOf({ errors }: ValidateFunction): string {
  const [issue] = errors ?? [];
  if (!issue) return 'it does not fit its schema';
  const { allowedValues, additionalProperty } = issue.params as {
    allowedValues?: readonly string[];
    additionalProperty?: string;
  };
  const place = issue.instancePath === '' ? 'it' : issue.instancePath.slice(1);
  if (additionalProperty !== undefined)
    return `it has ${JSON.stringify(additionalProperty.slice(0, 60))}, which is no member of it`;
  return `${place} ${issue.message}${allowedValues ? `: ${allowedValues.join(', ')}` : ''}`;
}

/** An item and where it stood in its body. */
export interface Placed {
  readonly index: number;
  readonly item: Item;
}

/**
 * The order in which items of one body count: those of a station by seq if all have one of the same source, else by their
 * time if all have one, else as they stand.
 */
export function inOrder(items: readonly Placed[]): Placed[] {
  const byStation = new Map<string, Placed[]>();
  for (const placed of items) {
    const { station } = placed.item;
    const list = byStation.get(station);
    if (list) list.push(placed);
    else byStation.set(station, [placed]);
  }
  return [...byStation.values()].flatMap(ordered);
}

function ordered(items: Placed[]): Placed[] {
  const source = items[0]?.item.source;
  const bySeq = items.every(({ item }) => item.seq !== undefined && item.source === source);
  if (bySeq) return items.sort((a, b) => (a.item.seq ?? 0) - (b.item.seq ?? 0));
  if (!items.every(({ item }) => item.at !== undefined)) return items;
  const timed = items.map((placed) => ({ placed, ms: Date.parse(placed.item.at ?? '') }));
  return timed.sort((a, b) => a.ms - b.ms).map(({ placed }) => placed);
}
