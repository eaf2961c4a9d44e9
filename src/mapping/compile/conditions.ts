import type { Json } from '../api.js';
import { ignoresCase, normal } from '../resolve/domain.js';
import type { BoundPath, ClauseIr } from '../resolve/ir.js';
import type { Get, Test } from '../run/frame.js';
import type { InputCell } from '../syntax/ast.js';

/** A test of one value against a cell. */
export function cellTest(cell: InputCell, path: BoundPath): (value: Json | undefined) => boolean {
  if (cell.kind !== 'set') return () => true;
  const { not, absent } = cell;
  if (cell.values.length === 0) return (value) => (value === undefined && absent) !== not;
  const folded = ignoresCase(path);
  const [single] = cell.values;
  if (single && cell.values.length === 1 && !absent && !folded) {
    const wanted = single.value;
    return not ? (value) => value !== wanted : (value) => value === wanted;
  }
  const values = new Set<Json>(cell.values.map(({ value }) => normal(value, path)));
  return (value) => {
    const inside =
      value === undefined
        ? absent
        : values.has(folded && typeof value === 'string' ? value.toLowerCase() : value);
    return inside !== not;
  };
}

/** All clauses must hold; undefined for none. `read` gives the reader of a clause's path. */
export function conditionTest(
  clauses: readonly ClauseIr[],
  read: (path: BoundPath) => Get,
): Test | undefined {
  const tests = clauses.map(({ path, cell }): Test => {
    const get = read(path);
    const test = cellTest(cell, path);
    return (frame) => test(get(frame));
  });
  const [first, second] = tests;
  if (!first) return undefined;
  if (!second) return first;
  if (tests.length === 2) return (frame) => first(frame) && second(frame);
  return (frame) => tests.every((test) => test(frame));
}
