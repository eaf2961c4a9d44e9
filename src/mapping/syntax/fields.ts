import type { FieldAst, Located, Rounding, SourceAst } from './ast.js';
import { readCondition } from './cells.js';
import type { Entry, Reader } from './reader.js';

const sources = ['from', 'first', 'const', 'identity', 'join', 'each', 'object'] as const;
const options = ['when', 'by', 'round', 'as-is', 'key', 'with', 'absent', 'unknown', 'using'] as const;
const companions: Readonly<Record<string, readonly string[]>> = {
  identity: ['key', 'unknown'],
  join: ['with', 'absent'],
  each: ['using'],
  object: ['using'],
};
const roundings = new Map<unknown, Rounding>([
  ['true', 'half'],
  ['down', 'down'],
  ['up', 'up'],
]);

/** One entry of `fields`: target path and where its value comes from. */
export function readField(reader: Reader, entry: Entry): FieldAst | undefined {
  const target = reader.path(entry.key, entry.keyAt);
  const parts = new Map<string, Entry>();
  const before = reader.findings.count;
  for (const part of reader.entries(entry.node, entry.at, 'a field', [...sources, ...options]))
    parts.set(part.key, part);
  const misread = reader.findings.count > before;
  const kinds = sources.filter((kind) => parts.has(kind));
  const kind = kinds[0];
  if (!kind || kinds.length > 1) {
    if (kind || !misread)
      reader.fail(entry.keyAt, `a field needs exactly one source`, `one of ${sources.join(', ')}`);
    return undefined;
  }
  for (const option of ['key', 'with', 'absent', 'unknown', 'using'])
    if (parts.has(option) && !companions[kind]?.includes(option))
      reader.fail(parts.get(option)?.keyAt ?? entry.keyAt, `\`${option}\` does not go with \`${kind}\``);
  const source = readSource(reader, kind, parts, entry);
  if (!target || !source) return undefined;
  const when = parts.get('when');
  const by = parts.get('by');
  const asIs = parts.get('as-is');
  const round = readRounding(reader, parts.get('round'));
  return {
    target,
    source,
    when: when ? readCondition(reader, when.node, when.at, '`when`') : [],
    by: by ? reader.texts(by.node, by.at, '`by`') : [],
    asIs: asIs ? reader.flag(asIs.node, asIs.at, '`as-is`') : false,
    at: entry.keyAt,
    ...(round && { round }),
  };
}

function readRounding(reader: Reader, part: Entry | undefined): Rounding | undefined {
  if (!part) return undefined;
  const rounding = roundings.get(String(reader.json(part.node, part.at)));
  if (!rounding) reader.fail(part.at, '`round` takes true, down or up');
  return rounding;
}

function readSource(
  reader: Reader,
  kind: (typeof sources)[number],
  parts: ReadonlyMap<string, Entry>,
  field: Entry,
): SourceAst | undefined {
  const main = parts.get(kind) ?? field;
  const companion = (key: string): Entry | undefined => {
    const part = parts.get(key);
    if (!part) reader.fail(field.keyAt, `\`${kind}\` needs \`${key}\``);
    return part;
  };
  switch (kind) {
    case 'from': {
      const path = reader.pathOf(main.node, main.at, '`from`');
      return path && { kind, path };
    }
    case 'first':
      if (main.node?.kind !== 'seq') reader.fail(main.at, '`first` must be a list');
      return { kind, paths: reader.paths(main.node, main.at, '`first`') };
    case 'const':
      return { kind, value: reader.json(main.node, main.at), at: main.at };
    case 'identity': {
      const identity = reader.text(main.node, main.at, '`identity`');
      const key = companion('key');
      const unknown = parts.get('unknown');
      const word = unknown && reader.text(unknown.node, unknown.at, '`unknown`')?.value;
      if (unknown && word !== 'absent') reader.fail(unknown.at, '`unknown` takes absent');
      if (!identity || !key) return undefined;
      const paths = reader.paths(key.node, key.at, '`key`');
      return { kind, identity: identity.value, key: paths, optional: word === 'absent' };
    }
    case 'join':
      return readJoin(reader, parts, main, companion('with'));
    case 'each':
    case 'object': {
      const path = reader.pathOf(main.node, main.at, `\`${kind}\``);
      const part = companion('using');
      const using: Located<string> | undefined = part && reader.text(part.node, part.at, '`using`');
      return path && using && { kind, path, using };
    }
  }
}

function readJoin(
  reader: Reader,
  parts: ReadonlyMap<string, Entry>,
  main: Entry,
  with_: Entry | undefined,
): SourceAst | undefined {
  const separator = with_ && reader.text(with_.node, with_.at, '`with`');
  const absent = parts.get('absent');
  const word = absent && reader.text(absent.node, absent.at, '`absent`')?.value;
  if (absent && word !== 'empty' && word !== 'skip') reader.fail(absent.at, '`absent` takes skip or empty');
  const paths = reader.paths(main.node, main.at, '`join`');
  return separator && { kind: 'join', paths, with: separator.value, places: word === 'empty' };
}
