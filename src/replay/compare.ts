/** What two sides make differently of one entry, and of the whole. */
import type { DepotState, DomainEvent, Instant, JournalId } from '../domain/index.js';
import type { Json } from '../mapping/index.js';
import type { Differences, Told } from './differences.js';
import { differingLeaves, leavesOf, type NamedLeaf } from './leaves.js';
import type { Step } from './side.js';

/** Where something differs. */
export interface Place {
  readonly raw: JournalId;
  readonly at: Instant;
}

/** Events are compared by kind and number of its kind, failures by what failed. */
export function compareSteps(
  left: Step | undefined,
  right: Step | undefined,
  subject: string,
  place: Place,
  found: Differences,
): void {
  const [before, after] = [outcomesOf(left), outcomesOf(right)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, next] = [before.get(key), after.get(key)];
    const target = key.split('#')[0] ?? key;
    for (const [path, a, b] of differingLeaves(leavesOf(old?.value), leavesOf(next?.value)))
      found.add({ target, subject, path, left: told(old, a), right: told(next, b), ...place });
  }
}

interface Outcome {
  readonly value: unknown;
  readonly raw: JournalId;
  readonly ruleOf: (path: string) => string | undefined;
}

function outcomesOf(step: Step | undefined): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  const add = (kind: string, outcome: Outcome): void => {
    let number = 0;
    while (outcomes.has(`${kind}#${number}`)) number += 1;
    outcomes.set(`${kind}#${number}`, outcome);
  };
  for (const event of step?.events ?? [])
    add(`event ${event.type}`, { value: event.payload, raw: event.raw, ruleOf: ruleOf(event) });
  for (const { mapping, code, message } of step?.failures ?? [])
    add('failure', { value: { mapping, code, message }, raw: '', ruleOf: () => mapping });
  return outcomes;
}

/** Events name list elements with dots, requests by their id. */
function ruleOf(event: DomainEvent): (path: string) => string {
  return (path) => {
    if (event.type === 'RequestListReceived') {
      const request = event.payload.requests[Number(/^requests\[(\d+)\]/.exec(path)?.[1])];
      return event.ruleOf(request ? `requests.${request.chargingRequestId}` : path);
    }
    return event.ruleOf(path.replaceAll(/\[(\d+)\]/g, '.$1'));
  };
}

function told(outcome: Outcome | undefined, leaf: NamedLeaf | undefined): Told {
  if (!outcome || !leaf) return {};
  const rule = outcome.ruleOf(leaf.path);
  return {
    value: leaf.value,
    ...(rule === undefined ? {} : { rule }),
    ...(outcome.raw === '' ? {} : { raw: outcome.raw }),
  };
}

/** How two states compare. */
export interface StatesCompared {
  /** Byte for byte, sources and all. */
  readonly identical: boolean;
  /** Values on either side, sources not counted. */
  readonly leaves: number;
  readonly differing: number;
}

/** Compares values and instants; that the same value has another source is no difference of its own. */
export function compareStates(
  left: DepotState,
  right: DepotState,
  place: Place,
  found: Differences,
  wanted: (subject: string) => boolean = () => true,
): StatesCompared {
  const [before, after] = [plain(left), plain(right)];
  const identical = JSON.stringify(before) === JSON.stringify(after);
  const [a, b] = [valuesOf(before), valuesOf(after)];
  let differing = 0;
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const [old, next] = [a.get(path), b.get(path)];
    if (old?.value === next?.value) continue;
    const [, subject = ''] = /^\w+\.([^.]*)/.exec(path) ?? [];
    if (!wanted(subject)) continue;
    differing += 1;
    found.add({ target: 'state', subject, path, left: old ?? {}, right: next ?? {}, ...place });
  }
  return { identical, leaves: new Set([...a.keys(), ...b.keys()]).size, differing };
}

function plain(state: DepotState): unknown {
  return JSON.parse(JSON.stringify(state));
}

const SOURCE = new Set(['raw', 'rule', 'listRaw', 'source', 'startSource', 'intentId']);

/** Scalars of a state with the source that stands nearest around them. */
function valuesOf(value: unknown): Map<string, Told> {
  const found = new Map<string, Told>();
  collect(value, '', {}, found);
  return found;
}

function collect(value: unknown, path: string, source: Told, found: Map<string, Told>): void {
  if (typeof value !== 'object' || value === null) {
    found.set(path, { value: value as Json, ...source });
    return;
  }
  const { raw, rule } = value as { raw?: unknown; rule?: unknown };
  const own: Told = typeof raw === 'string' && typeof rule === 'string' ? { raw, rule } : source;
  for (const [key, item] of Object.entries(value))
    if (!SOURCE.has(key)) collect(item, path === '' ? key : `${path}.${key}`, own, found);
}
