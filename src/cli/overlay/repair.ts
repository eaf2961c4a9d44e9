/** A starting overlay for a payload that its schema refuses: one repair for each fault. */
import type { Json, JsonObject } from '../../mapping/index.js';
import { loadFiles, rootOf, type SchemaNode } from '../../mapping/index.js';
import { issuesOf, schemaOf, type ValidationIssue } from '../../schemas/index.js';
import type { NewOverlay } from './overlay.js';
import { exampleOf, flow, nameOf } from './text.js';

/** @param payload what the overlays that there are already made of it */
export function startRepair(wanted: NewOverlay, payload: JsonObject): string {
  const { message } = wanted;
  const repairs = new Map<string, string>();
  const left: string[] = [];
  for (const issue of issuesOf(message, payload)) {
    const at = pathOf(issue.path);
    const rule = ruleFor(message, at, issue, valueAt(payload, issue.path));
    if (rule === undefined) left.push(`${issue.path || '/'} ${issue.message}`);
    else repairs.set(at, rule);
  }
  const text = (out: Json): string => overlayText(wanted, payload, { repairs, left, out });
  // The example shows what the repairs give, so they are run once.
  const trial = loadFiles([{ name: 'new.yaml', text: text(payload) }], { examples: false });
  if (!('generation' in trial)) return text(payload);
  return text(trial.generation.repair(message, payload, exampleOf(wanted.select)).payload);
}

interface Parts {
  readonly repairs: ReadonlyMap<string, string>;
  /** What no repair can mend. */
  readonly left: readonly string[];
  readonly out: Json;
}

function overlayText(
  { message, select }: NewOverlay,
  payload: JsonObject,
  { repairs, left, out }: Parts,
): string {
  const lines = [
    `# Started from a captured ${message} that its schema refuses. Correct what each repair makes of the value, and say in`,
    '# `why` where the deviation is documented. Then put the file into a folder of yours and run `depotbridge check`.',
    ...left.map((fault) => `# Not mended: ${fault}`),
    `overlay: ${nameOf(select, message.split('.')[1] ?? message)}`,
    `message: ${message}`,
    `select: ${flow(select as Record<string, string>)}`,
    'repair:',
    ...[...repairs].map(
      ([at, rule], i) =>
        `  r.${i + 1}: {at: ${JSON.stringify(at)}, ${rule}, why: "where this is documented"}`,
    ),
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
  issue: ValidationIssue,
  value: Json | undefined,
): string | undefined {
  const node = nodeAt(message, at);
  switch (issue.keyword) {
    case 'maxLength':
      return `is: {longer: ${node?.bound('maxLength') ?? 0}}, becomes: {by: fit}`;
    case 'enum': {
      const words = (node?.enum ?? []).map(String);
      const next = words.find((word) => /^other/i.test(word)) ?? words[0] ?? '';
      return `is: ${JSON.stringify(value)}, becomes: ${JSON.stringify(next)}`;
    }
    case 'format':
      return 'is: {like: "*"}, becomes: {by: zone-utc}';
    case 'type':
      return typeRule(node, value);
    default:
      return undefined;
  }
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
