// Random payloads for conformance checks: valid ones from a JSON Schema, and mutations that may or may not break it.
// Everything follows from a seed, so a disagreement can be run again.

export type Schema = Record<string, any>;

/** mulberry32: small, seeded, good enough to pick fields. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pick = <T>(rnd: () => number, list: readonly T[]): T => list[Math.floor(rnd() * list.length)] as T;

/** Sample strings by format or pattern; `valid` ones must satisfy it under every validator compared. */
export interface Samples {
  readonly formats: Readonly<Record<string, readonly string[]>>;
  readonly patterns: Readonly<Record<string, readonly string[]>>;
  /** Every optional field present, every list with one item. */
  readonly full?: boolean;
}

export const samples: Samples = {
  formats: {
    'date-time': ['2026-11-21T02:14:00Z', '2026-02-28T23:59:59.123+01:00', '2024-02-29T00:00:00-05:30'],
    uri: ['urn:depot:1', 'https://depot.example/points/7', 'vdv:463#1'],
    uuid: ['2f1c7a0e-5f6b-4a0b-9d2e-6f4f0f3b7c11', '00000000-0000-0000-0000-000000000000'],
  },
  patterns: {},
};

/** A valid value of a schema. `root` resolves references. */
export function valid(schema: Schema, root: Schema, rnd: () => number, use: Samples = samples, depth = 0): unknown {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return valid((root.definitions ?? root.$defs)[name], root, rnd, use, depth);
  }
  if (schema.anyOf && !schema.properties) return valid(pick(rnd, schema.anyOf), root, rnd, use, depth);
  if (schema.enum) return pick(rnd, schema.enum);
  if (schema.type === 'string') return text(schema, rnd, use);
  if (schema.type === 'boolean') return rnd() < 0.5;
  if (schema.type === 'integer' || schema.type === 'number') return numeric(schema, rnd);
  if (schema.type === 'array') {
    if (Array.isArray(schema.items)) return schema.items.map((item: Schema) => valid(item, root, rnd, use, depth + 1));
    const length = use.full ? 1 : Math.max(schema.minItems ?? 0, Math.floor(rnd() * (depth > 6 ? 2 : 3)));
    return Array.from({ length }, () => valid(schema.items ?? {}, root, rnd, use, depth + 1));
  }
  if (schema.type === 'object' || schema.properties) {
    const made: Record<string, unknown> = {};
    const needed = [...(schema.required ?? []), ...(schema.anyOf ? (pick<Schema>(rnd, schema.anyOf).required ?? []) : [])];
    for (const [name, child] of Object.entries<Schema>(schema.properties ?? {}))
      if (use.full || needed.includes(name) || rnd() < 0.4) made[name] = valid(child, root, rnd, use, depth + 1);
    return made;
  }
  return {};
}

function text(schema: Schema, rnd: () => number, use: Samples): string {
  if (schema.pattern) {
    const known = use.patterns[schema.pattern];
    if (!known) throw new Error(`no samples for the pattern ${schema.pattern}`);
    return pick(rnd, known).slice(0, schema.maxLength);
  }
  if (schema.format) return pick(rnd, use.formats[schema.format] ?? ['x']);
  return pick(rnd, ['x', 'Bus 7', 'Größe', '', 'A'.repeat(30)]).slice(0, schema.maxLength);
}

function numeric(schema: Schema, rnd: () => number): number {
  const low = schema.minimum ?? -500;
  const high = schema.maximum ?? 5000;
  const value = low + rnd() * (high - low);
  if (schema.type === 'integer') return Math.round(value);
  return schema.multipleOf === 0.1 ? Math.round(value * 10) / 10 : Math.round(value * 100) / 100;
}

/** Where values sit in a payload: the object or list that holds each, and its key. */
function places(value: any, found: [any, string | number][] = []): [any, string | number][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    places(value[key], found);
  }
  return found;
}

/** What mutations may put in a place: odd numbers, odd strings, other types, words of any enumeration. */
export interface Pool {
  readonly values: readonly unknown[];
  readonly names: readonly string[];
}

