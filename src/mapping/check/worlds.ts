/** Worlds: every combination of what can be present at the source and of the values that cells tell apart. */
import { type Abstract, fits, none, other, placeKey, possible } from '../resolve/domain.js';
import type { BoundPath, ClauseIr } from '../resolve/ir.js';
import type { InputCell } from '../syntax/ast.js';

/** Value per place; `none` = not there, `other` = there. */
export interface World {
  get(place: string): Abstract | undefined;
}

/** A world in which every place is decided. */
export type WholeWorld = ReadonlyMap<string, Abstract>;

/** A place of the source and the values it can have where the place above it is there. */
interface Place {
  readonly key: string;
  readonly parent: string | undefined;
  readonly values: readonly Abstract[];
}

type Accepts = (world: World) => boolean;

/** More worlds than this are not gone through. */
const mostWorlds = 30_000;

const absent: readonly Abstract[] = [none];

/**
 * The first world that is accepted; `complex` when there are too many to tell.
 *
 * Most often there is none. That is found by deciding only the places that `accepts` asks for: worlds that differ
 * elsewhere are all alike to it.
 */
export function findWorld(
  paths: readonly BoundPath[],
  clauses: readonly ClauseIr[],
  accepts: Accepts,
): WholeWorld | 'complex' | undefined {
  const places = placesOf(paths, clauses);
  const few = places.every(({ values }) => values.length > 0) && countOf(places) <= mostWorlds;
  return few && !new AskedWorlds(places).some(accepts) ? undefined : firstOf(places, accepts);
}

function valuesOf({ parent, values }: Place, world: World): readonly Abstract[] {
  return parent !== undefined && world.get(parent) === none ? absent : values;
}

/** How many whole worlds there are. */
function countOf(places: readonly Place[]): number {
  const beneath = new Map<string | undefined, number>();
  // Children first: beneath a place that is absent, there is one world.
  for (const { key, parent, values } of [...places].reverse()) {
    const inside = beneath.get(key) ?? 1;
    const own = values.reduce<number>((sum, value) => sum + (value === none ? 1 : inside), 0);
    beneath.set(parent, (beneath.get(parent) ?? 1) * own);
  }
  return beneath.get(undefined) ?? 1;
}

function firstOf(places: readonly Place[], accepts: Accepts): WholeWorld | 'complex' | undefined {
  let left = mostWorlds;
  const search = (i: number, world: Map<string, Abstract>): WholeWorld | 'complex' | undefined => {
    const place = places[i];
    if (!place) {
      if (left-- <= 0) return 'complex';
      return accepts(world) ? new Map(world) : undefined;
    }
    for (const value of valuesOf(place, world)) {
      world.set(place.key, value);
      const found = search(i + 1, world);
      if (found) return found;
    }
    return undefined;
  };
  return search(0, new Map());
}

/** Worlds in which a place is decided when it is first asked for; every place has a value it can have. */
class AskedWorlds implements World {
  private readonly places: ReadonlyMap<string, Place>;
  private readonly decided = new Map<string, Abstract>();
  /** What was decided, in order, and which of its values it has. */
  private readonly trail: { readonly key: string; readonly values: readonly Abstract[]; at: number }[] = [];

  constructor(places: readonly Place[]) {
    this.places = new Map(places.map((place) => [place.key, place]));
  }

  get(key: string): Abstract | undefined {
    const known = this.decided.get(key);
    const place = known === undefined ? this.places.get(key) : undefined;
    if (!place) return known;
    const values = valuesOf(place, this);
    const first = values[0] as Abstract;
    this.decided.set(key, first);
    this.trail.push({ key, values, at: 0 });
    return first;
  }

  /** Whether one of them is accepted. */
  some(accepts: Accepts): boolean {
    do if (accepts(this)) return true;
    while (this.next());
    return false;
  }

  /** Gives the place decided last its next value; those that have had all are open again. */
  private next(): boolean {
    for (let last = this.trail.at(-1); last; last = this.trail.at(-1)) {
      const value = last.values[++last.at];
      if (value !== undefined) {
        this.decided.set(last.key, value);
        return true;
      }
      this.decided.delete(last.key);
      this.trail.pop();
    }
    return false;
  }
}

function placesOf(paths: readonly BoundPath[], clauses: readonly ClauseIr[]): Place[] {
  const places = new Map<string, Place>();
  const wholes = new Map<string, BoundPath>();
  for (const path of paths) if (!wholes.has(placeKey(path))) wholes.set(placeKey(path), path);
  const cells = cellsByPlace(clauses);
  for (const path of paths)
    path.links.forEach(({ required }, i) => {
      const key = placeKey(path, i + 1);
      if (places.has(key)) return;
      const parent = i === 0 ? undefined : placeKey(path, i);
      const whole = wholes.get(key);
      const there: readonly Abstract[] = whole ? representatives(whole, cells.get(key) ?? []) : [other];
      places.set(key, { key, parent, values: required ? there : [...there, none] });
    });
  // Parents first: a longer key of the same chain comes later.
  return [...places.values()].sort((a, b) => a.key.length - b.key.length);
}

function cellsByPlace(clauses: readonly ClauseIr[]): Map<string, InputCell[]> {
  const cells = new Map<string, InputCell[]>();
  for (const { path, cell } of clauses) {
    const key = placeKey(path);
    const known = cells.get(key);
    if (known) known.push(cell);
    else cells.set(key, [cell]);
  }
  return cells;
}

/** One value for each set of values that no cell tells apart. */
function representatives(path: BoundPath, cells: readonly InputCell[]): Abstract[] {
  if (cells.length === 0) return [other];
  const telling = cells.filter(({ kind }) => kind === 'set');
  const bySignature = new Map<string, Abstract>();
  for (const value of possible(path, telling, [])) {
    if (value === none) continue;
    const signature = telling.map((cell) => Number(fits(cell, value, path))).join('');
    if (!bySignature.has(signature)) bySignature.set(signature, value);
  }
  return [...bySignature.values()];
}
