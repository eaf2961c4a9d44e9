/** A YAML document as far as tables need it: values and where they stand. */
import type { Json } from '../api.js';

interface Place {
  /** Offset of the first character. */
  readonly start: number;
  /** Offset behind the last one; of a block of several lines, at least behind its first line. */
  readonly end: number;
}

export interface ScalarNode extends Place {
  readonly kind: 'scalar';
  readonly value: unknown;
  /** Written without quotes: only such text can be a keyword. */
  readonly plain: boolean;
}

export interface MapNode extends Place {
  readonly kind: 'map';
  readonly items: readonly MapItem[];
}

export interface MapItem {
  readonly key: YamlNode | null;
  readonly value: YamlNode | null;
}

export interface SeqNode extends Place {
  readonly kind: 'seq';
  readonly items: readonly (YamlNode | null)[];
}

/** `*name`: not part of the format, and refused by whoever reads it. */
export interface AliasNode extends Place {
  readonly kind: 'alias';
}

export type YamlNode = ScalarNode | MapNode | SeqNode | AliasNode;

/** Whether a map has this key. */
export function hasKey(node: MapNode, name: string): boolean {
  return node.items.some(({ key }) => key?.kind === 'scalar' && key.value === name);
}

/** The same as plain data, for a document that was read without fault. */
export function plainData(node: YamlNode | null): Json {
  if (node === null) return null;
  if (node.kind === 'seq') return node.items.map(plainData);
  if (node.kind === 'alias') throw new Error('an alias cannot be part of a table');
  if (node.kind === 'scalar') return node.value as Json;
  const data: { [key: string]: Json } = {};
  for (const { key, value } of node.items) {
    const name = key?.kind === 'scalar' && key.value !== null ? String(key.value) : '';
    // Not by assignment: `__proto__` is a key like any other here.
    if (name === '__proto__')
      Object.defineProperty(data, name, {
        value: plainData(value),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else data[name] = plainData(value);
  }
  return data;
}
