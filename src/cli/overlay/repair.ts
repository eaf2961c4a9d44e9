/** A starting overlay for a payload that its schema refuses: one repair for each fault. */
import type { Json, JsonObject } from '../../mapping/index.js';
import {
  issueText,
  loadFiles,
  repairTransforms,
  rootOf,
  type SchemaNode,
  wordsNear,
} from '../../mapping/index.js';
import { issuesOf, schemaOf, type ValidationIssue } from '../../schemas/index.js';
import type { NewOverlay } from './overlay.js';
import { exampleOf, flow, nameOf } from './text.js';

/** Stands for what only a person can say; the checker refuses it. */
const OPEN = '?';

/** One repair of the overlay. */
interface Started {
  /** The `is` and `becomes` of the row. */
  readonly rule: string;
  /** The words to choose one from, where none is clearly meant. */
  readonly choices?: readonly string[];
  /** Where in the payload, by JSON pointer. */
  readonly pointers: readonly string[];
}

/** @param payload what the overlays that there are already made of it */
export function startRepair(wanted: NewOverlay, payload: JsonObject): string {
  const { message } = wanted;
  const repairs = new Map<string, Started>();
  const left: string[] = [];
  for (const issue of issuesOf(message, payload)) {
    const at = pathOf(issue.path);
    const started = ruleFor(message, at, issue, valueAt(payload, issue.path));
    const before = repairs.get(at);
    if (started === undefined) left.push(issueText(issue));
    else if (before?.rule === started.rule)
      repairs.set(at, { ...before, pointers: [...before.pointers, ...started.pointers] });
    else if (before) left.push(issueText(issue));
    else repairs.set(at, started);
  }
  // The example shows what the repairs give, so those that say what are run once.
  const sure = new Map([...repairs].filter(([, { choices }]) => !choices));
  const trial = overlayText(wanted, payload, { repairs: sure, left: [], out: payload, why: 'a trial' });
  const loaded = loadFiles([{ name: 'new.yaml', text: trial }], { examples: false });
  const select = exampleOf(wanted.select);
  const out = 'generation' in loaded ? loaded.generation.repair(message, payload, select).payload : payload;
  return overlayText(wanted, payload, { repairs, left, out: withOpen(out, repairs), why: OPEN });
}

/** The payload with an open place wherever a person has to say what belongs there. */
function withOpen(payload: JsonObject, repairs: ReadonlyMap<string, Started>): JsonObject {
  const copy = structuredClone(payload);
  for (const { choices, pointers } of repairs.values())
    for (const pointer of choices ? pointers : []) {
      const steps = pointer.split('/').slice(1);
      const holder = valueAt(
        copy,
        steps.slice(0, -1).reduce((path, step) => `${path}/${step}`, ''),
      );
      if (typeof holder === 'object' && holder !== null) Reflect.set(holder, steps.at(-1) ?? '', OPEN);
    }
  return copy;
}

interface Parts {
  readonly repairs: ReadonlyMap<string, Started>;
  /** What no repair can mend. */
  readonly left: readonly string[];
  readonly out: Json;
  readonly why: string;
}