const odd = [
  ...[null, true, false, '', 'x', 0, -1, 100, 100.1, 101, 1.5, 1e21, -0.001, [], {}, [{}], [1], { a: 1 }],
  ...['2026-11-21T02:14:00', '2026-11-21', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-11-21T24:00:00Z'],
  ...['2026-11-21T02:14:00+0200', '2026-11-21T02:14:00+02', '2026-11-21T02:14:00+02:00[Europe/Berlin]'],
  ...['2026-11-21 02:14:00Z', '2026-11-21t02:14:00z', '2026-06-30T23:59:60Z', '2026-06-30T22:59:60Z'],
  ...['2026-11-21T02:14:00.123456789Z', '2026-11-21T02:14:00.Z', '1970-1-1T00:00:00Z', 'Presystem1', 'Customer1/CP1'],
  ...['urn:a:b', 'A'.repeat(37), 'A'.repeat(256), 'ä', 'a\u0007b', 'not-a-uuid'],
];

/** All words and property names of these schemas: the material of plausible mistakes. */
export function poolOf(roots: readonly Schema[]): Pool {
  const words = new Set<unknown>();
  const names = new Set<string>(['extra', 'x-vendor', '__proto']);
  const visit = (schema: any): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const word of schema.enum ?? []) words.add(word);
    if (typeof schema.properties === 'object') for (const name of Object.keys(schema.properties)) names.add(name);
    for (const child of Object.values(schema)) visit(child);
  };
  for (const root of roots) visit(root);
  return { values: [...odd, ...words], names: [...names] };
}

/** Changes the payload in one to three places. The result may still be valid. */
export function mutate(payload: unknown, pool: Pool, rnd: () => number): unknown {
  const holder = { payload: structuredClone(payload) };
  const times = 1 + Math.floor(rnd() * 3);
  for (let i = 0; i < times; i++) {
    const all = places(holder);
    const [owner, key] = pick(rnd, all);
    const target = owner[key];
    const kind = rnd();
    if (kind < 0.25 && key !== 'payload') {
      if (Array.isArray(owner)) owner.splice(Number(key), 1);
      else delete owner[key];
    } else if (kind < 0.6) owner[key] = structuredClone(pick(rnd, pool.values));
    else if (typeof target === 'object' && target !== null && !Array.isArray(target))
      target[pick(rnd, pool.names)] = structuredClone(pick(rnd, pool.values));
    else if (Array.isArray(target)) target.push(structuredClone(target[0] ?? pick(rnd, pool.values)));
    else if (typeof target === 'number') owner[key] = pick(rnd, [target + 0.5, -target, target * 1000, String(target)]);
    else if (typeof target === 'string') owner[key] = pick(rnd, [target.toLowerCase(), `${target} `, target.repeat(9)]);
  }
  return holder.payload;
}

/**
 * Every place of a payload, each spoilt in every way on its own: taken out, replaced by each value of the pool, an
 * unknown field put in, its list emptied. Where random mutation seldom gets, this always does.
 */
export function* probes(payload: unknown, pool: Pool): Generator<unknown> {
  const holder = { payload: structuredClone(payload) };
  for (const [owner, key] of places(holder)) {
    const kept = owner[key];
    for (const value of pool.values) {
      owner[key] = value;
      yield holder.payload;
    }
    owner[key] = kept;
    if (Array.isArray(kept)) {
      owner[key] = [];
      yield holder.payload;
      owner[key] = [...kept, ...kept];
      yield holder.payload;
    } else if (typeof kept === 'object' && kept !== null) {
      for (const name of pool.names) {
        if (Object.hasOwn(kept, name)) continue;
        owner[key] = { ...kept, [name]: 1 };
        yield holder.payload;
      }
    }
    owner[key] = kept;
    if (key === 'payload' || Array.isArray(owner)) continue;
    delete owner[key];
    yield holder.payload;
    owner[key] = kept;
  }
}
