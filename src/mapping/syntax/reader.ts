import type { ErrorCode } from '../../errors/index.js';
import type { Json } from '../api.js';
import { didYouMean, type Findings, quoteIt, type SourceText, type Span } from '../diagnostics.js';
import type { Located, PathRef } from './ast.js';
import type { YamlNode } from './node.js';

/** One entry of a YAML map. */
export interface Entry {
  readonly key: string;
  readonly keyAt: Span;
  readonly node: YamlNode | null;
  readonly at: Span;
}

/** Keys that reach into an object's prototype. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads YAML nodes of one file and says what does not fit the format; every reader goes on after an error. */
export class Reader {
  readonly file: SourceText;
  readonly findings: Findings;

  constructor(file: SourceText, findings: Findings) {
    this.file = file;
    this.findings = findings;
  }

  span(node: YamlNode | null, fallback: Span): Span {
    if (node === null) return fallback;
    return { file: this.file, start: node.start, end: Math.max(node.end, node.start + 1) };
  }

  fail(at: Span, message: string, suggestion?: string, code: ErrorCode = 'MAP_DOCUMENT'): void {
    this.findings.add(code, at, message, suggestion);
  }

  /** Says that a node is not what is asked for; of an alias, it has been said that there are none. */
  private wrong(node: YamlNode | null, at: Span, message: string, suggestion?: string): void {
    if (node?.kind !== 'alias') this.fail(at, message, suggestion);
  }

  /** Entries of a map; with `known`, other keys are errors. */
  entries(node: YamlNode | null, at: Span, what: string, known?: readonly string[]): Entry[] {
    if (node?.kind !== 'map') {
      this.wrong(node, at, `${what} must be a map`);
      return [];
    }
    const entries: Entry[] = [];
    for (const { key: keyNode, value } of node.items) {
      const keyAt = this.span(keyNode, at);
      if (keyNode?.kind !== 'scalar') {
        this.fail(keyAt, `${what}: a key must be text`);
        continue;
      }
      const key = String(keyNode.value);
      if (key === '<<' && keyNode.plain) {
        this.fail(keyAt, 'YAML merge keys are not part of the format', 'write out what it stands for');
        continue;
      }
      if (known && !known.includes(key)) {
        this.fail(
          keyAt,
          `${what} has no key ${key}`,
          didYouMean(key, known) ?? `known keys: ${known.join(', ')}`,
        );
        continue;
      }
      entries.push({ key, keyAt, node: value, at: this.span(value, keyAt) });
    }
    return entries;
  }

  /** Items of a list; a single value counts as a list of one if `loose`. */
  items(node: YamlNode | null, at: Span, what: string, loose = false): { node: YamlNode | null; at: Span }[] {
    if (node?.kind === 'seq') return node.items.map((item) => ({ node: item, at: this.span(item, at) }));
    if (loose && node !== null) return [{ node, at }];
    this.wrong(node, at, `${what} must be a list`);
    return [];
  }

  text(node: YamlNode | null, at: Span, what: string): Located<string> | undefined {
    if (node?.kind === 'scalar' && typeof node.value === 'string') return { value: node.value, at };
    const isWord = node?.kind === 'scalar' && ['number', 'boolean'].includes(typeof node.value);
    this.wrong(node, at, `${what} must be text`, isWord ? quoteIt(at) : undefined);
    return undefined;
  }

  flag(node: YamlNode | null, at: Span, what: string): boolean {
    if (node?.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    this.wrong(node, at, `${what} must be true or false`);
    return false;
  }

  count(node: YamlNode | null, at: Span, what: string): Located<number> | undefined {
    if (node?.kind === 'scalar' && Number.isInteger(node.value) && (node.value as number) >= 0)
      return { value: node.value as number, at };
    this.wrong(node, at, `${what} must be a whole number, 0 or more`);
    return undefined;
  }

  /** Any YAML value as JSON; forbidden keys are reported and left out. */
  json(node: YamlNode | null, at: Span): Json {
    if (node === null) return null;
    if (node.kind === 'map') {
      const object: { [key: string]: Json } = {};
      for (const { key, keyAt, node: value, at: valueAt } of this.entries(node, at, 'the value'))
        if (this.allowed(key, keyAt)) object[key] = this.json(value, valueAt);
      return object;
    }
    if (node.kind === 'seq') return node.items.map((item) => this.json(item, this.span(item, at)));
    if (node.kind === 'scalar') {
      const { value } = node;
      if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
      if (typeof value === 'number' && Number.isFinite(value)) return value;
    }
    this.wrong(node, at, 'this value is not part of JSON');
    return null;
  }

  allowed(key: string, at: Span): boolean {
    if (!forbiddenKeys.has(key)) return true;
    this.fail(at, `the key ${key} is not allowed`, undefined, 'MAP_FORBIDDEN_KEY');
    return false;
  }

  /** A path from its text. */
  path(text: string, at: Span): PathRef | undefined {
    const [alias, ...rest] = text.split('.');
    const steps: string[] = [];
    for (const part of rest) {
      const match = /^([A-Za-z_][\w-]*)((?:\[0?\])*)$/.exec(part);
      if (!match) {
        this.fail(at, `${text} is not a path`, 'a path is alias.key.key; lists take [0]', 'MAP_PATH');
        return undefined;
      }
      const [, key = '', lists = ''] = match;
      if (!this.allowed(key, at)) return undefined;
      steps.push(key, ...(lists.match(/\[0?\]/g) ?? []));
    }
    if (!alias || !/^[A-Za-z]\w*$/.test(alias) || forbiddenKeys.has(alias)) {
      this.fail(at, `${text} is not a path`, 'a path starts with an alias of `from` or `to`', 'MAP_PATH');
      return undefined;
    }
    return { text, alias, steps, at };
  }

  pathOf(node: YamlNode | null, at: Span, what: string): PathRef | undefined {
    const text = this.text(node, at, what);
    return text && this.path(text.value, text.at);
  }

  paths(node: YamlNode | null, at: Span, what: string): PathRef[] {
    return this.items(node, at, what, true).flatMap((item) => this.pathOf(item.node, item.at, what) ?? []);
  }

  texts(node: YamlNode | null, at: Span, what: string): Located<string>[] {
    return this.items(node, at, what, true).flatMap((item) => this.text(item.node, item.at, what) ?? []);
  }
}
