/** A starting overlay for a valid payload: one row for what the vendor says in words of its own. */
import { BridgeError } from '../../errors/index.js';
import type {
  BoundPath,
  FieldIr,
  IdentityResolver,
  Json,
  JsonObject,
  LoadedGeneration,
  MappingIr,
  MapResult,
  TableIr,
} from '../../mapping/index.js';
import { exampleOf, flow, nameOf, quoted } from './text.js';

export interface NewOverlay {
  readonly message: string;
  readonly payload: JsonObject;
  readonly station: string;
  readonly select: Readonly<Record<string, string>>;
  readonly mapping?: string;
}

interface Element {
  readonly list: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

type Whole = Extract<MapResult, { ok: true }>;

/** A mapping that makes something of the payload. */
interface Candidate {
  readonly ir: MappingIr;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Which element of which list the mapping ran for. */
  readonly element?: Element;
  readonly result: Whole;
  /** Free texts that it reads and the payload has: those copied as they are first. */
  readonly texts: readonly { readonly path: BoundPath; readonly value: string }[];
}

/** Identities as examples have them. */
const exampleIdentity: IdentityResolver = { resolve: (kind, key) => `${kind}:${key.join('/')}` };

/** @throws BridgeError MAP_UNKNOWN, PAYLOAD_UNUSED */
export function startOverlay(generation: LoadedGeneration, wanted: NewOverlay): string {
  const candidates = candidatesFor(generation, wanted);
  const [best] = candidates.sort((a, b) => rank(b) - rank(a));
  if (!best)
    throw new BridgeError(
      'PAYLOAD_UNUSED',
      `no mapping makes anything of this ${wanted.message}, so there is nothing to overlay`,
    );
  const table = decisive(best);
  const lines = [
    `# Started from a captured ${wanted.message}. Give the row its right output and correct the example, then put the file into`,
    '# a folder of yours and run `depotbridge check`.',
    ...takenLines(best, candidates),
    `overlay: ${nameOf(wanted.select, best.ir.name.split('.').slice(1).join('-'))}`,
    `of: ${best.ir.name}`,
    `select: ${flow(wanted.select as Record<string, string>)}`,
    ...(table ? tableLines(best, table) : noTableLines(best)),
    'examples:',
    '  - name: as captured',
    `    select: ${flow(exampleOf(wanted.select))}`,
    `    in: ${flow(best.inputs as JsonObject)}`,
    `    out: ${flow(best.result.value)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Which element of a list the overlay is about, and which others would have been something to overlay. */
function takenLines({ element, ir }: Candidate, candidates: readonly Candidate[]): string[] {
  if (!element || element.of < 2) return [];
  const others = candidates.flatMap(({ element: other }) =>
    other && other.list === element.list && other.number !== element.number ? [other.number] : [],
  );
  const rest = [...new Set(others)].sort((a, b) => a - b);
  return [
    `# Of ${element.of} elements of ${element.list}, number ${element.number} was taken for ${ir.name}.${
      rest.length > 0 ? ` Numbers that mappings make something of, too: ${rest.join(', ')}.` : ''
    }`,
  ];
}

function candidatesFor(generation: LoadedGeneration, wanted: NewOverlay): Candidate[] {
  const select = exampleOf(wanted.select);
  const mappings =
    wanted.mapping === undefined
      ? generation.forMessage(wanted.message)
      : [generation.mapping(wanted.mapping)];
  return mappings.flatMap((mapping): Candidate[] => {
    const ir = generation.parts.mappings.find(({ name }) => name === mapping.name);
    if (!ir) return [];
    return inputsFor(ir, wanted).flatMap(({ inputs, element }) => {
      const result = mapping.run(inputs, { identity: exampleIdentity, select });
      if (!result?.ok) return [];
      return [{ ir, inputs, result, texts: textsOf(ir, inputs), ...(element ? { element } : {}) }];
    });
  });
}

/** The sources of the mapping: the payload, one element of it where it runs for each, the envelope. */
function inputsFor(
  { sources }: MappingIr,
  { payload, station, message }: NewOverlay,
): Pick<Candidate, 'inputs' | 'element'>[] {
  const [first] = sources;
  const base: Record<string, Json> = first ? { [first.alias]: payload } : {};
  for (const { alias, name } of sources)
    if (name === 'bridge.Envelope')
      base[alias] = {
        stationId: station,
        receivedAt: receiptOf(payload),
        protocol: message.startsWith('ocpp16.') ? 'ocpp1.6' : 'ocpp2.0.1',
      };
  const each = sources.find(({ element }) => element);
  if (!each?.element) return [{ inputs: base }];
  const name = each.element.steps.join('.');
  const list = each.element.steps.reduce<Json | undefined>(
    (value, step) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? value[step] : undefined,
    payload,
  );
  if (!Array.isArray(list)) return [];
  return list.map((item, i) => {
    const inputs = { ...base, [each.alias]: item };
    return { inputs, element: { list: name, number: i + 1, of: list.length } };
  });
}

function receiptOf({ timestamp }: JsonObject): string {
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return `${new Date(Number.isNaN(at) ? Date.now() : at).toISOString().slice(0, 19)}Z`;
}

/** What the vendor says in words of its own: free texts of the message that some field of the mapping reads. */
function textsOf({ fields, sources }: MappingIr, inputs: Readonly<Record<string, Json>>): Candidate['texts'] {
  const open = (path: BoundPath): boolean =>
    path.node.type === 'string' && !path.node.enum && !path.node.format && !path.node.vocabulary;
  const ofMessage = new Set(
    sources.filter(({ name }) => !name.startsWith('bridge.')).map(({ alias }) => alias),
  );
  const found = new Map<string, { path: BoundPath; value: string }>();
  const copied = fields.filter(({ source }) => source.kind === 'from');
  for (const path of [...copied, ...fields].flatMap(pathsOf)) {
    const value = valueAt(inputs[path.ref.alias], path);
    if (ofMessage.has(path.ref.alias) && open(path) && typeof value === 'string' && value !== '')
      found.set(path.ref.text, { path, value });
  }
  return [...found.values()];
}

function pathsOf({ source }: FieldIr): readonly BoundPath[] {
  if (source.kind === 'from') return [source.path];
  return source.kind === 'first' || source.kind === 'join' ? source.paths : [];
}

function valueAt(value: Json | undefined, path: BoundPath): Json | undefined {
  return path.ref.steps.reduce<Json | undefined>((current, step) => {
    if (typeof current !== 'object' || current === null) return undefined;
    return Array.isArray(current) ? (step === '[0]' ? current[0] : undefined) : current[step];
  }, value);
}

/** Mappings with a table to give a row to, and with texts of the vendor, come first. */
function rank(candidate: Candidate): number {
  return (decisive(candidate) ? 100 : 0) + candidate.texts.length;
}

interface Decisive {
  readonly table: TableIr;
  readonly output: BoundPath;
  readonly value: Json;
}

/** The first table that decided on a word: a mapping has what it is about before what follows from it. */
function decisive({ ir, result, texts }: Candidate): Decisive | undefined {
  if (texts.length === 0) return undefined;
  const [found] = ir.tables.flatMap((table) =>
    table.outputs.flatMap((output): Decisive[] => {
      const rule = result.provenance.ruleOf(output.ref.steps.join('.'));
      const value = valueAt(result.value, output);
      const decided = table.rows.some(({ id }) => rule?.endsWith(`/${id}`));
      return decided && value !== undefined && output.node.enum ? [{ table, output, value }] : [];
    }),
  );
  return found;
}

function tableLines({ texts }: Candidate, { table, output, value }: Decisive): string[] {
  const [first] = texts;
  if (!first) return [];
  return [
    'tables:',
    `  ${table.name}:`,
    `    in: [${first.path.ref.text}]`,
    `    out: [${output.ref.text}]`,
    '    rows:',
    `      # one of ${(output.node.enum ?? []).join(', ')}`,
    `      x.1: [${quoted(first.value)}, ${String(value)}]`,
  ];
}

function noTableLines({ ir, result }: Candidate): string[] {
  const set = ir.fields.filter(({ target }) => valueAt(result.value, target) !== undefined);
  return [
    '# No table decides anything by a text of this message. Fields can be replaced, for example:',
    ...set.slice(0, 3).map(({ target }) => `#   fields: {${target.ref.text}: {from: …}}`),
  ];
}
