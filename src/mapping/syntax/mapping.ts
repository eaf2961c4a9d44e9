import type { Span } from '../diagnostics.js';
import type {
  GroupAst,
  Listed,
  Located,
  MappingAst,
  RawRow,
  Removable,
  SchemaNameAst,
  TablePatch,
} from './ast.js';
import { readCell, readCondition } from './cells.js';
import { readExamples } from './examples.js';
import { readField } from './fields.js';
import { readFold } from './fold.js';
import type { YamlNode } from './node.js';
import type { Entry, Reader } from './reader.js';

const keys = [
  'mapping',
  'extends',
  'from',
  'to',
  'only',
  'tables',
  'fields',
  'groups',
  'fold',
  'ignore',
  'leave',
  'lossy',
  'drop',
  'reverse',
  'reverse-groups',
  'examples',
] as const;

const namePattern = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;

/** The name of a mapping or overlay. */
export function readName(reader: Reader, entry: Entry): string {
  const text = reader.text(entry.node, entry.at, `\`${entry.key}\``);
  if (text && !namePattern.test(text.value))
    reader.fail(
      text.at,
      `${text.value} is not a name`,
      'lower case letters and digits, parted by dots or dashes',
    );
  return text?.value ?? '';
}

/** Reads a `mapping:` document. */
export function readMapping(reader: Reader, node: YamlNode, at: Span): MappingAst {
  const entries = new Map<string, Entry>();
  for (const entry of reader.entries(node, at, 'a mapping', keys)) entries.set(entry.key, entry);
  const with_ = <T>(key: (typeof keys)[number], read: (entry: Entry) => T): T | undefined => {
    const entry = entries.get(key);
    return entry && read(entry);
  };
  const name = entries.get('mapping');
  const from = with_('from', (entry) => readNames(reader, entry)) ?? [];
  const to = with_('to', (entry) => readTarget(reader, entry));
  const base = with_('extends', (entry) => reader.text(entry.node, entry.at, '`extends`'));
  const only = with_('only', (entry) => readCondition(reader, entry.node, entry.at, '`only`'));
  const fold = with_('fold', (entry) => readFold(reader, entry));
  return {
    kind: 'mapping',
    name: name ? readName(reader, name) : '',
    at: name?.at ?? at,
    range: at,
    from,
    tables: with_('tables', (entry) => readTables(reader, entry)) ?? new Map(),
    fields: with_('fields', (entry) => readRemovable(reader, entry, readField)) ?? new Map(),
    groups: with_('groups', (entry) => readRemovable(reader, entry, readGroup)) ?? new Map(),
    ignore: with_('ignore', (entry) => readListed(reader, entry)) ?? [],
    leave: with_('leave', (entry) => readListed(reader, entry)) ?? [],
    lossy: with_('lossy', (entry) => readListed(reader, entry)) ?? [],
    drop: with_('drop', (entry) => readDrop(reader, entry)) ?? [],
    reverse: with_('reverse', (entry) => reader.flag(entry.node, entry.at, '`reverse`')) ?? false,
    reverseGroups: with_('reverse-groups', (entry) => readReverseGroups(reader, entry)) ?? new Map(),
    examples: with_('examples', (entry) => readExamples(reader, entry)) ?? [],
    ...(to && { to }),
    ...(base && { extends: base }),
    ...(only && { only }),
    ...(fold && { fold }),
  };
}

function readNames(reader: Reader, entry: Entry): SchemaNameAst[] {
  return reader.entries(entry.node, entry.at, `\`${entry.key}\``).flatMap(({ key, keyAt, node, at }) => {
    const text = reader.text(node, at, 'a schema name');
    if (!/^[A-Za-z]\w*$/.test(key)) reader.fail(keyAt, `${key} is not an alias`);
    return text && reader.allowed(key, keyAt) ? [{ alias: key, name: text.value, at }] : [];
  });
}

function readTarget(reader: Reader, entry: Entry): SchemaNameAst | undefined {
  const [first, second] = readNames(reader, entry);
  if (second) reader.fail(second.at, '`to` takes exactly one target', 'write one mapping per target');
  return first;
}

const removal = (node: YamlNode | null): boolean =>
  node === null || (node.kind === 'scalar' && node.value === null);

