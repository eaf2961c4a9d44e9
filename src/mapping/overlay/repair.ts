import { BridgeError } from '../../errors/index.js';
import type { Json, JsonObject, Selector } from '../api.js';
import { cellTest } from '../compile/conditions.js';
import type { BoundPath } from '../resolve/ir.js';
import type { OverlayAst, RepairAction, RepairAst, RepairTest } from '../syntax/ast.js';
import { forbiddenKeys } from '../syntax/reader.js';
import { absent, failed, repairTransforms, toList } from '../transforms.js';
import { mendsInvalidOnly } from './invalid-only.js';
import { applies, like } from './select.js';

/** A repair row, its path resolved (`[]` = every element). */
export interface BoundRepair {
  readonly overlay: OverlayAst;
  readonly ast: RepairAst;
  readonly path: BoundPath;
}

type JsonTest = (value: Json | undefined) => boolean;
type Holder = { [key: string]: Json } | Json[];
/** Mends what a holder holds, or only tells whether there is something to mend. */
type Mend = (holder: Holder, really: boolean) => boolean;

/** One repair, ready to run: changes the payload in place if it may, tells whether it did or would. */
interface Repair {
  readonly id: string;
  /** It fits no payload that fits its schema. */
  readonly invalidOnly: boolean;
  readonly overlay: OverlayAst;
  readonly apply: (payload: JsonObject, really: boolean) => boolean;
}

/** The repairs that are meant for a station. */
interface Wanted {
  readonly all: readonly Repair[];
  readonly ofValid: readonly Repair[];
}

/** Repairs of one message. */
export class Repairs {
  private readonly repairs: readonly Repair[];
  /** A station keeps its selector from message to message. */
  private readonly bySelector = new WeakMap<Selector, Wanted>();

  constructor(bound: readonly BoundRepair[]) {
    this.repairs = bound.map(compileRepair);
  }

  /**
   * Applies those that fit the station, in order; the payload given is not changed.
   *
   * @param isValid the payload is known to fit its schema: repairs of what does not are passed over
   */
  run(payload: JsonObject, select: Selector, isValid = false): { payload: JsonObject; repairs: string[] } {
    const { all, ofValid } = this.wantedBy(select);
    const wanted = isValid ? ofValid : all;
    // Most payloads need none: only one that does is copied.
    const first = wanted.findIndex((repair) => repair.apply(payload, false));
    if (first < 0) return { payload, repairs: [] };
    const copy = structuredClone(payload);
    const made = wanted.slice(first).filter((repair) => repair.apply(copy, true));
    return { payload: copy, repairs: made.map(({ id }) => id) };
  }

  private wantedBy(select: Selector): Wanted {
    let wanted = this.bySelector.get(select);
    if (!wanted) {
      const all = this.repairs.filter(({ overlay }) => applies(overlay, select));
      wanted = { all, ofValid: all.filter(({ invalidOnly }) => !invalidOnly) };
      this.bySelector.set(select, wanted);
    }
    return wanted;
  }
}

function compileRepair(bound: BoundRepair): Repair {
  const { overlay, ast, path } = bound;
  const test = repairTest(ast.is, path);
  const siblings = ast.siblings.map(({ key, cell }) => ({ key, test: cellTest(cell, path) }));
  const act = repairAction(ast.becomes, path);
  const steps = path.ref.steps;
  const last = steps.at(-1) ?? '';
  const mend: Mend = (holder, really) => {
    if (last === '[]') return Array.isArray(holder) && mendElements(holder, { test, siblings, act }, really);
    if (Array.isArray(holder)) return false;
    const value = Object.hasOwn(holder, last) ? holder[last] : undefined;
    if (!test(value) || !allFit(siblings, holder)) return false;
    const next = act(value, holder);
    if (next === failed || next === value) return false;
    if (!really) return true;
    if (next === undefined) return delete holder[last];
    holder[last] = next;
    return true;
  };
  const around = steps.slice(0, -1);
  return {
    id: `${overlay.name}/${ast.id}`,
    overlay,
    invalidOnly: mendsInvalidOnly(bound),
    apply: (payload, really) => visit(payload, around, 0, mend, really),
  };
}

interface ElementRepair {
  readonly test: JsonTest;
  readonly siblings: readonly { key: string; test: JsonTest }[];
  readonly act: ReturnType<typeof repairAction>;
}

function mendElements(list: Json[], { test, siblings, act }: ElementRepair, really: boolean): boolean {
  let changed = false;
  for (let i = list.length - 1; i >= 0; i--) {
    const value = list[i];
    if (!test(value) || !allFit(siblings, value)) continue;
    const next = act(value, {});
    if (next === failed || next === value) continue;
    if (!really) return true;
    if (next === undefined) list.splice(i, 1);
    else list[i] = next;
    changed = true;
  }
  return changed;
}

function allFit(siblings: ElementRepair['siblings'], value: Json | undefined): boolean {
  for (const sibling of siblings) if (!sibling.test(keyOf(value, sibling.key))) return false;
  return true;
}

function keyOf(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? value[key]
    : undefined;
}

/** Goes to every holder that the steps from `at` on lead to. */
function visit(
  value: Json | undefined,
  steps: readonly string[],
  at: number,
  mend: Mend,
  really: boolean,
): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const step = steps[at];
  if (step === undefined) return mend(value, really);
  if (step === '[0]') return Array.isArray(value) && visit(value[0], steps, at + 1, mend, really);
  if (step !== '[]') return visit(keyOf(value, step), steps, at + 1, mend, really);
  if (!Array.isArray(value)) return false;
  let found = false;
  for (const item of value) {
    found = visit(item, steps, at + 1, mend, really) || found;
    if (found && !really) return true;
  }
  return found;
}

function repairTest(is: RepairTest, path: BoundPath): JsonTest {
  switch (is.kind) {
    case 'absent':
      return (value) => value === undefined;
    case 'present':
      return (value) => value !== undefined;
    case 'values':
      return valuesTest(is.values);
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

/** Most values are scalars, which need not be written out to be compared. */
function valuesTest(values: readonly Json[]): JsonTest {
  if (values.every((value) => typeof value !== 'object')) {
    const known = new Set<Json | undefined>(values);
    return (value) => known.has(value);
  }
  const known = new Set(values.map((value) => JSON.stringify(value)));
  return (value) => value !== undefined && known.has(JSON.stringify(value));
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
      if (becomes.transform.value === toList)
        return (value) => (value === undefined || Array.isArray(value) ? failed : [value]);
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
export function refuseForbiddenKeys(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  if (hasForbiddenKey(value)) refuse(value, '');
}

/** Asked of every payload: so no path is written until one is needed. */
function hasForbiddenKey(value: Holder): boolean {
  if (Array.isArray(value)) {
    for (const item of value)
      if (typeof item === 'object' && item !== null && hasForbiddenKey(item)) return true;
    return false;
  }
  // No list of the keys is made: this is asked of every object of every payload.
  for (const key in value) {
    if (forbiddenKeys.has(key)) return true;
    const child = value[key];
    if (typeof child === 'object' && child !== null && hasForbiddenKey(child)) return true;
  }
  return false;
}

function refuse(value: Json | undefined, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) refuse(item, `${path}[]`);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    if (forbiddenKeys.has(key))
      throw new BridgeError('MAP_INPUT', `the payload has the key ${key}, which is never accepted`, {
        path: `${path}.${key}`,
      });
    refuse(child, `${path}.${key}`);
  }
}
