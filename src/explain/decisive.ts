/** Why a rule that is a row of a table decided: what its inputs were, as far as that is out of the ordinary. */
import type { Source } from '../domain/index.js';
import type { InputCell, Json, RulePlace } from '../mapping/index.js';
import type { Bay, Case } from './case.js';
import { type Cause, causeOf } from './causes.js';

/** The causes in words; of inputs that the row does not look at, nothing. `view` is what the mapping was given. */
export function decidedBy(
  place: RulePlace | undefined,
  view: object | undefined,
  bay: Bay,
  one: Case,
): { readonly text: string; readonly sources: readonly Source[] } | undefined {
  if (!place || !view) return undefined;
  const causes = place.inputs.flatMap(({ path, cell }): Cause[] => {
    if (!cell || isAny(cell)) return [];
    const [, name = ''] = path.split('.');
    const value = (view as Readonly<Record<string, Json>>)[name];
    // What a station says of itself has the same name in its view as what a bay says in its own.
    const isOfStation = name === 'status' && place.mapping?.endsWith('.station') === true;
    const cause = causeOf(isOfStation ? 'stationStatus' : name, value, bay, one);
    return cause ? [cause] : [];
  });
  const distinct = causes.filter(({ text }, i) => causes.findIndex((each) => each.text === text) === i);
  if (distinct.length === 0) return undefined;
  return {
    text: distinct.map(({ text }) => text).join('; '),
    sources: distinct.flatMap(({ sources }) => sources),
  };
}

/** A cell that takes whatever comes has decided nothing. */
function isAny({ kind }: InputCell): boolean {
  return kind === 'any';
}
