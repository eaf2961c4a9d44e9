import type { Json, JsonObject } from '../api.js';
import { placeKey } from '../resolve/domain.js';
import type { BoundPath } from '../resolve/ir.js';
import { fail, type Get, type Test } from '../run/frame.js';
import type { SchemaNode } from '../schema/node.js';
import { type Step, stepValue } from './steps.js';

/** A target path and how its value is made. */
export interface Leaf<L> {
  readonly path: BoundPath;
  readonly leaf: L;
}

/** A place of the target: a value, or an object or list with places beneath it. */
export interface Branch<L> {
  readonly key: string;
  readonly node: SchemaNode;
  readonly required: boolean;
  readonly path: string;
  leaf: L | undefined;
  readonly children: Map<string, Branch<L>>;
}

/** The places of a target as a tree. */
export function branches<L>(root: SchemaNode, alias: string, leaves: readonly Leaf<L>[]): Branch<L> {
  const top: Branch<L> = {
    key: '',
    node: root,
    required: true,
    path: alias,
    leaf: undefined,
    children: new Map(),
  };
  for (const leaf of leaves) insert(top, leaf);
  return top;
}

/** In the order of the schema, so that outputs look alike whatever the order of the table. */
export function inSchemaOrder<L>(branch: Branch<L>): Branch<L>[] {
  const order = [...branch.node.properties.keys()];
  return [...branch.children.values()].sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
}

/** Compiles leaves to a builder of the whole target object; required fields are made certain at each level. */
export function compileTree(
  mapping: string,
  root: SchemaNode,
  alias: string,
  leaves: readonly Leaf<Step>[],
  groups: ReadonlyMap<string, Test>,
): Get {
  return builder(mapping, branches(root, alias, leaves), groups, true).get;
}

function insert<L>(top: Branch<L>, { path, leaf }: Leaf<L>): void {
  let branch = top;
  path.links.forEach(({ step, node, required }, i) => {
    let child = branch.children.get(step);
    if (!child) {
      child = {
        key: step,
        node,
        required,
        path: placeKey(path, i + 1),
        leaf: undefined,
        children: new Map(),
      };
      branch.children.set(step, child);
    }
    branch = child;
  });
  branch.leaf = leaf;
}

function builder(
  mapping: string,
  branch: Branch<Step>,
  groups: ReadonlyMap<string, Test>,
  forced: boolean,
): Step {
  const made: Step | undefined =
    branch.children.size > 0
      ? { kind: 'get', get: objectBuilder(mapping, branch, groups, forced) }
      : branch.leaf;
  if (!made) return { kind: 'get', get: () => undefined };
  const group = groups.get(branch.path);
  if (!group) return made;
  const { get } = made;
  return { kind: 'get', get: (frame) => (group(frame) ? get(frame) : undefined) };
}

function objectBuilder(
  mapping: string,
  branch: Branch<Step>,
  groups: ReadonlyMap<string, Test>,
  forced: boolean,
): Get {
  const element = branch.children.get('[0]');
  if (element) {
    const make = builder(mapping, element, groups, false).get;
    return (frame) => {
      const value = make(frame);
      return value === undefined ? undefined : [value];
    };
  }
  const children = inSchemaOrder(branch);
  const steps = children.map((child) => builder(mapping, child, groups, false));
  const keys = children.map((child) => child.key);
  const required = children.map((child) => child.required);
  const paths = children.map((child) => child.path);
  const start = branch.leaf?.get;
  const count = steps.length;
  const Shape = plainObjects();
  return (frame) => {
    let object: JsonObject | undefined = forced || start?.(frame) !== undefined ? new Shape() : undefined;
    let missing = -1;
    let held = '';
    let holder: Json | undefined;
    for (let i = 0; i < count; i++) {
      const step = steps[i] as Step;
      if (step.kind === 'read' && step.holder !== held) {
        holder = step.hold(frame);
        held = step.holder;
      }
      const value = stepValue(step, holder, frame);
      if (value === undefined) {
        if (required[i] && missing < 0) missing = i;
      } else {
        object ??= new Shape();
        object[keys[i] as string] = value as Json;
      }
    }
    if (object !== undefined && missing >= 0) {
      const path = paths[missing] ?? '';
      return fail(frame, mapping, 'MAP_MISSING', `${path} is required and got no value`, { path });
    }
    return object;
  };
}

/**
 * A maker of plain objects of one kind. Each maker has a shape of its own in V8, which learns how many keys its
 * objects get and leaves room for them: a third faster than growing `{}` key by key.
 */
function plainObjects(): new () => JsonObject {
  const Shape = function Shape() {} as unknown as new () => JsonObject;
  Shape.prototype = Object.prototype;
  return Shape;
}
