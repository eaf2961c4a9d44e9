/**
 * Whether a target is set, decided for every world: every combination of what can be present at the source and
 * of the values that cells tell apart. Required targets and optional objects are proven over all worlds.
 */
import { type Abstract, fits, isBeneath, none, other, placeKey, possible } from '../resolve/domain.js';
import type { BoundPath, ClauseIr, FieldIr, MappingIr, TableIr } from '../resolve/ir.js';
import type { InputCell } from '../syntax/ast.js';
import { transforms } from '../transforms.js';
import type { Assignment } from './targets.js';

/** Value per place; `none` = not there, `other` = there. */
export type World = ReadonlyMap<string, Abstract>;

/** Whether something is set in a world; `void` when the object fails there anyway. */
export type Presence = 'yes' | 'maybe' | 'no' | 'void';

/** A question about presence and the source paths (with the cells on them) that its answer depends on. */
export interface Formula {
  readonly clauses: readonly ClauseIr[];
  readonly paths: readonly BoundPath[];
  readonly holds: (world: World) => Presence;
}

const mostWorlds = 30_000;

function isPresent(world: World, path: BoundPath): boolean {
  return world.get(placeKey(path)) !== none;
}

function meets(world: World, clauses: readonly ClauseIr[]): boolean {
  return clauses.every(({ path, cell }) => fits(cell, world.get(placeKey(path)) ?? other, path));
}

/** Answers questions about one mapping. */
export class PresenceModel {
  private readonly mapping: MappingIr;
  private readonly all: ReadonlyMap<string, MappingIr>;
  private readonly assignments: readonly Assignment[];

  constructor(mapping: MappingIr, all: ReadonlyMap<string, MappingIr>, assignments: readonly Assignment[]) {
    this.mapping = mapping;
    this.all = all;
    this.assignments = assignments;
  }

  /** Whether anything at or beneath a target place is set by these assignments. */
  anyOf(assignments: readonly Assignment[]): Formula {
    const formulas = assignments.map((assignment) => this.formula(assignment));
    return {
      clauses: formulas.flatMap(({ clauses }) => clauses),
      paths: formulas.flatMap(({ paths }) => paths),
      holds: (world) => strongest(formulas.map(({ holds }) => holds(world))),
    };
  }

  /** A world that the mapping's `only` admits and `wrong` accepts; `complex` when there are too many to tell. */
  find(formulas: readonly Formula[], wrong: (world: World) => boolean): World | 'complex' | undefined {
    const clauses = [...this.mapping.only, ...formulas.flatMap((formula) => formula.clauses)];
    const paths = [...clauses.map(({ path }) => path), ...formulas.flatMap((formula) => formula.paths)];
    const places = placesOf(paths, clauses);
    let left = mostWorlds;
    const search = (i: number, world: Map<string, Abstract>): World | 'complex' | undefined => {
      const place = places[i];
      if (!place) {
        if (left-- <= 0) return 'complex';
        return meets(world, this.mapping.only) && wrong(world) ? new Map(world) : undefined;
      }
      for (const value of place.values(world)) {
        world.set(place.key, value);
        const found = search(i + 1, world);
        if (found) return found;
      }
      return undefined;
    };
    return search(0, new Map());
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
        const conditions = targets.map((formulas) => strongest(formulas.map(({ holds }) => holds(world))));
        return weakest([...conditions, value.holds(world)]);
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
  const holds = (world: World): Presence => {
    if (!meets(world, table.only)) return 'no';
    const row = table.rows.find(({ inputs }) =>
      inputs.every((cell, i) => {
        const path = table.inputs[i];
        return path && fits(cell, world.get(placeKey(path)) ?? other, path);
      }),
    );
    if (!row) return 'void';
    const cell = row.outputs[column];
    if (!cell || cell.kind === 'nothing') return 'no';
    const input = cell.kind === 'copy' ? table.inputs[cell.input] : undefined;
    return cell.kind === 'literal' || (input && isPresent(world, input)) ? 'yes' : 'no';
  };
  return { clauses, paths: table.inputs, holds };
}

function strongest(answers: readonly Presence[]): Presence {
  for (const answer of ['void', 'yes', 'maybe'] as const) if (answers.includes(answer)) return answer;
  return 'no';
}

function weakest(answers: readonly Presence[]): Presence {
  for (const answer of ['void', 'no', 'maybe'] as const) if (answers.includes(answer)) return answer;
  return 'yes';
}

/** A place of the source and the values it can have, given those of the places above it. */
interface Place {
  readonly key: string;
  readonly values: (world: World) => readonly Abstract[];
}

function placesOf(paths: readonly BoundPath[], clauses: readonly ClauseIr[]): Place[] {
  const places = new Map<string, Place>();
  for (const path of paths)
    path.links.forEach(({ required }, i) => {
      const key = placeKey(path, i + 1);
      if (places.has(key)) return;
      const parent = i === 0 ? undefined : placeKey(path, i);
      const whole = paths.find((other_) => placeKey(other_) === key);
      const there: readonly Abstract[] = whole ? representatives(whole, clauses) : [other];
      const orAbsent: readonly Abstract[] = [...there, none];
      const absent: readonly Abstract[] = [none];
      places.set(key, {
        key,
        values: (world): readonly Abstract[] => {
          if (parent !== undefined && world.get(parent) === none) return absent;
          return required ? there : orAbsent;
        },
      });
    });
  // Parents first: a longer key of the same chain comes later.
  return [...places.values()].sort((a, b) => a.key.length - b.key.length);
}

/** One value for each set of values that no cell tells apart. */
function representatives(path: BoundPath, clauses: readonly ClauseIr[]): Abstract[] {
  const key = placeKey(path);
  const cells: InputCell[] = clauses
    .filter((clause) => placeKey(clause.path) === key)
    .map(({ cell }) => cell);
  const bySignature = new Map<string, Abstract>();
  for (const value of possible(path, cells, [])) {
    if (value === none) continue;
    const signature = cells.map((cell) => Number(fits(cell, value, path))).join('');
    if (!bySignature.has(signature)) bySignature.set(signature, value);
  }
  return cells.length === 0 ? [other] : [...bySignature.values()];
}
