/** Both backends of the engine side by side: closures, and the code generated from the same plan. */
import { expect } from 'vitest';
import { makeGeneration } from '../../../src/mapping/generation.js';
import type {
  IdentityResolver,
  Json,
  LoadedGeneration,
  MapNote,
  MapResult,
  RunContext,
  Selector,
} from '../../../src/mapping/index.js';
import { levelOf } from '../../../src/mapping/overlay/select.js';
import { Runner } from '../../../src/mapping/runner.js';

type Inputs = Readonly<Record<string, Json>>;

/** How often what happened. */
export interface Seen {
  made: number;
  none: number;
  failed: number;
}

export class Backends {
  readonly closures: LoadedGeneration;
  readonly mixed: LoadedGeneration;
  private readonly runners = new Map<string, Runner>();

  constructor({ parts }: LoadedGeneration) {
    const all = { ...parts, documents: null, schemas: null };
    this.closures = makeGeneration(all, { generateAfter: Number.POSITIVE_INFINITY });
    this.mixed = makeGeneration(all, { generateAfter: 0 });
    const executor = (name: string): Runner => this.runners.get(name) as Runner;
    for (const ir of parts.mappings) {
      const overlays = parts.overlays
        .filter(({ of }) => of === ir.name)
        .sort((a, b) => levelOf(b.ast) - levelOf(a.ast));
      const options = { generation: this.closures.id, executor, generateAfter: Number.POSITIVE_INFINITY };
      this.runners.set(ir.name, new Runner(ir, overlays, options));
    }
  }

  /** The generated code alone: undefined where it leaves a message to the closures. */
  generated(name: string, inputs: Inputs, context: RunContext): MapResult | null | undefined {
    return this.runner(name).variant(context.select).generate()?.run(inputs, context);
  }

  /** The text of the generated code. */
  source(name: string, select?: Selector): string | undefined {
    return this.runner(name).sourceFor(select)?.text;
  }

  private runner(name: string): Runner {
    const runner = this.runners.get(name);
    if (!runner) throw new Error(name);
    return runner;
  }

  /** Runs a message through both; everything either of them tells must be equal. */
  compare(name: string, inputs: Inputs, context: RunContext, seen: Seen): void {
    const before = JSON.stringify(inputs);
    const [passedOver, alsoPassedOver]: [MapNote[], MapNote[]] = [[], []];
    const expected = this.closures.mapping(name).run(inputs, { ...context, passedOver });
    const given = this.mixed.mapping(name).run(inputs, { ...context, passedOver: alsoPassedOver });
    expect(told(given)).toEqual(told(expected));
    expect(alsoPassedOver).toEqual(passedOver);
    const alone = this.generated(name, inputs, context);
    if (expected === null) seen.none++;
    else if (expected.ok) seen.made++;
    else seen.failed++;
    // It leaves nothing to the closures that can be made and told, and makes nothing that cannot.
    if (expected?.ok === false || passedOver.length > 0) expect(alone).toBeUndefined();
    else expect(told(alone as MapResult | null)).toEqual(told(expected));
    expect(JSON.stringify(inputs)).toBe(before);
  }
}

/** Everything a result tells; the value as text, since the order of its keys counts. */
function told(result: MapResult | null): unknown {
  if (result === undefined) return 'left to the closures';
  if (!result?.ok) return result;
  const { provenance, value, target, notes } = result;
  const paths = [...placesIn(value), 'no.such.path'];
  return {
    target,
    notes,
    value: JSON.stringify(value),
    plain: Object.getPrototypeOf(value) === Object.prototype,
    keys: Object.keys(result),
    generation: provenance.generation,
    rules: provenance.rules(),
    lineage: paths.map((path) => [path, provenance.ruleOf(path), provenance.sourcesOf(path)]),
  };
}

/** Every place in a value, with the numbers of elements. */
function placesIn(value: Json, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) return [path, ...value.flatMap((item, i) => placesIn(item, `${path}[${i}]`))];
  const beneath = Object.entries(value).flatMap(([key, item]) =>
    placesIn(item, path === '' ? key : `${path}.${key}`),
  );
  return [path, ...beneath];
}

/** Knows most keys. */
export const mostKeys: IdentityResolver = {
  resolve: (kind, key) => (key.join('').length % 5 === 4 ? undefined : `${kind}:${key.join('/')}`),
};

const wrong: readonly Json[] = [
  null,
  '',
  'x',
  0,
  -1,
  1.5,
  1e300,
  true,
  [],
  {},
  ['x'],
  [null],
  [{}],
  { a: 1 },
];

/** A copy with one place changed to something else, or left out. `dice` says which and to what. */
export function spoilt(value: Json, dice: readonly number[]): Json {
  const copy = structuredClone(value);
  const places: { holder: { [key: string]: Json }; key: string }[] = [];
  const visit = (holder: Json): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const key of Object.keys(holder)) {
      const held = holder as { [key: string]: Json };
      places.push({ holder: held, key });
      visit(held[key] as Json);
    }
  };
  visit(copy);
  const [where = 0, what = 0] = dice;
  const place = places[where % Math.max(1, places.length)];
  if (!place) return copy;
  const chosen = wrong[what % (wrong.length + 1)];
  if (chosen === undefined) delete place.holder[place.key];
  else place.holder[place.key] = structuredClone(chosen);
  return copy;
}
