/** A view: what one reader may see of the state, with the origin of each value beside it. */
import type { Instant, Leaf, Source } from '../source.js';
import type { DepotState } from '../state.js';
import type { RequestsOfDepot } from './requests.js';

export interface View<T> {
  readonly value: T;
  /** By path in `value` (`process.powerW`, `stations.0.points.1.status`): the raw frame and the rule that read it. */
  readonly sources: Readonly<Record<string, Source>>;
}

/** What the parts of one view share while it is built. */
export interface ViewContext {
  readonly state: DepotState;
  /** Decides which step of a limit is in force. */
  readonly now: Instant;
  readonly sources: Sources;
  readonly requests: RequestsOfDepot;
}

/** Collects sources while a view is built. */
export class Sources {
  readonly all: Record<string, Source> = {};

  /** The leaf's value under this path, or nothing: `...take('powerW', leaf)`. */
  take<K extends string, T>(prefix: string, key: K, leaf: Leaf<T> | undefined): { [P in K]?: T } {
    if (!leaf) return {};
    this.note(`${prefix}${key}`, leaf);
    return { [key]: leaf.value } as { [P in K]?: T };
  }

  note(path: string, source: Source): void {
    this.all[path] = { raw: source.raw, rule: source.rule };
  }
}

/** A copy without keys whose value is undefined (optional values are absent, never undefined). */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as never;
}
