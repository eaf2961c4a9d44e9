/** Any YAML, by the package: what the quick reader does not know, and everything that is wrong. */
import { createRequire } from 'node:module';
import type { Document, Node } from 'yaml';
import type { YamlNode } from './node.js';

/** A document with its errors; `node` is null where nothing could be made of it. */
export interface YamlDocument {
  readonly node: YamlNode | null;
  readonly errors: readonly { readonly start: number; readonly end: number; readonly message: string }[];
}

// Loaded when first needed, which for sound tables is never.
const require = createRequire(import.meta.url);
const yaml = (): typeof import('yaml') => require('yaml');

/** Every document of a text. */
export function readYaml(text: string): YamlDocument[] {
  const parsed = yaml().parseAllDocuments(text, { version: '1.2', prettyErrors: false });
  return (parsed as Document[]).map(({ contents, errors }) => ({
    node: nodeOf(contents),
    errors: errors.map(({ pos: [start, end], message }) => ({ start, end, message })),
  }));
}

function nodeOf(node: unknown): YamlNode | null {
  const { isAlias, isMap, isScalar, isSeq, Scalar } = yaml();
  const [start, end] = (node as Node | null)?.range ?? [0, 0];
  if (isScalar(node)) {
    const { value, type } = node;
    return { kind: 'scalar', value, plain: type === undefined || type === Scalar.PLAIN, start, end };
  }
  if (isMap(node)) {
    const items = node.items.map(({ key, value }) => ({ key: nodeOf(key), value: nodeOf(value) }));
    return { kind: 'map', items, start, end };
  }
  if (isSeq(node)) return { kind: 'seq', items: node.items.map(nodeOf), start, end };
  return isAlias(node) ? { kind: 'alias', start, end } : null;
}
