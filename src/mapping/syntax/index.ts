import { isMap, type Node, parseAllDocuments } from 'yaml';
import type { Json } from '../api.js';
import { type Findings, SourceText } from '../diagnostics.js';
import type { DocumentAst } from './ast.js';
import { readMapping } from './mapping.js';
import { readOverlay } from './overlay.js';
import { Reader } from './reader.js';

/** The documents of one file, and the same as plain data. */
export interface ParsedFile {
  readonly documents: readonly DocumentAst[];
  readonly plain: () => Json[];
  /** Whether every document of the file could be read as one. */
  readonly whole: boolean;
}

/** Parses one file of tables; what is wrong with its form goes to `findings`. */
export function parseFile(name: string, text: string, findings: Findings): ParsedFile {
  const file = new SourceText(name, text);
  const reader = new Reader(file, findings);
  const parsed = parseAllDocuments(text, {
    version: '1.2',
    prettyErrors: false,
  });
  const found: DocumentAst[] = [];
  const documents = Array.isArray(parsed) ? parsed : [];
  for (const document of documents) {
    for (const error of document.errors)
      findings.add('MAP_SYNTAX', { file, start: error.pos[0], end: error.pos[1] }, error.message);
    const node: Node | null = document.contents;
    if (document.errors.length > 0 || node === null) continue;
    const at = reader.span(node, { file, start: 0, end: 1 });
    if (isMap(node) && node.has('mapping')) found.push(readMapping(reader, node, at));
    else if (isMap(node) && node.has('overlay')) found.push(readOverlay(reader, node, at));
    else reader.fail(at, 'a document is a `mapping:` or an `overlay:`');
  }
  return {
    documents: found,
    whole: found.length === documents.filter(({ contents }) => contents !== null).length,
    plain: () => documents.map((document) => document.toJS({ maxAliasCount: 0 }) as Json),
  };
}
