import { didYouMean } from '../diagnostics.js';
import type { FoldIr } from '../resolve/ir.js';
import type { SchemaNode } from '../schema/node.js';
import type { FoldRole, Located } from '../syntax/ast.js';
import { conversion, knownUnits, meaningOf } from '../units.js';
import type { CheckContext } from './context.js';

/** The fold takes or ignores every measurand, knows every unit and context, and sets numbers of fitting units. */
export function checkFold(context: CheckContext, fold: FoldIr): void {
  const nodeOf = (role: FoldRole): SchemaNode | undefined => fold.read.get(role)?.node;
  const { ast } = fold;
  checkWords(context, nodeOf('measurand'), [...ast.take.map(({ measurand }) => measurand), ...ast.ignore]);
  checkComplete(context, fold, 'measurand', [
    ...ast.take.map(({ measurand }) => measurand.value),
    ...ast.ignore.map(({ value }) => value),
  ]);
  checkWords(context, nodeOf('context'), ast.contexts);
  checkComplete(
    context,
    fold,
    'context',
    ast.contexts.map(({ value }) => value),
  );
  for (const take of ast.take) checkWords(context, nodeOf('location'), take.locations);
  for (const [role, word] of ast.absent) checkWords(context, nodeOf(role), [word]);
  checkComplete(context, fold, 'unit', [...ast.units.keys()]);
  for (const [word, { value, at }] of ast.units) {
    const meant = meaningOf(word);
    if (!knownUnits.includes(value))
      context.add(
        'MAP_FOLD',
        at,
        `${value} is not a unit`,
        didYouMean(value, knownUnits) ?? `known: ${knownUnits.join(', ')}`,
      );
    else if (meant !== undefined && meant !== value)
      context.add('MAP_FOLD', at, `${word} means ${meant}, not ${value}`);
  }
  checkTakes(context, fold);
  if (fold.signed && fold.signed.node.items?.type !== 'string')
    context.add('MAP_TYPE', fold.signed.ref.at, `${fold.signed.node.title} is not a list of texts`);
}

function checkWords(
  context: CheckContext,
  node: SchemaNode | undefined,
  words: readonly Located<string>[],
): void {
  const known = node?.enum?.map(String);
  if (!known) return;
  for (const { value, at } of words) {
    context.report.enumValues++;
    if (!known.includes(value))
      context.add(
        'MAP_ENUM',
        at,
        `"${value}" is not a value of ${node?.title}`,
        didYouMean(value, known) ?? `it has ${known.join(', ')}`,
      );
  }
}

function checkComplete(context: CheckContext, fold: FoldIr, role: FoldRole, words: readonly string[]): void {
  const node = fold.read.get(role)?.node;
  const missing = (node?.enum ?? []).map(String).filter((value) => !words.includes(value));
  const what =
    role === 'measurand'
      ? 'neither taken nor ignored'
      : `not listed under \`${role === 'unit' ? 'units' : 'contexts'}\``;
  if (missing.length > 0) context.add('MAP_FOLD', fold.ast.at, `${role} ${what}: ${missing.join(', ')}`);
}

function checkTakes(context: CheckContext, fold: FoldIr): void {
  const seen = new Map<string, string>();
  for (const { ast, to } of fold.take) {
    const unit = fold.ast.units.get(ast.unit.value)?.value ?? ast.unit.value;
    if (to.node.type !== 'number')
      context.add('MAP_TYPE', to.ref.at, `${to.node.title} is ${to.node.type}, not number`);
    else if (!to.node.unit) context.add('MAP_UNIT', to.ref.at, `${to.node.title} has no unit`);
    else if (!knownUnits.includes(unit))
      context.add(
        'MAP_FOLD',
        ast.unit.at,
        `${ast.unit.value} is not a unit`,
        didYouMean(ast.unit.value, knownUnits),
      );
    else if (conversion(unit, to.node.unit) === undefined)
      context.add('MAP_UNIT', ast.unit.at, `${unit} is no ${to.node.unit} (${to.node.title})`);
    if (ast.locations.length === 0) context.add('MAP_FOLD', ast.at, `take ${ast.id} takes no location`);
    const target = seen.get(to.ref.text);
    if (target) context.add('MAP_DOUBLE', to.ref.at, `${to.ref.text} is taken by ${target} too`);
    seen.set(to.ref.text, ast.id);
  }
}
