/**
 * The rules that a reducer asked for, of one group of paths after another. Messages of one kind are asked for the same
 * paths in the same order and mostly have the same rules, so what was asked is a place in a tree, found again and not
 * made anew for each message.
 */

/** Together, and behind one place; what is beyond is made for the message alone. */
const MOST_PLACES = 4_096;
const MOST_BEHIND = 8;

let places = 0;

/** What was asked so far. Never changes. */
export class Asked {
  /** By path. */
  readonly rules: Readonly<Record<string, string>>;
  #next: { readonly path: string; readonly rule: string; readonly to: Asked }[] | undefined;
  #json: string | undefined;

  constructor(rules: Readonly<Record<string, string>>) {
    this.rules = rules;
  }

  /** After one more path was asked for. */
  and(path: string, rule: string): Asked {
    if (this.#next)
      for (const next of this.#next) if (next.path === path && next.rule === rule) return next.to;
    const to = Object.hasOwn(this.rules, path) ? this : new Asked({ ...this.rules, [path]: rule });
    this.#next ??= [];
    if (this.#next.length < MOST_BEHIND && places < MOST_PLACES) {
      places += 1;
      this.#next.push({ path, rule, to });
    }
    return to;
  }

  /** The rules as JSON. */
  get json(): string {
    this.#json ??= JSON.stringify(this.rules);
    return this.#json;
  }
}

/** Nothing was asked. */
export const NOTHING_ASKED = new Asked({});
