import type { Json } from '../api.js';
import type { Span } from '../diagnostics.js';
import { type ExampleAst, selectKeys } from './ast.js';
import type { YamlNode } from './node.js';
import type { Entry, Reader } from './reader.js';

const keys = ['name', 'in', 'out', 'fails', 'identity', 'select'] as const;

/** The `examples` of a mapping or overlay. */
export function readExamples(reader: Reader, entry: Entry): ExampleAst[] {
  return reader.items(entry.node, entry.at, '`examples`').flatMap((item) => {
    const parts = new Map<string, Entry>();
    for (const part of reader.entries(item.node, item.at, 'an example', keys)) parts.set(part.key, part);
    return (
      readExample(reader, parts, { key: 'examples', keyAt: item.at, node: item.node, at: item.at }) ?? []
    );
  });
}

function readExample(
  reader: Reader,
  parts: ReadonlyMap<string, Entry>,
  whole: Entry,
): ExampleAst | undefined {
  const namePart = parts.get('name');
  const inPart = parts.get('in');
  const outPart = parts.get('out');
  const failsPart = parts.get('fails');
  if (!namePart || !inPart || Boolean(outPart) === Boolean(failsPart)) {
    reader.fail(whole.at, 'an example needs `name`, `in`, and either `out` or `fails`');
    return undefined;
  }
  const inputs: Record<string, Json> = {};
  const given = reader.entries(inPart.node, inPart.at, '`in`');
  for (const item of given)
    if (reader.allowed(item.key, item.keyAt)) inputs[item.key] = reader.json(item.node, item.at);
  const name = reader.text(namePart.node, namePart.at, '`name`')?.value ?? '';
  const fails = failsPart && reader.text(failsPart.node, failsPart.at, '`fails`')?.value;
  return {
    name,
    at: namePart.at,
    inputs,
    inputAt: (alias, pointer) => {
      const entry = given.find(({ key }) => key === alias);
      return entry ? placeIn(reader, entry, pointer) : inPart.at;
    },
    outputAt: (outPart ?? failsPart ?? whole).keyAt,
    identity: readIdentity(reader, parts.get('identity')),
    select: readSelect(reader, parts.get('select')),
    ...(outPart && { output: reader.json(outPart.node, outPart.at) }),
    ...(fails && { fails }),
  };
}

/** Where a JSON pointer leads to; an unknown key is pointed at itself, what is missing at what lacks it. */
function placeIn(reader: Reader, { node, at }: Entry, pointer: string): Span {
  let place = at;
  let current = node;
  for (const escaped of pointer.split('/').slice(1)) {
    const step = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    let next: YamlNode | null | undefined;
    if (current?.kind === 'seq') next = current.items[Number(step)];
    else if (current?.kind === 'map')
      next = current.items.find(({ key }) => key?.kind === 'scalar' && String(key.value) === step)?.value;
    if (next === undefined) break;
    current = next;
    place = reader.span(next, place);
  }
  return place;
}

function readIdentity(reader: Reader, part: Entry | undefined): Map<string, string | null> {
  const found = new Map<string, string | null>();
  if (!part) return found;
  for (const item of reader.entries(part.node, part.at, '`identity`')) {
    const value = reader.json(item.node, item.at);
    if (value === null || typeof value === 'string') found.set(item.key, value);
    else reader.fail(item.at, 'an identity is text, or ~ for an unknown one');
  }
  return found;
}

function readSelect(reader: Reader, part: Entry | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  if (!part) return found;
  for (const item of reader.entries(part.node, part.at, '`select`', selectKeys)) {
    const value = reader.json(item.node, item.at);
    if (typeof value === 'string') found[item.key] = value;
    else reader.fail(item.at, `\`${item.key}\` must be text`, 'quote numbers: "2.1"');
  }
  return found;
}
