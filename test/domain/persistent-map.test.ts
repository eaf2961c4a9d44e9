import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from '../../src/domain/index.js';
import { runs } from '../support/properties.js';

interface Value {
  readonly n: number;
}

type Step =
  | { readonly do: 'set'; readonly key: string; readonly n: number }
  | { readonly do: 'without'; readonly keys: readonly string[] }
  | { readonly do: 'back'; readonly to: number };

const key = fc.integer({ min: 0, max: 120 }).map((n) => `k${n}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('set' as const), key, n: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('without' as const), keys: fc.array(key) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('back' as const), to: fc.nat() }) },
);

interface Version {
  readonly map: PersistentMap<Value>;
  readonly model: ReadonlyMap<string, Value>;
}

const EMPTY: Version = { map: PersistentMap.of(), model: new Map() };

/** A map and what it must hold, as they are after each step; `back` goes on from an earlier one, as a rollback does. */
function versionsOf(steps: readonly Step[]): Version[] {
  const versions = [EMPTY];
  for (const taken of steps) {
    const { map, model } = versions.at(taken.do === 'back' ? taken.to % versions.length : -1) ?? EMPTY;
    if (taken.do === 'set') {
      const value = { n: taken.n };
      versions.push({ map: map.set(taken.key, value), model: new Map(model).set(taken.key, value) });
    } else if (taken.do === 'without') {
      const kept = [...model].filter(([held]) => !taken.keys.includes(held));
      versions.push({ map: map.without(new Set(taken.keys)), model: new Map(kept) });
    } else versions.push({ map, model });
  }
  return versions;
}

const sorted = <T>(entries: Iterable<readonly [string, T]>) =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

describe('PersistentMap', () => {
  it('holds what a map holds, in every version, also after going back to an earlier one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        for (const { map, model } of versionsOf(steps)) {
          expect(map.size).toBe(model.size);
          expect(sorted(map)).toEqual(sorted(model));
          expect(sorted(map.keys().map((held, place) => [held, map.values()[place]] as const))).toEqual(
            sorted(model),
          );
          for (const [held, value] of model) expect(map.get(held)).toBe(value);
          expect(map.get('nobody')).toBeUndefined();
          expect(JSON.parse(JSON.stringify(map))).toEqual(Object.fromEntries(model));
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it('tells what differs between any two versions', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), fc.nat(), (steps, a, b) => {
        const versions = versionsOf(steps);
        const before = versions[a % versions.length] ?? EMPTY;
        const after = versions[b % versions.length] ?? EMPTY;
        const told = new Map(after.map.changesSince(before.map));
        for (const held of new Set([...before.model.keys(), ...after.model.keys()])) {
          const [was, is] = [before.model.get(held), after.model.get(held)];
          expect(told.has(held)).toBe(was !== is);
          expect(told.get(held)).toBe(was === is ? undefined : is);
        }
        expect([...told.keys()].every((held) => before.model.has(held) || after.model.has(held))).toBe(true);
      }),
    );
  });

  it('keeps the order in which keys were first set', () => {
    const keys = Array.from({ length: 100 }, (_, n) => `key ${(n * 37) % 100}`);
    const made = PersistentMap.of(keys.slice(0, 50).map((each) => [each, {}]));
    const grown = keys.slice(50).reduce((map, each) => map.set(each, {}), made);
    const changed = keys.reduce((map, each) => map.set(each, { changed: true }), grown);
    expect(changed.keys()).toEqual(keys);
    expect([...changed].map(([each]) => each)).toEqual(keys);
  });

  it('is the same map if nothing changes', () => {
    const value = {};
    const map = PersistentMap.of([['a', value]]);
    expect(map.set('a', value)).toBe(map);
    expect(map.without(new Set(['b']))).toBe(map);
    expect([...map.changesSince(map)]).toEqual([]);
  });

  it('is compared by what it holds', () => {
    const map = PersistentMap.of([['a', { n: 1 }]]);
    expect(map).toEqual(PersistentMap.of([['a', { n: 1 }]]));
    expect(map).not.toEqual(PersistentMap.of([['a', { n: 2 }]]));
    expect(map).not.toEqual(PersistentMap.of([['b', { n: 1 }]]));
  });
});
