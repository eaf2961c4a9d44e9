import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { issuesOf, schemaNames, schemaOf, validatorOf } from '../schemas/index.js';
import type { Json } from './api.js';
import { type CheckReport, newReport } from './check/context.js';
import { checkAll } from './check/index.js';
import { checkNeeds, type Need } from './check/needs.js';
import { type Diagnostic, Findings, SourceText } from './diagnostics.js';
import { type LoadedGeneration, makeGeneration } from './generation.js';
import { bindAll } from './resolve/index.js';
import type { MappingIr } from './resolve/ir.js';
import type { SchemaSource } from './schema/node.js';
import { parseFile } from './syntax/index.js';

export interface LoadOptions {
  /** Where message schemas come from; default: the product's. */
  readonly schemas?: SchemaSource;
  /** File names in diagnostics are relative to this folder; default: the working directory. */
  readonly root?: string;
  /** Skips examples and what they must show; for the mutation suite, which tells the two apart. */
  readonly examples?: boolean;
  /** What the set as a whole must have; default: nothing. */
  readonly needs?: readonly Need[];
  /** Asks for that only if the set holds tables of chargers and of those that the bridge tells of them. */
  readonly maybePart?: boolean;
}

/** A generation that passed every check, or everything that is wrong. */
export type LoadResult =
  | { readonly generation: LoadedGeneration; readonly report: CheckReport }
  | { readonly diagnostics: readonly Diagnostic[]; readonly report: CheckReport };

/** A file of tables, read. */
export interface TableFile {
  readonly name: string;
  readonly text: string;
}

const ownSchemas: SchemaSource = { schemaOf, schemaNames, validatorOf, issuesOf };

/**
 * Reads every `*.yaml` beneath the folders (also single files), checks all of it and makes one generation.
 * Nothing is thrown for what is wrong with the tables: it comes back as diagnostics, all at once.
 */
export function loadGeneration(paths: readonly string[], options: LoadOptions = {}): LoadResult {
  const root = options.root ?? process.cwd();
  const findings = new Findings();
  const files: TableFile[] = [];
  for (const path of paths)
    try {
      for (const name of filesBeneath(path)) {
        const file = readText(relative(root, name) || name, readFileSync(name), findings);
        if (file) files.push(file);
      }
    } catch (error) {
      const at = { file: new SourceText(path, ''), start: 0, end: 1 };
      findings.add(
        'MAP_FILE',
        at,
        `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  return load(files, findings, {
    ...options,
    place: paths.map((path) => relative(root, path) || path).join(', '),
  });
}

/** The same for texts in memory. */
export function loadFiles(files: readonly TableFile[], options: LoadOptions = {}): LoadResult {
  return load(files, new Findings(), options);
}

function load(
  files: readonly TableFile[],
  findings: Findings,
  options: LoadOptions & { readonly place?: string },
): LoadResult {
  const schemas = options.schemas ?? ownSchemas;
  const unread = findings.count > 0;
  const report = newReport();
  report.files = files.length;
  const parsed = files.map((file) => parseFile(file.name, file.text, findings));
  const documents = parsed.flatMap((file) => file.documents);
  const unparsed = findings.count > 0 && (unread || parsed.some((file) => !file.whole));
  const bound = bindAll(documents, schemas, findings);
  checkAll(bound, { findings, report, schemas, examples: options.examples ?? true, unparsed });
  if (options.maybePart && documents.length === 0 && findings.count === 0) {
    const file = new SourceText(options.place ?? '.', '');
    findings.add(
      'MAP_FILE',
      { file, start: 0, end: 1 },
      'there are no tables in it',
      'tables are in files *.yaml',
    );
  }
  report.part = options.maybePart === true && !isWhole(bound.mappings);
  if (options.needs && !unparsed && !report.part) {
    const file = new SourceText(options.place ?? '.', '');
    checkNeeds(options.needs, bound.mappings, documents, { at: { file, start: 0, end: 1 }, findings });
  }
  if (findings.count > 0) return { diagnostics: findings.list(), report };
  const used = [
    ...new Set(bound.mappings.flatMap(({ whole }) => [...whole.from, whole.to].map(({ name }) => name))),
  ].sort();
  const generation = makeGeneration({
    documents: parsed.flatMap((file) => file.plain()),
    schemas: used.map((name) => schemas.schemaOf(name) as unknown as Json),
    mappings: bound.mappings,
    overlays: bound.overlays,
    repairs: bound.repairs,
  });
  return { generation, report };
}

function isWhole(mappings: readonly MappingIr[]): boolean {
  const has = (space: RegExp): boolean =>
    mappings.some(
      ({ sources, target }) => sources.some(({ name }) => space.test(name)) || space.test(target.name),
    );
  return has(/^ocpp/) && has(/^(?:vdv463|ocpi)-/);
}

/** The text of a file; undefined, and said at the line, where it is not UTF-8. */
function readText(name: string, bytes: Buffer, findings: Findings): TableFile | undefined {
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return { name, text };
  const isUtf16 = bytes.length > 1 && [0xfeff, 0xfffe].includes(bytes.readUInt16BE(0));
  const file = new SourceText(name, isUtf16 ? '' : text);
  const start = isUtf16 ? 0 : text.indexOf('\ufffd');
  findings.add(
    'MAP_SYNTAX',
    { file, start, end: start + 1 },
    isUtf16 ? 'the file is UTF-16, not UTF-8' : 'the file is not UTF-8',
    'save it as UTF-8',
  );
  return undefined;
}

function filesBeneath(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = join(path, entry.name);
      if (entry.isDirectory()) return filesBeneath(name);
      return /\.ya?ml$/.test(entry.name) ? [name] : [];
    });
}
