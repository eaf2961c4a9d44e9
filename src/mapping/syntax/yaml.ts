/** Any YAML, by the package: what the quick reader does not know, and everything that is wrong. */
import { createRequire } from 'node:module';
import type { Document, Node } from 'yaml';
import type { YamlNode } from './node.js';

/** A document with its errors; `node` is null where nothing could be made of it. */
export interface YamlDocument {
  readonly node: YamlNode | null;
  readonly errors: readonly Remark[];
  /** Anchors and aliases: YAML, and no part of the format. */
  readonly foreign: readonly Remark[];
}

interface Remark {
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

// Loaded when first needed, which for sound tables is never.
const require = createRequire(import.meta.url);
const yaml = (): typeof import('yaml') => require('yaml');

/** Every document of a text. */
export function readYaml(text: string): YamlDocument[] {
  const parsed = yaml().parseAllDocuments(text, { version: '1.2', prettyErrors: false });
  return (parsed as Document[]).map(({ contents, errors }) => {
    const foreign: Remark[] = [];
    return {
      node: nodeOf(contents, foreign),
      errors: errors.map(({ pos: [start, end], message }) => ({ start, end, message })),
      foreign,
    };
  });
}

function nodeOf(node: unknown, foreign: Remark[]): YamlNode | null {
  const { isAlias, isMap, isScalar, isSeq, Scalar } = yaml();
  const [start, end] = (node as Node | null)?.range ?? [0, 0];
  const { anchor } = (node ?? {}) as { anchor?: string };
  if (anchor !== undefined)
    foreign.push({ start, end, message: `the anchor &${anchor}: YAML anchors are not part of the format` });
  if (isScalar(node)) {
    const { value, type } = node;
    return { kind: 'scalar', value, plain: type === undefined || type === Scalar.PLAIN, start, end };
  }
  if (isMap(node)) {
    const items = node.items.map(({ key, value }) => ({
      key: nodeOf(key, foreign),
      value: nodeOf(value, foreign),
    }));
    return { kind: 'map', items, start, end };
  }
  if (isSeq(node)) return { kind: 'seq', items: node.items.map((item) => nodeOf(item, foreign)), start, end };
  if (!isAlias(node)) return null;
  foreign.push({ start, end, message: `the alias *${node.source}: YAML aliases are not part of the format` });
  return { kind: 'alias', start, end };
}
