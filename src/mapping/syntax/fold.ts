import type { FoldAst, FoldRole, Located, PathRef, PhaseRule, TakeAst } from './ast.js';
import type { Entry, Reader } from './reader.js';

const roles = [
  'value',
  'measurand',
  'phase',
  'unit',
  'multiplier',
  'context',
  'location',
  'format',
  'signed',
] as const;
const phaseRules = ['none', 'sum', 'max', 'mean-n'] as const;
const keys = ['over', 'read', 'absent', 'units', 'contexts', 'take', 'context', 'signed', 'ignore'] as const;

/** The `fold` section: how sampled values become one sample. */
export function readFold(reader: Reader, entry: Entry): FoldAst | undefined {
  const parts = new Map<string, Entry>();
  for (const part of reader.entries(entry.node, entry.at, '`fold`', keys)) parts.set(part.key, part);
  const overPart = parts.get('over');
  const over = overPart && reader.pathOf(overPart.node, overPart.at, '`over`');
  for (const key of ['over', 'read', 'units', 'contexts', 'take'])
    if (!parts.has(key)) reader.fail(entry.keyAt, `\`fold\` needs \`${key}\``);
  const list = (key: string): Located<string>[] => {
    const part = parts.get(key);
    return part ? reader.texts(part.node, part.at, `\`${key}\``) : [];
  };
  const path = (key: string): PathRef | undefined => {
    const part = parts.get(key);
    return part && reader.pathOf(part.node, part.at, `\`${key}\``);
  };
  const context = path('context');
  const signed = path('signed');
  return (
    over && {
      at: entry.keyAt,
      over,
      read: readRoles(reader, parts.get('read'), over),
      absent: readTexts(reader, parts.get('absent'), roles) as Map<FoldRole, Located<string>>,
      units: readTexts(reader, parts.get('units')),
      contexts: list('contexts'),
      take: readTakes(reader, parts.get('take')),
      ignore: list('ignore'),
      ...(context && { context }),
      ...(signed && { signed }),
    }
  );
}

/** Paths inside one sampled value, made absolute: `mv.sampledValue[].unitOfMeasure.unit`. */
function readRoles(reader: Reader, part: Entry | undefined, over: PathRef): Map<FoldRole, PathRef> {
  const found = new Map<FoldRole, PathRef>();
  if (!part) return found;
  for (const item of reader.entries(part.node, part.at, '`read`', roles)) {
    const text = reader.text(item.node, item.at, `\`${item.key}\``);
    const path = text && reader.path(`${over.text}[].${text.value}`, text.at);
    if (path) found.set(item.key as FoldRole, path);
  }
  if (!found.has('value')) reader.fail(part.keyAt, '`read` needs `value`');
  return found;
}

function readTexts(
  reader: Reader,
  part: Entry | undefined,
  known?: readonly string[],
): Map<string, Located<string>> {
  const found = new Map<string, Located<string>>();
  if (!part) return found;
  for (const item of reader.entries(part.node, part.at, `\`${part.key}\``, known)) {
    const text = reader.text(item.node, item.at, `\`${item.key}\``);
    if (text) found.set(item.key, text);
  }
  return found;
}

function readTakes(reader: Reader, part: Entry | undefined): TakeAst[] {
  if (!part) return [];
  return reader.entries(part.node, part.at, '`take`').flatMap((item) => readTake(reader, item) ?? []);
}

function readTake(reader: Reader, entry: Entry): TakeAst | undefined {
  const parts = new Map<string, Entry>();
  for (const part of reader.entries(entry.node, entry.at, 'a take', [
    'to',
    'measurand',
    'phases',
    'unit',
    'at',
  ]))
    parts.set(part.key, part);
  const need = (key: string): Entry | undefined => {
    const part = parts.get(key);
    if (!part) reader.fail(entry.keyAt, `a take needs \`${key}\``);
    return part;
  };
  const text = (part: Entry | undefined): Located<string> | undefined =>
    part && reader.text(part.node, part.at, `\`${part.key}\``);
  const toPart = need('to');
  const to = toPart && reader.pathOf(toPart.node, toPart.at, '`to`');
  const measurand = text(need('measurand'));
  const phases = text(need('phases'));
  const unit = text(need('unit'));
  const at = need('at');
  const rule = phaseRules.find((known) => known === phases?.value);
  if (phases && !rule) reader.fail(phases.at, `\`phases\` takes one of ${phaseRules.join(', ')}`);
  if (!to || !measurand || !rule || !unit || !at) return undefined;
  const locations = reader.texts(at.node, at.at, '`at`');
  return { id: entry.key, at: entry.keyAt, to, measurand, phases: rule satisfies PhaseRule, unit, locations };
}
