import { expect } from 'vitest';
import {
  formatDiagnostic,
  type IdentityResolver,
  type Json,
  type JsonObject,
  type LoadedGeneration,
  loadFiles,
  type MapResult,
  type RunContext,
} from '../../../src/mapping/index.js';
import { small } from './schemas.js';

/** Every key is known, as `kind:key/key`. */
export const identity: IdentityResolver = { resolve: (kind, key) => `${kind}:${key.join('/')}` };
export const context: RunContext = { identity };

/** Loads tables over the small world of schemas; they must be without fault. Examples count only if asked for. */
export function load(text: string, examples = false): LoadedGeneration {
  const result = loadFiles([{ name: 'test.yaml', text }], { schemas: small, examples });
  if ('diagnostics' in result) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result.generation;
}

/** What the checker prints of a text; empty if it finds nothing. */
export function complaints(text: string, examples = true): string {
  const result = loadFiles([{ name: 'test.yaml', text }], { schemas: small, examples });
  return 'diagnostics' in result ? result.diagnostics.map(formatDiagnostic).join('\n') : '';
}

/** The value of a result that must be one. */
export function made(result: MapResult | null): JsonObject {
  if (!result?.ok) throw new Error(`no value: ${JSON.stringify(result)}`);
  return result.value;
}

export function expectFailure(result: MapResult | null, code: string): void {
  expect(result).toMatchObject({ ok: false, error: { code } });
}

export const env: Json = { station: 'N1', at: '2026-01-01T00:00:01Z' };

/** Everything optional of `x.Out`, and everything of `x.Msg` but its required fields: tests list what they do not use. */
const optionalOut = ['kind', 'flag', 'count', 'powerKw', 'wholeKw', 'text', 'at', 'part', 'items', 'texts'];
const readable = [
  'id',
  'kind',
  'mode',
  'flag',
  'count',
  'powerW',
  'text',
  'at',
  'word',
  'part',
  'list',
  'texts',
];

/** A mapping x.Msg → x.Out with the parts given; what they leave and ignore is filled in. */
export function mapping(parts: { tables?: string; fields?: string; rest?: string; name?: string }): string {
  const tables = parts.tables ?? 'status: {in: [m.kind], out: [o.status], rows: {k.any: [_, S1]}}';
  const fields = parts.fields ?? 'o.id: {from: m.id}';
  const used = `${tables}\n${fields}\n${parts.rest ?? ''}`;
  const unused = (alias: string, keys: readonly string[]): string =>
    keys
      .filter((key) => !new RegExp(`\\b${alias}\\.${key}\\b`).test(used))
      .map((key) => `${alias}.${key}`)
      .join(', ');
  const ignoreEnv = ['station', 'at'].filter((key) => !used.includes(`e.${key}`)).map((key) => `e.${key}`);
  return `mapping: ${parts.name ?? 't.one'}
from: {m: x.Msg, e: x.Env}
to: {o: x.Out}
tables:
  ${tables.trim().replaceAll('\n', '\n  ')}
fields:
  ${fields.trim().replaceAll('\n', '\n  ')}
${parts.rest ?? ''}
ignore: [${[unused('m', readable), ...ignoreEnv].filter(Boolean).join(', ')}]
leave: [${unused('o', optionalOut)}]
`;
}
