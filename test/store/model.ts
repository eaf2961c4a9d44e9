import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { depotKey, type Store, type StoreOp } from '../../src/store/index.js';
import { runs } from '../support/properties.js';

type Op =
  | StoreOp
  | { readonly op: 'get' | 'incr' | 'hashGetAll'; readonly key: string }
  | { readonly op: 'cas'; readonly key: string; readonly value: string; readonly ifVersion: number }
  | { readonly op: 'hashGet'; readonly key: string; readonly field: string }
  | { readonly op: 'commit'; readonly ops: readonly StoreOp[] }
  | { readonly op: 'append'; readonly key: string; readonly value: string };

const key = fc.constantFrom('a', 'b');
const field = fc.constantFrom('x', 'y');
const value = fc.constantFrom('1', '"two"', '{"three":[3]}');
const writes: fc.Arbitrary<StoreOp> = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key, value }),
  fc.record({ op: fc.constant('delete' as const), key }),
  fc.record({ op: fc.constant('hashSet' as const), key, field, value }),
  fc.record({ op: fc.constant('hashDelete' as const), key, field }),
);
const operations: fc.Arbitrary<Op> = fc.oneof(
  writes,
  fc.record({ op: fc.constantFrom('get' as const, 'incr' as const, 'hashGetAll' as const), key }),
  fc.record({ op: fc.constant('cas' as const), key, value, ifVersion: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ op: fc.constant('hashGet' as const), key, field }),
  fc.record({ op: fc.constant('commit' as const), ops: fc.array(writes, { maxLength: 6 }) }),
  fc.record({ op: fc.constant('append' as const), key, value }),
);

/** The least that behaves as a store should. */
class Model {
  readonly values = new Map<string, { value: string; version: number }>();
  readonly hashes = new Map<string, Map<string, string>>();
  readonly counters = new Map<string, number>();
  readonly streams = new Map<string, string[]>();

  run(op: Op): unknown {
    switch (op.op) {
      case 'get':
        return this.values.get(op.key) ?? null;
      case 'set':
        return this.set(op.key, op.value);
      case 'cas':
        return (this.values.get(op.key)?.version ?? 0) === op.ifVersion ? this.set(op.key, op.value) : null;
      case 'delete': {
        const had = this.values.delete(op.key);
        const hash = this.hashes.get(op.key);
        this.hashes.delete(op.key);
        return had || (hash?.size ?? 0) > 0;
      }
      case 'incr': {
        const sum = (this.counters.get(op.key) ?? 0) + 1;
        this.counters.set(op.key, sum);
        return sum;
      }
      case 'hashSet':
        this.hash(op.key).set(op.field, op.value);
        return undefined;
      case 'hashGet':
        return this.hash(op.key).get(op.field) ?? null;
      case 'hashGetAll':
        return Object.fromEntries(this.hash(op.key));
      case 'hashDelete':
        return this.hash(op.key).delete(op.field);
      case 'commit':
        for (const each of op.ops) this.run(each);
        return undefined;
      case 'append':
        this.streams.set(op.key, [...(this.streams.get(op.key) ?? []), op.value]);
        return 'id';
    }
  }

  private set(name: string, text: string): number {
    const version = (this.values.get(name)?.version ?? 0) + 1;
    this.values.set(name, { value: text, version });
    return version;
  }

  private hash(name: string): Map<string, string> {
    const hash = this.hashes.get(name) ?? new Map<string, string>();
    this.hashes.set(name, hash);
    return hash;
  }
}

async function runOn(store: Store, depot: string, op: Op): Promise<unknown> {
  const at = (name: string) => depotKey(depot, name);
  switch (op.op) {
    case 'get':
      return store.get(at(op.key));
    case 'set':
      return store.set(at(op.key), op.value);
    case 'cas':
      return store.set(at(op.key), op.value, { ifVersion: op.ifVersion });
    case 'delete':
      return store.delete(at(op.key));
    case 'incr':
      return store.incr(at(op.key));
    case 'hashSet':
      return store.hashSet(at(op.key), op.field, op.value);
    case 'hashGet':
      return store.hashGet(at(op.key), op.field);
    case 'hashGetAll':
      return store.hashGetAll(at(op.key));
    case 'hashDelete':
      return store.hashDelete(at(op.key), op.field);
    case 'commit':
      return store.commit(op.ops.map((each) => ({ ...each, key: at(each.key) })));
    case 'append':
      return store.append(at(op.key), op.value).then(() => 'id');
  }
}

/** Any sequence of operations, waited for one by one or sent at once, gives what the model gives. */
export function storeModel(name: string, open: () => Promise<Store>): void {
  describe(`any sequence of operations: ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store.close();
    });

    for (const atOnce of [false, true]) {
      test(atOnce ? 'sent at once, takes effect in order' : 'one by one', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(operations, { minLength: 1, maxLength: 40 }), async (ops) => {
            const depot = randomUUID();
            const model = new Model();
            const expected = ops.map((op) => model.run(op));
            const found = await results(store, depot, ops, atOnce);
            expect(found).toEqual(expected);
            for (const [stream, values] of model.streams) {
              const entries = await store.range(depotKey(depot, stream));
              expect(entries.map((entry) => entry.value)).toEqual(values);
            }
            const scanned = await store.scan(`{${depot}}:`);
            const live = [...model.values].sort(([a], [b]) => (a < b ? -1 : 1));
            expect(scanned).toEqual(live.map(([key, { value }]) => ({ key: depotKey(depot, key), value })));
          }),
          { numRuns: runs(40) },
        );
      });
    }
  });
}

async function results(store: Store, depot: string, ops: readonly Op[], atOnce: boolean): Promise<unknown[]> {
  const found: unknown[] = [];
  if (atOnce) return Promise.all(ops.map((op) => runOn(store, depot, op)));
  for (const op of ops) found.push(await runOn(store, depot, op));
  return found;
}
