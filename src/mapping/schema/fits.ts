import type { SchemaNode } from './node.js';

/** Answers so far; places of schemas last as long as the process, and the same pairs are asked for again and again. */
const known = new WeakMap<SchemaNode, WeakMap<SchemaNode, { reason: string | undefined }>>();

/** Why every value of `source` would not be one that `target` describes; undefined if all are. */
export function misfit(source: SchemaNode, target: SchemaNode): string | undefined {
  let answers = known.get(source);
  if (!answers) {
    answers = new WeakMap();
    known.set(source, answers);
  }
  let answer = answers.get(target);
  if (!answer) {
    answer = { reason: compare(source, target) };
    answers.set(target, answer);
  }
  return answer.reason;
}

function compare(source: SchemaNode, target: SchemaNode): string | undefined {
  if (
    source.type !== target.type &&
    !(source.type === 'integer' && target.type === 'number') &&
    target.type !== 'any'
  )
    return `${source.title} is ${source.type}, ${target.title} is ${target.type}`;
  if (source.unit !== target.unit)
    return `${source.title} is in ${source.unit}, ${target.title} in ${target.unit}`;
  if (target.enum) {
    const extra = source.enum?.find((value) => !target.enum?.includes(value));
    if (!source.enum || extra !== undefined) return `${target.title} does not know ${extra ?? 'every text'}`;
  }
  if (source.items && target.items) return misfit(source.items, target.items);
  for (const [name, { node, required }] of target.properties) {
    const own = source.properties.get(name);
    if (!own && required) return `${source.title} has no ${name}`;
    if (own && required && !own.required) return `${own.node.title} is optional`;
    const reason = own && misfit(own.node, node);
    if (reason) return reason;
  }
  return undefined;
}
