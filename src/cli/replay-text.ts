/** The report of a replay in words. */
import type { Difference, ReplayReport, Told } from '../replay/index.js';

/** So many differences are shown; JSON has them all. */
const SHOWN = 100;
const ID_LENGTH = 12;

export function replayText(report: ReplayReport, showsDifferences: boolean): string {
  return [
    ...head(report),
    ...notes(report),
    ...compared(report),
    ...verdict(report, showsDifferences),
    ...(showsDifferences ? differences(report) : []),
  ].join('\n');
}

function head({ window, base, sides, counts }: ReplayReport): string[] {
  const { entries, frames, decisions, events } = counts;
  const ids = window.first === undefined ? '' : `  (${window.first} … ${window.last})`;
  return [
    `window  ${window.from} … ${window.to}${ids}`,
    `begins  ${beginning(base)}`,
    `left    ${sideText(sides.left)}`,
    `right   ${sideText(sides.right)}`,
    '',
    `${entries} entries: ${frames} frames through the tables, ${decisions} decisions of the bridge as they were, ${events} events`,
    ...list('refused when they came', counts.refused),
    ...list('objects that no table could make whole', counts.failures),
  ];
}

function beginning({ kind, at, id, entries }: ReplayReport['base']): string {
  const led = entries > 0 ? `, and ${entries} entries from there` : '';
  if (kind === 'point') return `with the state that was kept at ${at} (${id})${led}`;
  return `with the journal, at ${at} (${id})${led}`;
}

function sideText(side: string): string {
  return side === 'recorded' ? 'what was recorded then' : `tables ${side.slice(0, ID_LENGTH)}`;
}

function list(what: string, counts: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(counts);
  if (entries.length === 0) return [];
  return [`${what}: ${entries.map(([code, count]) => `${count} ${code}`).join(', ')}`];
}

function notes({ notes: all }: ReplayReport): string[] {
  if (all.length === 0) return [];
  return ['', ...all.map(({ text, count, example }) => `! ${text} (${count}, e.g. ${example.slice(0, 24)})`)];
}

function compared({ compared: { entries, readers, state } }: ReplayReport): string[] {
  const lines = readers.map(
    ({ target, compared, differing }) => `${target}: ${compared} compared, ${differing} differ`,
  );
  if (entries > 0) lines.unshift(`${entries} entries whose events were compared`);
  if (state) {
    const how = state.identical ? 'identical, byte for byte' : `${state.differing} differ`;
    lines.push(`the state at the end: ${state.leaves} values, ${how}`);
  }
  return ['', ...lines];
}

function verdict({ differences, more }: ReplayReport, showsDifferences: boolean): string[] {
  const count = differences.length + more;
  if (count === 0) return ['', 'no difference'];
  const how = showsDifferences ? '' : '; --diff shows them';
  return ['', `${count} difference${count === 1 ? '' : 's'}${how}`];
}

function differences({ differences: all, more }: ReplayReport): string[] {
  const left = all.length - SHOWN + more;
  return [
    ...all.slice(0, SHOWN).flatMap(differenceLines),
    ...(left > 0 ? [`… and ${left} more; --format json has ${more > 0 ? 'the first ones' : 'them'}`] : []),
  ];
}

function differenceLines({ target, subject, path, left, right, raw, at, count }: Difference): string[] {
  const often = count > 1 ? `, ${count} times` : '';
  return [
    '',
    `${target}${subject ? ` ${subject}` : ''}  ${path}`,
    `  - ${told(left)}`,
    `  + ${told(right)}`,
    `  at ${at}, ${raw}${often}`,
  ];
}

function told({ value, rule, raw, read }: Told): string {
  if (value === undefined) return '(not set)';
  const by = rule === undefined ? '' : `  by ${rule}`;
  const of = read === undefined || read === rule ? '' : `, read by ${read}`;
  return `${JSON.stringify(value)}${by}${of}${raw === undefined ? '' : `, from ${raw}`}`;
}
