/** What of a fold no other check can tell right from wrong, its examples must show. */
import type { Json } from '../api.js';
import type { FoldIr, MappingIr, TakeIr } from '../resolve/ir.js';
import type { ExampleAst, FoldRole } from '../syntax/ast.js';

/** A sampled value of an example, as the fold reads it. */
interface Sample {
  readonly value: number;
  readonly words: Readonly<Partial<Record<FoldRole, string>>>;
}

export interface Unshown {
  readonly at: ExampleAst['at'];
  readonly message: string;
}

/** What the examples of a mapping do not show of its fold; takes that it inherits are shown where they are written. */
export function unshownOfFold({ whole, fold }: MappingIr): Unshown[] {
  if (!fold) return [];
  const own = fold.take.filter(({ ast }) => whole.own.has(ast.id));
  if (own.length === 0) return [];
  const examples = whole.examples.map((example) => samplesOf(fold, example));
  const shows = (test: (samples: readonly Sample[]) => boolean): boolean => examples.some(test);
  const found = own.flatMap((take) => [...phaseFaults(take, shows), ...unitFaults(take, shows)]);
  return [...found, ...locationFaults(own, shows), ...contextFaults(fold, shows)];
}

type Shows = (test: (samples: readonly Sample[]) => boolean) => boolean;

function samplesOf({ over, read, ast }: FoldIr, { inputs }: ExampleAst): Sample[] {
  const list = at(inputs[over.ref.alias], over.ref.steps);
  if (!Array.isArray(list)) return [];
  return list.map((item): Sample => {
    const words: Partial<Record<FoldRole, string>> = {};
    for (const [role, path] of read) {
      const word = at(item, path.ref.steps.slice(over.ref.steps.length + 1));
      const known =
        typeof word === 'string' ? word : role === 'unit' ? undefined : ast.absent.get(role)?.value;
      if (known !== undefined) words[role] = known;
    }
    const value = read.get('value');
    const raw = value && at(item, value.ref.steps.slice(over.ref.steps.length + 1));
    return { value: typeof raw === 'string' || typeof raw === 'number' ? Number(raw) : Number.NaN, words };
  });
}

function at(value: Json | undefined, steps: readonly string[]): Json | undefined {
  return steps.reduce<Json | undefined>(
    (current, step) =>
      typeof current === 'object' && current !== null && !Array.isArray(current) ? current[step] : undefined,
    value,
  );
}

/** Values of a take's measurand, told apart by one role: whether two of them differ, so that the choice is seen. */
function tellsApart(
  take: TakeIr,
  role: FoldRole,
  samples: readonly Sample[],
  among: readonly string[],
): boolean {
  const byWord = new Map<string, number>();
  for (const { value, words } of samples) {
    const word = words[role];
    if (words.measurand === take.ast.measurand.value && word !== undefined && among.includes(word))
      byWord.set(word, value);
  }
  return new Set(byWord.values()).size > 1;
}

/** Sum, largest and mean of values that differ differ too, unless one of two is 0. */
function phaseFaults(take: TakeIr, shows: Shows): Unshown[] {
  const { ast } = take;
  if (ast.phases === 'none') return [];
  const shown = shows((samples) => {
    const own = samples.filter(({ words }) => words.measurand === ast.measurand.value);
    const phased = own.filter(({ value, words }) => words.phase !== undefined && value !== 0);
    return phased.length === own.length && new Set(phased.map(({ value }) => value)).size > 1;
  });
  const message = `no example has take ${ast.id} with a value for each of several phases, and none without: \`phases: ${ast.phases}\` is not shown`;
  return shown ? [] : [{ at: ast.at, message }];
}

function unitFaults({ ast }: TakeIr, shows: Shows): Unshown[] {
  const shown = shows((samples) =>
    samples.some(
      ({ value, words }) =>
        words.measurand === ast.measurand.value && words.unit === undefined && value !== 0,
    ),
  );
  const message = `no example has take ${ast.id} with a value that names no unit: \`unit: ${ast.unit.value}\` is not shown`;
  return shown ? [] : [{ at: ast.at, message }];
}

/** Once for each list of locations. */
function locationFaults(takes: readonly TakeIr[], shows: Shows): Unshown[] {
  const byList = new Map<string, TakeIr[]>();
  for (const take of takes) {
    const list = take.ast.locations.map(({ value }) => value).join(', ');
    if (take.ast.locations.length > 1) byList.set(list, [...(byList.get(list) ?? []), take]);
  }
  return [...byList].flatMap(([list, sharing]): Unshown[] => {
    const shown = shows((samples) =>
      sharing.some((take) => tellsApart(take, 'location', samples, list.split(', '))),
    );
    const [first] = sharing;
    const message = `no example has one quantity with other values at two of its locations: the order \`at: [${list}]\` is not shown`;
    return shown || !first ? [] : [{ at: first.ast.at, message }];
  });
}

function contextFaults({ ast, take }: FoldIr, shows: Shows): Unshown[] {
  const contexts = ast.contexts.map(({ value }) => value);
  if (contexts.length < 2) return [];
  const shown = shows((samples) => take.some((each) => tellsApart(each, 'context', samples, contexts)));
  const message =
    'no example has one quantity with other values in two contexts: the order of `contexts` is not shown';
  return shown ? [] : [{ at: ast.at, message }];
}
