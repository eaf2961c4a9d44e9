/** Cells, sources and conditions as their author would write them. */
import type { BoundPath, ClauseIr, FieldIr } from '../resolve/ir.js';
import type { InputCell, OutputCell, RepairAction, RepairTest } from '../syntax/ast.js';

/** An input cell: `Faulted`, `[A, B]`, `not A`, `absent`, `_`. */
export function inputText(cell: InputCell): string {
  if (cell.kind !== 'set') return cell.kind === 'any' ? '_' : 'else';
  const words = [...(cell.absent ? ['absent'] : []), ...cell.values.map(({ value }) => String(value))];
  if (cell.not && cell.absent && cell.values.length === 0) return 'present';
  const set = words.length === 1 ? (words[0] ?? '') : `[${words.join(', ')}]`;
  return cell.not ? `not ${set}` : set;
}

/** An output cell: `CHARGING`, `=2`, `~`. */
export function outputText(cell: OutputCell): string {
  if (cell.kind === 'nothing') return '~';
  return cell.kind === 'copy' ? `=${cell.input + 1}` : String(cell.value);
}

/** A condition: `msg.connectorId: not 0, msg.meterValue: present`; empty if there is none. */
export function conditionText(clauses: readonly ClauseIr[]): string {
  return clauses.map(({ path, cell }) => `${path.ref.text}: ${inputText(cell)}`).join(', ');
}

/** The source of a field: `first: [msg.timestamp, env.receivedAt], by: utc`. */
export function fieldText({ source, by, when, round, asIs }: FieldIr): string {
  const parts = [sourceText(source)];
  if (by.length > 0) parts.push(`by: ${by.map(({ value }) => value).join(', ')}`);
  if (round) parts.push(`round: ${round === 'half' ? 'true' : round}`);
  if (asIs) parts.push('as-is: true');
  if (when.length > 0) parts.push(`when: {${conditionText(when)}}`);
  return parts.join(', ');
}

function sourceText(source: FieldIr['source']): string {
  const list = (paths: readonly BoundPath[]): string => `[${paths.map(({ ref }) => ref.text).join(', ')}]`;
  switch (source.kind) {
    case 'const':
      return `const: ${JSON.stringify(source.value)}`;
    case 'from':
      return `from: ${source.path.ref.text}`;
    case 'first':
      return `first: ${list(source.paths)}`;
    case 'join':
      return `join: ${list(source.paths)}`;
    case 'identity':
      return `identity: ${source.identity}, key: ${list(source.key)}`;
    case 'each':
    case 'object':
      return `${source.kind}: ${source.path.ref.text}, using: ${source.using.value}`;
  }
}

/** What a repair looks for: `Error`, `longer: 20`. */
export function testText(test: RepairTest): string {
  switch (test.kind) {
    case 'values':
      return test.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'type':
      return `of type ${test.type}`;
    case 'longer':
      return `longer than ${test.than}`;
    case 'like':
      return `like ${test.pattern}`;
    case 'unknown':
      return 'a word the schema does not know';
    default:
      return test.kind;
  }
}

/** What a repair makes of it: `OtherError`, `by fit`. */
export function actionText(action: RepairAction): string {
  switch (action.kind) {
    case 'value':
      return JSON.stringify(action.value);
    case 'remove':
      return 'removed';
    case 'by':
      return `by ${action.transform.value}`;
    case 'copy':
      return `a copy of ${action.sibling}`;
  }
}
