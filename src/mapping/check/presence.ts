/**
 * Whether a target is set, decided for every world: every combination of what can be present at the source and
 * of the values that cells tell apart. Required targets and optional objects are proven over all worlds.
 */
import { fits, isBeneath, none, other, placeKey } from '../resolve/domain.js';
import type { BoundPath, ClauseIr, FieldIr, MappingIr, TableIr } from '../resolve/ir.js';
import type { InputCell } from '../syntax/ast.js';
import { transforms } from '../transforms.js';
import type { Assignment } from './targets.js';
import { findWorld, type WholeWorld, type World } from './worlds.js';

/** Whether something is set in a world; `void` when the object fails there anyway. */
export type Presence = 'yes' | 'maybe' | 'no' | 'void';

/** A question about presence and the source paths (with the cells on them) that its answer depends on. */
export interface Formula {
  readonly clauses: readonly ClauseIr[];
  readonly paths: readonly BoundPath[];
  readonly holds: (world: World) => Presence;
}

function isPresent(world: World, path: BoundPath): boolean {
  return world.get(placeKey(path)) !== none;
}

/** Whether a cell takes what a world has there; what takes anything does not ask. */
function takes(cell: InputCell, path: BoundPath | undefined, world: World): boolean {
  return cell.kind !== 'set' || (path !== undefined && fits(cell, world.get(placeKey(path)) ?? other, path));
}

function meets(world: World, clauses: readonly ClauseIr[]): boolean {
  return clauses.every(({ path, cell }) => takes(cell, path, world));
}

/** Answers questions about one mapping. */
export class PresenceModel {
  private readonly mapping: MappingIr;
  private readonly all: ReadonlyMap<string, MappingIr>;
  private readonly assignments: readonly Assignment[];
  private readonly known = new Map<Assignment, Formula>();

  constructor(mapping: MappingIr, all: ReadonlyMap<string, MappingIr>, assignments: readonly Assignment[]) {
    this.mapping = mapping;
    this.all = all;
    this.assignments = assignments;
  }

  /** Whether anything at or beneath a target place is set by these assignments. */
  anyOf(assignments: readonly Assignment[]): Formula {
    const formulas = assignments.map((assignment) => this.formulaOf(assignment));
    return {
      clauses: formulas.flatMap(({ clauses }) => clauses),
      paths: formulas.flatMap(({ paths }) => paths),
      holds: (world) => strongest(formulas, world),
    };
  }

  /** A world that the mapping's `only` admits and `wrong` accepts; `complex` when there are too many to tell. */
  find(formulas: readonly Formula[], wrong: (world: World) => boolean): WholeWorld | 'complex' | undefined {
    const clauses = [...this.mapping.only, ...formulas.flatMap((formula) => formula.clauses)];
    const paths = [...clauses.map(({ path }) => path), ...formulas.flatMap((formula) => formula.paths)];
    return findWorld(paths, clauses, (world) => meets(world, this.mapping.only) && wrong(world));
  }

  private formulaOf(assignment: Assignment): Formula {
    let formula = this.known.get(assignment);
    if (!formula) {
      formula = this.formula(assignment);
      this.known.set(assignment, formula);
    }
    return formula;
  }

  private formula(assignment: Assignment, depth = 0): Formula {
    const { by, path } = assignment;
    const groups = this.mapping.groups
      .filter((group) => isBeneath(path, group.target))
      .flatMap(({ when }) => when);
    const inner =
      by.kind === 'field'
        ? this.fieldFormula(by.field, depth)
        : by.kind === 'table'
          ? tableFormula(by.table, by.column)
          : maybe;
    return {
      clauses: [...groups, ...inner.clauses],
      paths: inner.paths,
      holds: (world) => (meets(world, groups) ? inner.holds(world) : 'no'),
    };
  }

  private fieldFormula(field: FieldIr, depth: number): Formula {
    const sourceClauses = field.when.filter(({ path }) => path.side === 'source');
    const targets = field.when
      .filter(({ path }) => path.side === 'target')
      .map(({ path }) => this.assignments.filter((other_) => isBeneath(other_.path, path)))
      .map((assignments) =>
        depth > 8 ? [] : assignments.map((assignment) => this.formula(assignment, depth + 1)),
      );
    const value = this.valueFormula(field);
    const nested = targets.flat();
    return {
      clauses: [...sourceClauses, ...nested.flatMap(({ clauses }) => clauses)],
      paths: [...value.paths, ...nested.flatMap(({ paths }) => paths)],
      holds: (world) => {
        if (!meets(world, sourceClauses)) return 'no';
        let answer = value.holds(world);
        for (const formulas of targets) answer = weaker(answer, strongest(formulas, world));
        return answer;
      },
    };
  }

  private valueFormula({ source, by, target }: FieldIr): Formula {
    const drops = by.some((name) => transforms.get(name.value)?.drops);
    const sure: Presence = drops ? 'maybe' : 'yes';
    const of = (paths: readonly BoundPath[], holds: (world: World) => Presence): Formula => ({
      clauses: [],
      paths,
      holds,
    });
    switch (source.kind) {
      case 'const':
        return of([], () => 'yes');
      case 'from':
        return of([source.path], (world) => (isPresent(world, source.path) ? sure : 'no'));
      case 'first':
      case 'join':
        return of(source.paths, (world) =>
          source.paths.some((path) => isPresent(world, path)) ? sure : 'no',
        );
      case 'identity': {
        const known: Presence = source.optional ? 'maybe' : sure;
        return of(source.key, (world) => (source.key.every((path) => isPresent(world, path)) ? known : 'no'));
      }
      case 'object':
      case 'each': {
        const used = this.all.get(source.using.value);
        const canVanish =
          source.kind === 'object'
            ? !used || used.only.length > 0 || used.fold
            : !target.links.at(-1)?.required && (target.node.bound('minItems') ?? 0) > 0;
        return of([source.path], (world) =>
          isPresent(world, source.path) ? (canVanish ? 'maybe' : 'yes') : 'no',
        );
      }
    }
  }
}

const maybe: Formula = { clauses: [], paths: [], holds: () => 'maybe' };

function tableFormula(table: TableIr, column: number): Formula {
  const clauses = [
    ...table.only,
    ...table.rows.flatMap((row) =>
      row.inputs.flatMap((cell, i) => {
        const path = table.inputs[i];
        return path ? [{ path, cell }] : [];
      }),
    ),
  ];
  const holds = (world: World): Presence => (meets(world, table.only) ? decided(table, column, world) : 'no');
  return { clauses, paths: table.inputs, holds };
}

function decided(table: TableIr, column: number, world: World): Presence {
  const row = table.rows.find(({ inputs }) => inputs.every((cell, i) => takes(cell, table.inputs[i], world)));
  if (!row) return 'void';
  const cell = row.outputs[column];
  if (!cell || cell.kind === 'nothing') return 'no';
  const input = cell.kind === 'copy' ? table.inputs[cell.input] : undefined;
  return cell.kind === 'literal' || (input && isPresent(world, input)) ? 'yes' : 'no';
}

function strongest(formulas: readonly Formula[], world: World): Presence {
  let strong: Presence = 'no';
  for (const { holds } of formulas) {
    const answer = holds(world);
    if (answer === 'void') return answer;
    if (answer === 'yes' || strong === 'no') strong = answer;
  }
  return strong;
}

const fromWeakest: readonly Presence[] = ['void', 'no', 'maybe', 'yes'];

function weaker(one: Presence, another: Presence): Presence {
  return fromWeakest.indexOf(one) < fromWeakest.indexOf(another) ? one : another;
}
