/**
 * Mutation test of the table checker: makes editing slips in all shipped tables and reports how many are caught
 * by the static checks, how many only by the examples, and which survive.
 *
 *     npx tsx scripts/mutation.ts [--max N] [--seed N] [--floor 98] [folder]
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Findings } from '../src/mapping/diagnostics.js';
import { loadFiles, type SchemaSource, type TableFile } from '../src/mapping/index.js';
import type { DocumentAst, MappingAst } from '../src/mapping/syntax/ast.js';
import { parseFile } from '../src/mapping/syntax/index.js';
import { schemaNames, schemaOf, validatorOf } from '../src/schemas/index.js';
import { type Edit, overlaySlips, slipsOf } from './mutation/edits.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    max: { type: 'string', default: '1500' },
    seed: { type: 'string', default: '1' },
    floor: { type: 'string', default: '98' },
  },
});
const schemas: SchemaSource = { schemaOf, schemaNames, validatorOf };

/** One YAML document of the tables, on its own. */
interface Document extends TableFile {
  readonly ast: DocumentAst;
}

function documentsOf(path: string): Document[] {
  if (statSync(path).isDirectory())
    return readdirSync(path)
      .sort()
      .flatMap((name) => documentsOf(join(path, name)));
  if (!/\.ya?ml$/.test(path)) return [];
  return readFileSync(path, 'utf8')
    .split(/^---$/m)
    .flatMap((text, i) => {
      const name = `${path}#${i + 1}`;
      const [ast] = parseFile(name, text, new Findings()).documents;
      return ast ? [{ name, text, ast }] : [];
    });
}

const documents = documentsOf(positionals[0] ?? 'mappings');
const mappings = new Map(
  documents.flatMap(({ ast }) => (ast.kind === 'mapping' ? [[ast.name, ast] as const] : [])),
);

/** Names of mappings that a document speaks of. */
function references(ast: DocumentAst): string[] {
  const fields = [...ast.fields.values()].flatMap((field) =>
    'source' in field && 'using' in field.source ? [field.source.using.value] : [],
  );
  const base = ast.kind === 'mapping' ? ast.extends?.value : ast.of?.value;
  return base ? [...fields, base] : fields;
}

/** A document with all it needs and, so that their examples run too, all that need it. */
function neighbours(document: Document): Document[] {
  const names = (doc: Document): string[] => [
    ...(doc.ast.kind === 'mapping' ? [doc.ast.name] : []),
    ...references(doc.ast),
  ];
  const users = new Set([document]);
  const { ast } = document;
  if (ast.kind === 'mapping')
    for (const other of documents) if (references(other.ast).includes(ast.name)) users.add(other);
  const wanted = new Set(users);
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size;
    const needed = new Set([...wanted].flatMap(names).map((name) => name.replace(/\.reverse$/, '')));
    for (const other of documents)
      if (other.ast.kind === 'mapping' && needed.has(other.ast.name)) wanted.add(other);
  }
  return documents.filter((doc) => wanted.has(doc));
}

type Verdict = 'static' | 'examples' | 'survived' | 'invalid';

const exampleCodes = new Set(['MAP_EXAMPLE', 'MAP_ROUND_TRIP', 'MAP_UNSHOWN']);

function judge(document: Document, edit: Edit): Verdict {
  const text = document.text.slice(0, edit.start) + edit.text + document.text.slice(edit.end);
  if (text === document.text) return 'invalid';
  const files = neighbours(document).map((doc) => (doc === document ? { name: doc.name, text } : doc));
  const result = loadFiles(files, { schemas });
  if (!('diagnostics' in result)) return 'survived';
  return result.diagnostics.every(({ code }) => exampleCodes.has(code)) ? 'examples' : 'static';
}

function slips(document: Document): Edit[] {
  const { ast } = document;
  const around = { schemas, mappings };
  if (ast.kind === 'mapping') return slipsOf(ast, around);
  const of: MappingAst | undefined = ast.of && mappings.get(ast.of.value);
  return overlaySlips(ast, of, around);
}

/** A small generator with a seed: a run can be repeated. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const list = [...items];
  let state = seed >>> 0 || 1;
  for (let i = list.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

const untouched = loadFiles(documents, { schemas });
if ('diagnostics' in untouched) throw new Error('the tables have errors of their own: run depotbridge check');

const all = documents.flatMap((document) => slips(document).map((edit) => ({ document, edit })));
const chosen = shuffled(all, Number(values.seed)).slice(0, Number(values.max));
const byOperator = new Map<string, Record<Verdict, number>>();
const survivors: string[] = [];
for (const { document, edit } of chosen) {
  const verdict = judge(document, edit);
  const counts = byOperator.get(edit.operator) ?? { static: 0, examples: 0, survived: 0, invalid: 0 };
  counts[verdict]++;
  byOperator.set(edit.operator, counts);
  if (verdict !== 'survived') continue;
  const { line, lineText } = document.ast.at.file.position(edit.start);
  survivors.push(
    `${document.name}:${line} ${edit.operator}: "${document.text.slice(edit.start, edit.end)}" → "${edit.text}"\n    ${lineText.trim().slice(0, 120)}`,
  );
}

const sum = (verdict: Verdict): number =>
  [...byOperator.values()].reduce((total, counts) => total + counts[verdict], 0);
const [caught, shown, survived] = [sum('static'), sum('examples'), sum('survived')];
const total = caught + shown + survived;
const share = (count: number): string => `${((100 * count) / total).toFixed(1)} %`;

console.log('slip                                    static  examples  survived');
for (const [operator, counts] of [...byOperator].sort())
  console.log(
    `${operator.padEnd(40)}${String(counts.static).padStart(6)}${String(counts.examples).padStart(10)}${String(counts.survived).padStart(10)}`,
  );
if (survivors.length > 0) console.log(`\nSurvivors:\n${survivors.sort().join('\n')}`);
console.log(
  `\n${total} slips of ${all.length} possible in ${documents.length} documents: ${share(caught)} caught statically, ${share(shown)} by examples, ${share(survived)} survive`,
);
const score = (100 * (caught + shown)) / total;
console.log(`score ${score.toFixed(1)} (floor ${values.floor})`);
process.exitCode = score >= Number(values.floor) ? 0 : 1;
