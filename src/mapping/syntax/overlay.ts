import type { Span } from '../diagnostics.js';
import {
  type FieldAst,
  type OverlayAst,
  type Pattern,
  type RepairAction,
  type RepairAst,
  type RepairTest,
  type SelectKey,
  selectKeys,
  type TablePatch,
} from './ast.js';
import { inputCell, readCell } from './cells.js';
import { readExamples } from './examples.js';
import { readField } from './fields.js';
import { readName, readTable } from './mapping.js';
import type { YamlNode } from './node.js';
import type { Entry, Reader } from './reader.js';

const keys = [
  'overlay',
  'of',
  'message',
  'select',
  'profile',
  'repair',
  'tables',
  'fields',
  'examples',
] as const;

/** Reads an `overlay:` document. */
export function readOverlay(reader: Reader, node: YamlNode, at: Span): OverlayAst {
  const entries = new Map<string, Entry>();
  const unread = reader.findings.count;
  for (const entry of reader.entries(node, at, 'an overlay', keys)) entries.set(entry.key, entry);
  // What a misspelt key stands for is not missing.
  const misspelt = reader.findings.count > unread;
  const text = (key: string) => {
    const entry = entries.get(key);
    return entry && reader.text(entry.node, entry.at, `\`${key}\``);
  };
  const name = entries.get('overlay');
  const of = text('of');
  const message = text('message');
  if (of && message) reader.fail(message.at, 'an overlay has `of` or `message`, not both');
  else if (!of && !message && !misspelt)
    reader.fail(name?.keyAt ?? at, 'an overlay needs either `of` or `message`');
  const profilePart = entries.get('profile');
  const profile = profilePart ? reader.flag(profilePart.node, profilePart.at, '`profile`') : false;
  const selectPart = entries.get('select');
  const before = reader.findings.count;
  const select = readSelect(reader, selectPart);
  // A selection that could not be read is there all the same.
  const unreadable = reader.findings.count > before || (misspelt && !selectPart);
  if (profile === select.size > 0 && !unreadable)
    reader.fail(
      selectPart?.keyAt ?? name?.keyAt ?? at,
      'an overlay needs either `select` or `profile: true`',
      selectPart && !profile ? 'which stations it is for: {vendor: …, model: …}' : undefined,
    );
  if (message && (entries.has('tables') || entries.has('fields')))
    reader.fail(
      message.at,
      'an overlay of a message can only repair',
      'use `of: <mapping>` for tables and fields',
    );
  const examplesPart = entries.get('examples');
  return {
    kind: 'overlay',
    name: name ? readName(reader, name) : '',
    at: name?.at ?? at,
    range: at,
    profile,
    select,
    repair: readRepairs(reader, entries.get('repair')),
    tables: readMapOf<TablePatch>(reader, entries.get('tables'), readTable),
    fields: readMapOf<FieldAst>(reader, entries.get('fields'), readField),
    examples: examplesPart ? readExamples(reader, examplesPart) : [],
    ...(of && { of }),
    ...(message && { message }),
  };
}

function readMapOf<T>(
  reader: Reader,
  part: Entry | undefined,
  read: (reader: Reader, entry: Entry) => T | undefined,
): Map<string, T> {
  const found = new Map<string, T>();
  if (!part) return found;
  for (const item of reader.entries(part.node, part.at, `\`${part.key}\``)) {
    const value = reader.allowed(item.key, item.keyAt) ? read(reader, item) : undefined;
    if (value !== undefined) found.set(item.key, value);
  }
  return found;
}

function readSelect(reader: Reader, part: Entry | undefined): Map<SelectKey, readonly Pattern[]> {
  const found = new Map<SelectKey, readonly Pattern[]>();
  if (!part) return found;
  for (const item of reader.entries(part.node, part.at, '`select`', selectKeys))
    found.set(item.key as SelectKey, reader.texts(item.node, item.at, `\`${item.key}\``));
  return found;
}

function readRepairs(reader: Reader, part: Entry | undefined): RepairAst[] {
  if (!part) return [];
  const entries = reader.entries(part.node, part.at, '`repair`');
  return entries.flatMap((entry) =>
    reader.allowed(entry.key, entry.keyAt) ? (readRepair(reader, entry) ?? []) : [],
  );
}

function readRepair(reader: Reader, entry: Entry): RepairAst | undefined {
  const parts = new Map<string, Entry>();
  for (const part of reader.entries(entry.node, entry.at, 'a repair', ['at', 'is', 'if', 'becomes', 'why']))
    parts.set(part.key, part);
  const [at, is, becomes, why, condition] = ['at', 'is', 'becomes', 'why', 'if'].map((key) => parts.get(key));
  if (!at || !is || !becomes || !why) {
    reader.fail(entry.keyAt, 'a repair needs `at`, `is`, `becomes` and `why`');
    return undefined;
  }
  const path = reader.pathOf(at.node, at.at, '`at`');
  const test = readTest(reader, is);
  const action = readAction(reader, becomes);
  const reason = reader.text(why.node, why.at, '`why`');
  if (reason && !/\w/.test(reason.value))
    reader.fail(
      why.at,
      '`why` does not say where the deviation is documented',
      'the public reference: an issue, release notes, a manual',
    );
  const siblings = condition
    ? reader.entries(condition.node, condition.at, '`if`').flatMap((item) => {
        const cell = inputCell(reader, readCell(reader, item.node, item.at), false);
        return cell && reader.allowed(item.key, item.keyAt) ? [{ key: item.key, cell }] : [];
      })
    : [];
  if (!path || !test || !action || !reason) return undefined;
  return { id: entry.key, at: entry.keyAt, path, is: test, siblings, becomes: action, why: reason.value };
}

function readTest(reader: Reader, part: Entry): RepairTest | undefined {
  const { node, at } = part;
  if (node?.kind === 'map') {
    const [only] = reader.entries(node, at, '`is`', ['type', 'longer', 'unknown', 'like']);
    if (!only) return undefined;
    if (only.key === 'unknown')
      return reader.flag(only.node, only.at, '`unknown`') ? { kind: 'unknown' } : undefined;
    if (only.key === 'longer') {
      const than = reader.count(only.node, only.at, '`longer`');
      return than && { kind: 'longer', than: than.value };
    }
    const text = reader.text(only.node, only.at, `\`${only.key}\``)?.value;
    if (text === undefined) return undefined;
    return only.key === 'type' ? { kind: 'type', type: text } : { kind: 'like', pattern: text };
  }
  if (node?.kind === 'scalar' && (node.value === 'absent' || node.value === 'present'))
    return { kind: node.value };
  const value = reader.json(node, at);
  return { kind: 'values', values: Array.isArray(value) ? value : [value] };
}

function readAction(reader: Reader, part: Entry): RepairAction | undefined {
  const { node, at } = part;
  if (node?.kind === 'map') {
    const [only] = reader.entries(node, at, '`becomes`', ['by', 'copy']);
    const text = only && reader.text(only.node, only.at, `\`${only.key}\``);
    if (!only || !text) return undefined;
    return only.key === 'by' ? { kind: 'by', transform: text } : { kind: 'copy', sibling: text.value };
  }
  const value = reader.json(node, at);
  return value === null ? { kind: 'remove' } : { kind: 'value', value };
}
