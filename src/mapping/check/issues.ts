/** What a schema says against a payload, in words, and what may have been meant. */
import type { Json } from '../api.js';
import { didYouMean } from '../diagnostics.js';
import { rootOf, type SchemaNode, type SchemaSource } from '../schema/node.js';

export interface PayloadIssue {
  /** JSON pointer; empty = the payload itself. */
  readonly path: string;
  readonly keyword: string;
  readonly message: string;
}

/** Every issue of a payload; those of unknown fields and values with a suggestion where one is near. */
export function payloadIssues(
  schemas: SchemaSource,
  name: string,
  payload: Json,
): { readonly issue: PayloadIssue; readonly text: string; readonly suggestion?: string }[] {
  const found = schemas.validatorOf(name)(payload);
  if (found.length === 0) return [];
  const all = schemas.issuesOf?.(name, payload) ?? found;
  return all.map((issue) => {
    const suggestion = meant(schemas, name, issue, payload);
    return { issue, text: issueText(issue), ...(suggestion === undefined ? {} : { suggestion }) };
  });
}

/** The path once: most messages name it themselves. */
export function issueText({ path, message }: Pick<PayloadIssue, 'path' | 'message'>): string {
  return /^(?:\/|the payload )/.test(message) ? message : `${path || '/'} ${message}`;
}

function meant(
  schemas: SchemaSource,
  name: string,
  { path, keyword }: PayloadIssue,
  payload: Json,
): string | undefined {
  const schema = schemas.schemaOf(name);
  if (!schema) return undefined;
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.at(-1) ?? '';
  if (keyword === 'additionalProperties')
    return didYouMean(last, nodeAt(rootOf(schema), steps.slice(0, -1))?.properties.keys() ?? []);
  if (keyword === 'format' && nodeAt(rootOf(schema), steps)?.format === 'date-time')
    return 'an instant with its zone: "2026-01-31T08:00:00Z"';
  const words = nodeAt(rootOf(schema), steps)?.enum;
  if (keyword !== 'enum' || !words) return undefined;
  const value = steps.reduce<Json | undefined>(childOf, payload);
  return typeof value === 'string' ? didYouMean(value, words.map(String)) : undefined;
}

function nodeAt(root: SchemaNode, steps: readonly string[]): SchemaNode | undefined {
  return steps.reduce<SchemaNode | undefined>(
    (node, step) => node?.items ?? node?.properties.get(step)?.node,
    root,
  );
}

function childOf(value: Json | undefined, step: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value[Number(step)];
  return Object.hasOwn(value, step) ? value[step] : undefined;
}