function readRemovable<T>(
  reader: Reader,
  entry: Entry,
  read: (reader: Reader, entry: Entry) => T | undefined,
): Map<string, Removable<T>> {
  const found = new Map<string, Removable<T>>();
  for (const item of reader.entries(entry.node, entry.at, `\`${entry.key}\``)) {
    if (!reader.allowed(item.key, item.keyAt)) continue;
    const value = removal(item.node) ? { removed: true as const, at: item.keyAt } : read(reader, item);
    if (value !== undefined) found.set(item.key, value);
  }
  return found;
}

function readGroup(reader: Reader, entry: Entry): GroupAst | undefined {
  const target = reader.path(entry.key, entry.keyAt);
  const parts = reader.entries(entry.node, entry.at, 'a group', ['when', 'and']);
  if (!parts.some((part) => part.key === 'when')) reader.fail(entry.at, 'a group needs `when`');
  const when = parts.flatMap((part) => readCondition(reader, part.node, part.at, `\`${part.key}\``));
  return target && { target, when };
}

function readReverseGroups(reader: Reader, entry: Entry): Map<string, GroupAst> {
  const groups = new Map<string, GroupAst>();
  for (const item of reader.entries(entry.node, entry.at, '`reverse-groups`')) {
    const group = readGroup(reader, item);
    if (group) groups.set(item.key, group);
  }
  return groups;
}

/** A list of paths, or a map of path to reason. */
function readListed(reader: Reader, entry: Entry): Listed[] {
  const what = `\`${entry.key}\``;
  if (entry.node?.kind === 'map') return readDrop(reader, entry);
  return reader.paths(entry.node, entry.at, what).map((path) => ({ path }));
}

function readDrop(reader: Reader, entry: Entry): Listed[] {
  const what = `\`${entry.key}\``;
  return reader.entries(entry.node, entry.at, what).flatMap((item) => {
    const path = reader.path(item.key, item.keyAt);
    const reason = reader.text(item.node, item.at, 'the reason');
    return path && reason ? [{ path, reason: reason.value }] : [];
  });
}

function readTables(reader: Reader, entry: Entry): Map<string, Removable<TablePatch>> {
  return readRemovable(reader, entry, readTable);
}

/** One table; what is missing may come from the mapping it extends. */
export function readTable(reader: Reader, entry: Entry): TablePatch {
  const table: { -readonly [K in keyof TablePatch]: TablePatch[K] } = {
    name: entry.key,
    at: entry.keyAt,
    rows: new Map(),
  };
  const before = reader.findings.count;
  for (const part of reader.entries(entry.node, entry.at, 'a table', [
    'in',
    'out',
    'only',
    'rows',
    'else-covers',
  ])) {
    if (part.key === 'in') table.inputs = reader.paths(part.node, part.at, '`in`');
    else if (part.key === 'out') table.outputs = reader.paths(part.node, part.at, '`out`');
    else if (part.key === 'only') table.only = readCondition(reader, part.node, part.at, '`only`');
    else if (part.key === 'rows') table.rows = readRemovable(reader, part, readRow);
    else table.elseCovers = readElseCovers(reader, part);
  }
  if (reader.findings.count > before) table.broken = true;
  return table;
}

function readRow(reader: Reader, entry: Entry): RawRow | undefined {
  if (entry.node?.kind !== 'seq') {
    reader.items(entry.node, entry.at, 'a row');
    return undefined;
  }
  const cells = reader
    .items(entry.node, entry.at, 'a row')
    .map((item) => readCell(reader, item.node, item.at));
  return { id: entry.key, at: entry.keyAt, cells };
}

function readElseCovers(reader: Reader, entry: Entry): Map<string, Located<number>> {
  const counts = new Map<string, Located<number>>();
  if (entry.node?.kind === 'scalar') {
    const count = reader.count(entry.node, entry.at, '`else-covers`');
    if (count) counts.set('', count);
    return counts;
  }
  for (const item of reader.entries(entry.node, entry.at, '`else-covers`')) {
    const count = reader.count(item.node, item.at, `\`${item.key}\``);
    if (count) counts.set(item.key, count);
  }
  return counts;
}
