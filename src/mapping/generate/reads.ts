import { cellTest } from '../compile/conditions.js';
import { isInherited, stepReader } from '../compile/paths.js';
import { ignoresCase } from '../resolve/domain.js';
import type { BoundPath, ClauseIr, MappingIr } from '../resolve/ir.js';
import type { InputCell } from '../syntax/ast.js';
import { literal, member } from './text.js';
import type { Writer } from './writer.js';

/** More words than this are looked up in a set. */
const mostCompared = 8;

/**
 * Writes reads of source paths. A read gives a variable that holds the value; null and undefined both mean that there is
 * none. Generated code leaves a message to the closures while one of its keys lies on the prototype of all objects: so a
 * plain read finds an object's own value. V8 looks at that once. Keys that every object answers to are read with care.
 */
export class Reads {
  private readonly writer: Writer;
  private readonly mapping: MappingIr;
  private readonly empty: string;
  /** Keys read from objects. */
  private readonly keys = new Set<string>();
  /** The variable of a target, for conditions on targets. */
  private readonly target: (path: BoundPath) => string;

  constructor(writer: Writer, mapping: MappingIr, target: (path: BoundPath) => string) {
    this.writer = writer;
    this.mapping = mapping;
    this.target = target;
    this.empty = writer.constant(Object.freeze({}));
  }

  read(path: BoundPath): string {
    if (path.side === 'target') return this.target(path);
    return this.steps(path.ref.alias, this.source(path.ref.alias), path.ref.steps);
  }

  source(alias: string): string {
    const index = this.mapping.sources.findIndex((source) => source.alias === alias);
    return index < 0 ? 'undefined' : `s${index}`;
  }

  /** Reads steps inside a variable; `of` tells variables apart. */
  steps(of: string, variable: string, steps: readonly string[]): string {
    const last = steps.at(-1);
    if (last === undefined) return variable;
    const key = `read ${JSON.stringify([of, ...steps])}`;
    if (steps.some(isInherited)) {
      const reader = this.writer.constant(stepReader(steps));
      return this.writer.once(key, 'r', () => `${reader}(${variable})`);
    }
    const holder = this.holder(of, variable, steps.slice(0, -1));
    return this.writer.once(key, 'r', () => this.member(holder, last === '[0]' ? '0' : last));
  }

  /** Reads a key of an object. */
  member(holder: string, key: string): string {
    this.keys.add(key);
    return member(holder, key);
  }

  /** Whether somebody has put a value under one of the keys on the prototype of all objects. */
  polluted(): string {
    const tests = [...this.keys].map((key) => `${member('Object.prototype', key)} !== undefined`);
    return tests.join(' || ') || 'false';
  }

  /** The object at the steps, or an empty one. */
  private holder(of: string, variable: string, steps: readonly string[]): string {
    const key = `holder ${JSON.stringify([of, ...steps])}`;
    return this.writer.once(key, 'h', () => {
      const value = this.steps(of, variable, steps);
      return `typeof ${value} === 'object' && ${value} !== null ? ${value} : ${this.empty}`;
    });
  }

  /** All clauses hold; undefined for none. The reads are written before. */
  condition(clauses: readonly ClauseIr[]): string | undefined {
    const tests = clauses.map(({ path, cell }) => this.test(cell, path, this.read(path)));
    return tests.length === 0 ? undefined : tests.join(' && ');
  }

  private test(cell: InputCell, path: BoundPath, value: string): string {
    if (cell.kind !== 'set') return 'true';
    const { not, absent, values } = cell;
    if (values.length === 0) return absent ? `${value} ${not ? '!=' : '=='} null` : String(not);
    if (ignoresCase(path) || values.length > mostCompared)
      return `${this.writer.constant(cellTest(cell, path))}(${value} ?? undefined)`;
    const tests = values.map((one) => `${value} === ${literal(one.value)}`);
    if (absent) tests.push(`${value} == null`);
    const all = tests.join(' || ');
    return not ? `!(${all})` : tests.length > 1 ? `(${all})` : all;
  }
}
