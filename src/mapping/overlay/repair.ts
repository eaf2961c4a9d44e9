import { BridgeError } from '../../errors/index.js';
import type { Json, JsonObject, Selector } from '../api.js';
import { cellTest } from '../compile/conditions.js';
import type { BoundPath } from '../resolve/ir.js';
import type { OverlayAst, RepairAction, RepairAst, RepairTest } from '../syntax/ast.js';
import { forbiddenKeys } from '../syntax/reader.js';
import { absent, failed, repairTransforms } from '../transforms.js';
import { applies, like } from './select.js';

/** A repair row, its path resolved (`[]` = every element). */
export interface BoundRepair {
  readonly overlay: OverlayAst;
  readonly ast: RepairAst;
  readonly path: BoundPath;
}

type JsonTest = (value: Json | undefined) => boolean;
type Holder = { [key: string]: Json } | Json[];

/** One repair, ready to run: changes the payload in place, tells whether it did. */
interface Repair {
  readonly id: string;
  readonly overlay: OverlayAst;
  readonly apply: (payload: JsonObject) => boolean;
}

/** Repairs of one message. */
export class Repairs {
  private readonly repairs: readonly Repair[];

  constructor(bound: readonly BoundRepair[]) {
    this.repairs = bound.map(compileRepair);
  }

  /** Applies those that fit the station, in order; the payload given is not changed. */
  run(payload: JsonObject, select: Selector): { payload: JsonObject; repairs: string[] } {
    const wanted = this.repairs.filter(({ overlay }) => applies(overlay, select));
    if (wanted.length === 0) return { payload, repairs: [] };
    const copy = structuredClone(payload);
    const made = wanted.filter((repair) => repair.apply(copy)).map(({ id }) => id);
    return made.length > 0 ? { payload: copy, repairs: made } : { payload, repairs: [] };
  }
}

function compileRepair({ overlay, ast, path }: BoundRepair): Repair {
  const test = repairTest(ast.is, path);
  const siblings = ast.siblings.map(({ key, cell }) => ({ key, test: cellTest(cell, path) }));
  const act = repairAction(ast.becomes, path);
  const steps = path.ref.steps;
  const last = steps.at(-1) ?? '';
  const mend = (holder: Holder): boolean => {
    if (last === '[]') return Array.isArray(holder) && mendElements(holder, test, siblings, act);
    if (Array.isArray(holder)) return false;
    const value = Object.hasOwn(holder, last) ? holder[last] : undefined;
    if (!test(value) || !siblings.every((sibling) => sibling.test(keyOf(holder, sibling.key)))) return false;
    const next = act(value, holder);
    if (next === failed || next === value) return false;
    if (next === undefined) return delete holder[last];
    holder[last] = next;
    return true;
  };
  return {
    id: `${overlay.name}/${ast.id}`,
    overlay,
    apply: (payload) => visit(payload, steps.slice(0, -1), mend),
  };
}

function mendElements(
  list: Json[],
  test: JsonTest,
  siblings: readonly { key: string; test: JsonTest }[],
  act: ReturnType<typeof repairAction>,
): boolean {
  let changed = false;
  for (let i = list.length - 1; i >= 0; i--) {
    const value = list[i];
    if (!test(value) || !siblings.every((sibling) => sibling.test(keyOf(value, sibling.key)))) continue;
    const next = act(value, {});
    if (next === failed || next === value) continue;
    if (next === undefined) list.splice(i, 1);
    else list[i] = next;
    changed = true;
  }
  return changed;
}

function keyOf(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? value[key]
    : undefined;
}

function visit(
  value: Json | undefined,
  steps: readonly string[],
  mend: (holder: Holder) => boolean,
): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [step, ...rest] = steps;
  if (step === undefined) return mend(value);
  if (step === '[]') {
    if (!Array.isArray(value)) return false;
    return value.map((item) => visit(item, rest, mend)).includes(true);
  }
  if (step === '[0]') return Array.isArray(value) && visit(value[0], rest, mend);
  return visit(keyOf(value, step), rest, mend);
}

function repairTest(is: RepairTest, path: BoundPath): JsonTest {
  switch (is.kind) {
    case 'absent':
      return (value) => value === undefined;
    case 'present':
      return (value) => value !== undefined;
    case 'values': {
      const known = new Set(is.values.map((value) => JSON.stringify(value)));
      return (value) => value !== undefined && known.has(JSON.stringify(value));
    }
    case 'type':
      return (value) => typeOfJson(value) === is.type;
    case 'longer':
      return (value) => typeof value === 'string' && value.length > is.than;
    case 'like':
      return (value) => typeof value === 'string' && like(is.pattern, value);
    case 'unknown': {
      const known = new Set<Json>(path.node.enum ?? []);
      return (value) => value !== undefined && !known.has(value);
    }
  }
}

function typeOfJson(value: Json | undefined): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What the value becomes; undefined = removed, `failed` = cannot be mended. */
function repairAction(
  becomes: RepairAction,
  path: BoundPath,
): (value: Json | undefined, holder: Holder) => Json | undefined | typeof failed {
  switch (becomes.kind) {
    case 'value':
      return () => structuredClone(becomes.value);
    case 'remove':
      return () => undefined;
    case 'copy':
      return (_, holder) => (Array.isArray(holder) ? undefined : keyOf(holder, becomes.sibling)) ?? failed;
    case 'by': {
      const transform = repairTransforms.get(becomes.transform.value);
      const limit = path.node.bound('maxLength') ?? Number.POSITIVE_INFINITY;
      return (value) => {
        if (!transform || value === undefined || typeof value === 'object') return failed;
        const result = transform.apply(value, limit);
        return result === absent ? undefined : result;
      };
    }
  }
}

/**
 * Refuses payloads with keys that could reach a prototype.
 * @throws BridgeError MAP_INPUT
 */
export function refuseForbiddenKeys(value: Json, path = ''): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') refuseForbiddenKeys(item, `${path}[]`);
    return;
  }
  for (const key of Object.keys(value)) {
    if (forbiddenKeys.has(key))
      throw new BridgeError('MAP_INPUT', `the payload has the key ${key}, which is never accepted`, {
        path: `${path}.${key}`,
      });
    const child = value[key];
    if (typeof child === 'object' && child !== null) refuseForbiddenKeys(child, `${path}.${key}`);
  }
}
