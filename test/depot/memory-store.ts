/** A store in memory that can be told to refuse or to lose its answers: what a database does on a bad day. */
import { BridgeError } from '../../src/errors/index.js';
import { compareIds, parseId, type Store, type StoreOp } from '../../src/store/index.js';

/** What becomes of one operation; `unanswered`: it is done, and nobody is told. */
export type Luck = 'good' | 'refused' | 'unanswered';

export interface MemoryStore {
  readonly store: Store;
  /** Another store with what is kept now, as after a kill -9. */
  afterKill(): MemoryStore;
  readonly values: ReadonlyMap<string, string>;
}

type Rows = Map<string, { id: string; value: string }[]>;

/** `luckOf` is asked for each operation that writes, with the key or stream that it writes to. */
export function memoryStore(
  luckOf: (what: string) => Luck,
  values = new Map<string, string>(),
  streams: Rows = new Map(),
): MemoryStore {
  let seq = Math.max(0, ...[...streams.values()].flat().map(({ id }) => parseId(id).seq));
  const write = async (what: string, change: () => void): Promise<void> => {
    const luck = luckOf(what);
    if (luck !== 'refused') change();
    // Answers come later, in the order of the calls.
    await new Promise((resolve) => setImmediate(resolve));
    if (luck !== 'good') throw new BridgeError('STORE_UNAVAILABLE', `${what}: ${luck}`);
  };
  const apply = (op: StoreOp): void => {
    if (op.op === 'set') values.set(op.key, op.value);
    else if (op.op === 'delete') values.delete(op.key);
    else throw new Error(`no ${op.op} here`);
  };
  const begin: Store['begin'] = (stream, value) => {
    seq += 1;
    const id = `1-${seq}`;
    const stored = write(stream, () => {
      const text = typeof value === 'string' ? value : value.join('');
      streams.set(stream, [...(streams.get(stream) ?? []), { id, value: text }]);
    });
    return { id, stored };
  };
  const store: Partial<Store> = {
    begin,
    append: async (stream, value) => {
      const { id, stored } = begin(stream, value);
      await stored;
      return id;
    },
    commit: (ops) => write(ops[0]?.key ?? '', () => ops.forEach(apply)),
    get: async (key) => {
      const value = values.get(key);
      return value === undefined ? null : { value, version: 1 };
    },
    scan: async (prefix) =>
      [...values].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value })),
    range: async (stream, { after = '0-0', count = Number.POSITIVE_INFINITY } = {}) =>
      (streams.get(stream) ?? [])
        .filter(({ id }) => compareIds(parseId(id), parseId(after)) > 0)
        .slice(0, count),
    trim: async (stream, before) => {
      const held = streams.get(stream) ?? [];
      const kept = held.filter(({ id }) => compareIds(parseId(id), parseId(before)) >= 0);
      streams.set(stream, kept);
      return held.length - kept.length;
    },
    ping: async () => true,
  };
  return {
    store: store as Store,
    values,
    afterKill: () => memoryStore(() => 'good', new Map(values), structuredClone(streams)),
  };
}
