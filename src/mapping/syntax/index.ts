import type { Json } from '../api.js';
import { didYouMean, type Findings, SourceText } from '../diagnostics.js';
import type { DocumentAst } from './ast.js';
import { readMapping } from './mapping.js';
import { hasKey, plainData, type YamlNode } from './node.js';
import { readOverlay } from './overlay.js';
import { readQuickly } from './quick.js';
import { Reader } from './reader.js';
import { readYaml, type YamlDocument } from './yaml.js';

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
  const found: DocumentAst[] = [];
  const documents = documentsOf(file, findings);
  if (!documents) return { documents: [], whole: false, plain: () => [] };
  for (const { node, errors, foreign } of documents) {
    for (const { start, end, message } of errors) findings.add('MAP_SYNTAX', { file, start, end }, message);
    if (errors.length > 0 || node === null) continue;
    for (const { start, end, message } of foreign)
      reader.fail(
        { file, start, end },
        message,
        'write out what it stands for; text that begins with * or & is quoted',
      );
    const at = reader.span(node, { file, start: 0, end: 1 });
    if (node.kind === 'map' && hasKey(node, 'mapping')) found.push(readMapping(reader, node, at));
    else if (node.kind === 'map' && hasKey(node, 'overlay')) found.push(readOverlay(reader, node, at));
    else reader.fail(at, 'a document is a `mapping:` or an `overlay:`', headMeant(node));
  }
  return {
    documents: found,
    whole: found.length === documents.filter(({ node }) => node !== null).length,
    plain: () => documents.map(({ node }) => plainData(node)),
  };
}

/** What YAML lets no file hold, and an editor may not show. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

function controlCharacters(file: SourceText, findings: Findings): boolean {
  const before = findings.count;
  for (const { 0: char, index } of file.text.matchAll(control)) {
    const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    findings.add(
      'MAP_SYNTAX',
      { file, start: index, end: index + 1 },
      `a control character, U+${code}`,
      'remove it',
    );
  }
  return findings.count > before;
}

/** Undefined if the text cannot be one of YAML at all. */
function documentsOf(file: SourceText, findings: Findings): readonly YamlDocument[] | undefined {
  const quick = readQuickly(file.text);
  if (quick) return quick.map((node) => ({ node, errors: [], foreign: [] }));
  return controlCharacters(file, findings) ? undefined : readYaml(file.text);
}

/** The key that was meant to say what a document is. */
function headMeant(node: YamlNode): string | undefined {
  if (node.kind !== 'map') return undefined;
  const keys = node.items.flatMap(({ key }) => (key?.kind === 'scalar' ? [String(key.value)] : []));
  return keys.map((key) => didYouMean(key, ['mapping', 'overlay'])).find((hint) => hint !== undefined);
}
