import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findWorld, type WholeWorld, type World } from '../../src/mapping/check/worlds.js';
import { type Abstract, none, other } from '../../src/mapping/resolve/domain.js';
import type { BoundPath, ClauseIr } from '../../src/mapping/resolve/ir.js';
import { runs } from '../support/properties.js';

/** A place of a made-up source: below which other, whether it must be there, which values it has. */
interface Made {
  readonly parent: number;
  readonly required: boolean;
  readonly values: readonly string[];
}

/** Paths to every place, each beneath an earlier one or at the top. */
function pathsOf(made: readonly Made[]): BoundPath[] {
  const paths: BoundPath[] = [];
  for (const [i, { parent, required, values }] of made.entries()) {
    const above = paths[parent];
    const step = `p${i}`;
    const node = { enum: values, vocabulary: undefined, type: 'string' };
    const links = [...(above?.links ?? []), { step, node, required }];
    const steps = links.map((link) => link.step);
    const ref = { text: '', alias: 'm', steps };
    paths.push({ ref, key: ['m', ...steps].join('.'), side: 'source', links, node } as unknown as BoundPath);
  }
  return paths;
}

/** A cell per value, so that all are told apart. */
const clausesOf = (paths: readonly BoundPath[], made: readonly Made[]): ClauseIr[] =>
  paths.flatMap((path, i) =>
    (made[i]?.values ?? []).map(
      (value) =>
        ({
          path,
          cell: { kind: 'set', not: false, absent: false, values: [{ value }] },
        }) as unknown as ClauseIr,
    ),
  );

/** Every world, by plain counting. */
function everyWorld(paths: readonly BoundPath[], made: readonly Made[]): WholeWorld[] {
  return paths.reduce<Map<string, Abstract>[]>(
    (worlds, path, i) =>
      worlds.flatMap((world) => {
        const { parent = -1, required = true, values = [] } = made[i] ?? {};
        const gone = parent >= 0 && world.get(paths[parent]?.key ?? '') === none;
        const there: readonly Abstract[] = values.length > 0 ? values : [other];
        const orNone: readonly Abstract[] = required ? there : [...there, none];
        const own = gone ? [none as Abstract] : orNone;
        return own.map((value) => new Map(world).set(path.key, value));
      }),
    [new Map()],
  );
}

const places = fc
  .array(
    fc.record({
      above: fc.nat(6),
      required: fc.boolean(),
      values: fc.constantFrom([], ['a'], ['a', 'b'], ['a', 'b', 'c']),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ above, required, values }, i): Made => ({ parent: (above % (i + 1)) - 1, required, values })),
  );

/** Tests that ask for some places, in some order, and for the next only if the last had a certain value. */
const questions = fc.array(
  fc.tuple(fc.nat(5), fc.constantFrom<Abstract>('a', 'b', none, other), fc.boolean()),
  {
    minLength: 1,
    maxLength: 8,
  },
);

describe('the search for a world', () => {
  it('finds one if and only if there is one, and one that is accepted', () => {
    const count = { found: 0, none: 0 };
    fc.assert(
      fc.property(places, questions, (made, asked) => {
        const paths = pathsOf(made);
        const accepts = (world: World): boolean =>
          asked.every(
            ([at, value, same]) => (world.get(paths[at % paths.length]?.key ?? '') === value) === same,
          );
        const right = everyWorld(paths, made).filter(accepts);
        const found = findWorld(paths, clausesOf(paths, made), accepts);
        if (right.length === 0) expect(found).toBeUndefined();
        else {
          if (found === undefined || found === 'complex') throw new Error(`found ${found}`);
          expect(right).toContainEqual(found);
        }
        count[right.length === 0 ? 'none' : 'found']++;
      }),
      { numRuns: runs(2000) },
    );
    expect(Math.min(count.found, count.none)).toBeGreaterThan(200);
  });

  it('gives up where there are too many', () => {
    const made = Array.from(
      { length: 10 },
      (): Made => ({ parent: -1, required: false, values: ['a', 'b'] }),
    );
    const paths = pathsOf(made);
    const clauses = clausesOf(paths, made);
    expect(findWorld(paths, clauses, () => false)).toBe('complex');
    expect(findWorld(paths, clauses, () => true)).toBeInstanceOf(Map);
  });
});
