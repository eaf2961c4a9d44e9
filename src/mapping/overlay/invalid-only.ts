import { cellTest } from '../compile/conditions.js';
import type { SchemaNode } from '../schema/node.js';
import type { BoundRepair } from './repair.js';

/**
 * Whether a repair can only fit a payload that does not fit the schema of its message: then one that does need not be
 * looked through for it. Where that is not plain, it is not said.
 */
export function mendsInvalidOnly({ ast, path }: BoundRepair): boolean {
  const { node } = path;
  // Keys beside an element are its own; those beside a key are known to its holder only.
  const isElement = path.ref.steps.at(-1) === '[]';
  if (
    isElement &&
    ast.siblings.some(({ key, cell }) =>
      onlyUnknownWords(node.properties.get(key)?.node, cellTest(cell, path)),
    )
  )
    return true;
  switch (ast.is.kind) {
    case 'unknown':
      return node.enum !== undefined;
    case 'values':
      return (
        node.enum !== undefined && !ast.is.values.some((value) => node.enum?.some((word) => word === value))
      );
    case 'longer':
      return ast.is.than >= (node.bound('maxLength') ?? Number.POSITIVE_INFINITY);
    case 'type':
      return !allows(node, ast.is.type);
    case 'like':
      // The schema asks for a zone, and this changes nothing but times without one.
      return (
        node.format === 'date-time' && ast.becomes.kind === 'by' && ast.becomes.transform.value === 'zone-utc'
      );
    default:
      return false;
  }
}

/** Whether a cell fits nothing that the place beside may hold. */
function onlyUnknownWords(
  node: SchemaNode | undefined,
  fits: (value: undefined | string | number | boolean) => boolean,
): boolean {
  return node?.enum !== undefined && !fits(undefined) && !node.enum.some((word) => fits(word));
}

/** Whether a schema allows a JSON type, as `typeof` names it. */
function allows({ type }: SchemaNode, json: string): boolean {
  return type === 'any' || json === (type === 'integer' ? 'number' : type);
}
