import { nameOf, none, other, placeKey } from '../resolve/domain.js';
import type { SchemaNode } from '../schema/node.js';
import type { CheckContext } from './context.js';
import { type Formula, PresenceModel } from './presence.js';
import { type Assignment, assignmentsOf } from './targets.js';
import type { WholeWorld, World } from './worlds.js';

/** Required targets are set in every world; within optional objects, in every world in which the object is made. */
export function checkRequired(context: CheckContext): void {
  const assignments = assignmentsOf(context.mapping);
  const model = new PresenceModel(context.mapping, context.all, assignments);
  const { root, alias } = context.mapping.target;
  new RequiredCheck(context, model).object(root, alias, assignments, true);
}

class RequiredCheck {
  private readonly context: CheckContext;
  private readonly model: PresenceModel;

  constructor(context: CheckContext, model: PresenceModel) {
    this.context = context;
    this.model = model;
  }

  /** `place` is the path of an object; `assignments` those at or beneath it. */
  object(node: SchemaNode, place: string, assignments: readonly Assignment[], always: boolean): void {
    if (assignments.some((assignment) => placeKey(assignment.path) === place && !isConst(assignment))) return;
    for (const [name, property] of node.properties) {
      const child = `${place}.${name}`;
      const own = assignments.filter(({ path }) => isAt(placeKey(path), child));
      if (property.required) this.required(child, own, assignments, always);
      this.descend(property.node, child, own, always && property.required);
    }
  }

  private descend(node: SchemaNode, place: string, own: readonly Assignment[], always: boolean): void {
    if (own.length === 0) return;
    if (node.items && own.some(({ path }) => placeKey(path).startsWith(`${place}.[0]`)))
      this.object(node.items, `${place}.[0]`, own, always);
    else if (node.type === 'object') this.object(node, place, own, always);
  }

  private required(
    child: string,
    own: readonly Assignment[],
    siblings: readonly Assignment[],
    always: boolean,
  ): void {
    const set = this.model.anyOf(own);
    if (always) {
      this.prove(child, own, [set], (world) => isUnsure(set, world), siblings);
      return;
    }
    for (const sibling of siblings) {
      if (own.includes(sibling)) continue;
      const maker = this.model.anyOf([sibling]);
      const wrong = (world: World): boolean => {
        const made = maker.holds(world);
        return (made === 'yes' || made === 'maybe') && isUnsure(set, world);
      };
      if (!this.prove(child, own, [maker, set], wrong, [sibling])) return;
    }
  }

  private prove(
    child: string,
    own: readonly Assignment[],
    formulas: readonly Formula[],
    wrong: (world: World) => boolean,
    others: readonly Assignment[],
  ): boolean {
    const world = this.model.find(formulas, wrong);
    if (!world) return true;
    const { mapping, add } = this.context;
    const at = own[0]?.at ?? (child.split('.').length > 2 ? others[0]?.at : undefined) ?? mapping.whole.at;
    if (world === 'complex') {
      add('MAP_TOO_COMPLEX', at, `whether ${child} is always set cannot be proven: too many combinations`);
      return false;
    }
    const when = describe(world);
    const maker =
      others.length === 1 && own.length > 0 ? `, though ${others[0]?.path.ref.text} can be set then` : '';
    const message =
      own.length === 0
        ? `${child} is required, and nothing sets it${child.split('.').length > 2 && others[0] ? ` where ${others[0].path.ref.text} is set` : ''}`
        : `${child} is required, and can stay unset${when ? ` when ${when}` : ''}${maker}`;
    add('MAP_REQUIRED', at, message);
    return false;
  }
}

function isConst({ by }: Assignment): boolean {
  return by.kind === 'field' && by.field.source.kind === 'const';
}

function isAt(key: string, place: string): boolean {
  return key === place || key.startsWith(`${place}.`);
}

function isUnsure(formula: Formula, world: World): boolean {
  const answer = formula.holds(world);
  return answer === 'no' || answer === 'maybe';
}

/** The places of a world that are not simply there. */
function describe(world: WholeWorld): string {
  const parts: string[] = [];
  for (const [key, value] of world) {
    if (
      value === other ||
      (value === none && [...world].some(([above, v]) => v === none && key.startsWith(`${above}.`)))
    )
      continue;
    parts.push(value === none ? `${key} is absent` : `${key} is ${nameOf(value)}`);
  }
  return parts.slice(0, 4).join(' and ');
}