function overlayText(
  { message, select }: NewOverlay,
  payload: JsonObject,
  { repairs, left, out, why }: Parts,
): string {
  const open = [...repairs.values()].some(({ choices }) => choices);
  const lines = [
    `# Started from a captured ${message} that its schema refuses. Correct what each repair makes of the value, and say in`,
    '# `why` where the deviation is documented. Then put the file into a folder of yours and run `depotbridge check`:',
    `# it refuses each ${JSON.stringify(OPEN)} that is left${open ? ', in the example too' : ''}.`,
    ...left.map((fault) => `# Not mended: ${fault}`),
    `overlay: ${nameOf(select, message.split('.')[1] ?? message)}`,
    `message: ${message}`,
    `select: ${flow(select as Record<string, string>)}`,
    repairs.size === 0 ? 'repair: {}' : 'repair:',
    ...[...repairs].flatMap(([at, { rule, choices }], i) => [
      ...(choices ? [`  # one of ${choices.join(', ')}`] : []),
      `  r.${i + 1}: {at: ${JSON.stringify(at)}, ${rule}, why: ${JSON.stringify(why)}}`,
    ]),
    'examples:',
    '  - name: as captured',
    `    select: ${flow(exampleOf(select))}`,
    `    in: ${flow({ msg: payload })}`,
    `    out: ${flow(out)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** `/meterValue/0/sampledValue/1/unit` → `msg.meterValue[].sampledValue[].unit`. */
function pathOf(pointer: string): string {
  return `msg${pointer.replaceAll(/\/\d+(?=\/|$)/g, '[]').replaceAll('/', '.')}`;
}

function valueAt(payload: Json, pointer: string): Json | undefined {
  return pointer
    .split('/')
    .slice(1)
    .reduce<Json | undefined>((value, step) => {
      if (typeof value !== 'object' || value === null) return undefined;
      return Array.isArray(value) ? value[Number(step)] : value[step];
    }, payload);
}

/** The repair that mends most faults of this kind; undefined if none can. */
function ruleFor(
  message: string,
  at: string,
  { keyword, path }: ValidationIssue,
  value: Json | undefined,
): Started | undefined {
  const node = nodeAt(message, at);
  const rule = (text: string | undefined): Started | undefined =>
    text === undefined ? undefined : { rule: text, pointers: [path] };
  switch (keyword) {
    case 'maxLength':
      return rule(`is: {longer: ${node?.bound('maxLength') ?? 0}}, becomes: {by: fit}`);
    case 'enum': {
      const words = (node?.enum ?? []).map(String);
      const next = nearest(String(value), words);
      const started = `is: ${JSON.stringify(value)}, becomes: ${JSON.stringify(next ?? OPEN)}`;
      return { rule: started, pointers: [path], ...(next === undefined ? { choices: words } : {}) };
    }
    case 'format':
      return isInstant(value) ? rule('is: {like: "*"}, becomes: {by: zone-utc}') : undefined;
    case 'type':
      return rule(typeRule(node, value));
    default:
      return undefined;
  }
}

/** The word that is clearly meant, or the one that stands for all others; undefined if a person has to say. */
function nearest(value: string, words: readonly string[]): string | undefined {
  const same = words.find((word) => word.toLowerCase() === value.toLowerCase());
  const near = wordsNear(value, words);
  const last = words.filter((word) => value.toLowerCase().endsWith(`.${word.toLowerCase()}`));
  const [clear] = [near, last].find((found) => found.length === 1) ?? [];
  return same ?? clear ?? words.find((word) => /^other/i.test(word));
}

/** Whether `zone-utc` makes an instant of it. */
function isInstant(value: Json | undefined): boolean {
  if (typeof value !== 'string') return false;
  return typeof repairTransforms.get('zone-utc')?.apply(value, Number.POSITIVE_INFINITY) === 'string';
}

function typeRule(node: SchemaNode | undefined, value: Json | undefined): string | undefined {
  const given = typeof value;
  if (node?.type === 'string' && (given === 'number' || given === 'boolean'))
    return `is: {type: ${given}}, becomes: {by: text}`;
  if ((node?.type === 'number' || node?.type === 'integer') && given === 'string')
    return `is: {type: string}, becomes: {by: ${node.type}}`;
  if (node?.type === 'boolean' && given === 'string') return 'is: {type: string}, becomes: {by: flag}';
  return undefined;
}

function nodeAt(message: string, at: string): SchemaNode | undefined {
  const schema = schemaOf(message);
  return at
    .replaceAll('[]', '.[]')
    .split('.')
    .slice(1)
    .reduce<SchemaNode | undefined>(
      (node, step) => (step === '[]' ? node?.items : node?.properties.get(step)?.node),
      schema && rootOf(schema),
    );
}
