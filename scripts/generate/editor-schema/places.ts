// Paths and words of messages, each set once in the schema's definitions.
import { rootOf, type SchemaNode } from '../../../src/mapping/index.js';
import { schemaOf } from '../../../src/schemas/index.js';

type Schema = Readonly<Record<string, unknown>>;

const DEEPEST = 12;

export class Places {
  readonly #definitions = new Map<string, Schema>();
  readonly #names = new Map<string, string>();

  /** Paths of a source or target: `msg.transactionInfo.chargingState`, `[0]` for elements. */
  paths(alias: string, root: SchemaNode): Schema {
    return this.#define(`paths ${alias} ${root.title}`, () => [alias, ...pathsOf(root, alias, '[0]')]);
  }

  /** Words of all enumerations of a message. */
  words(root: SchemaNode): Schema {
    return this.#define(`words ${root.title}`, () => [...wordsOf(root)]);
  }

  /** Paths that a repair can name: `msg.meterValue[].timestamp`. */
  repairable(message: string): Schema {
    const schema = schemaOf(message);
    return this.#define(`repair ${message}`, () => (schema ? pathsOf(rootOf(schema), 'msg', '[]') : []));
  }

  /** Any part of the schema that is used more than once; the same key stands for the same part. */
  define(key: string, make: () => Schema): Schema {
    const known = this.#names.get(key);
    if (known) return { $ref: `#/definitions/${known}` };
    const name = `p${this.#names.size + 1}`;
    this.#names.set(key, name);
    this.#definitions.set(name, make());
    return { $ref: `#/definitions/${name}` };
  }

  definitions(): Record<string, Schema> {
    return Object.fromEntries(this.#definitions);
  }

  #define(key: string, make: () => readonly string[]): Schema {
    return this.define(key, () => {
      const words = make();
      return words.length > 0 ? { description: key, enum: words } : { description: key, not: {} };
    });
  }
}

/** Paths whose values are words of an enumeration, with the words. */
export function enumsOf(
  node: SchemaNode,
  path: string,
  element: string,
  depth = 0,
): (readonly [path: string, words: readonly string[]])[] {
  const words = (node.enum ?? []).filter((word) => typeof word === 'string');
  if (words.length > 0 && words.length === node.enum?.length) return [[path, words]];
  if (depth > DEEPEST) return [];
  return [
    ...[...node.properties].flatMap(([name, { node: child }]) =>
      enumsOf(child, `${path}.${name}`, element, depth + 1),
    ),
    ...(node.items ? enumsOf(node.items, `${path}${element}`, element, depth + 1) : []),
  ];
}

function pathsOf(node: SchemaNode, path: string, element: string, depth = 0): string[] {
  if (depth > DEEPEST) return [];
  const children: [string, SchemaNode][] = [...node.properties].map(([name, { node: child }]) => [
    `${path}.${name}`,
    child,
  ]);
  const { items } = node;
  if (items) children.push([`${path}${element}`, items]);
  return children.flatMap(([at, child]) => [at, ...pathsOf(child, at, element, depth + 1)]);
}

function wordsOf(node: SchemaNode, found = new Set<string>(), depth = 0): Set<string> {
  if (depth > DEEPEST) return found;
  for (const word of node.enum ?? []) if (typeof word === 'string') found.add(word);
  for (const { node: child } of node.properties.values()) wordsOf(child, found, depth + 1);
  if (node.items) wordsOf(node.items, found, depth + 1);
  return found;
}
