/** A scenario saw something else than the standard asks for. */
export class Deviation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Deviation';
  }
}

/** What was waited for did not come. */
export class Missing extends Deviation {}

/** A scenario cannot be played here. */
export class NotPlayable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotPlayable';
  }
}

/** @throws Deviation unless the condition holds */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Deviation(message);
}

/** The value. @throws NotPlayable if there is none */
export function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotPlayable(what);
  return value;
}
