import type { JournalDirection, JournalEntry, TraceCut, TraceNode } from './entry.js';

export interface PrintOptions {
  /** The whole raw text under each entry instead of its beginning. */
  readonly full?: boolean;
  /** How much of the raw text stays when shortened, in characters; 60 if not given. */
  readonly rawLength?: number;
}

const ARROWS: Record<JournalDirection, string> = { in: '→', out: '←', internal: '·' };
const CUTS: Record<TraceCut, string> = {
  repeated: 'see above or below',
  depth: 'goes deeper',
  size: 'goes on, too much to show',
};

/**
 * Renders a trace for a terminal, one line per entry: id, time (UTC), arrow (→ into the bridge, ← out of it,
 * · within), link, protocol, action, message id, rules, raw text. Control characters are shown, never sent.
 */
export function printTrace(node: TraceNode, options: PrintOptions = {}): string {
  return linesOf(node, options, '', '').join('\n');
}

function linesOf(node: TraceNode, options: PrintOptions, first: string, rest: string): string[] {
  const lines = [first + lineOf(node, options)];
  if (options.full) {
    const bar = node.children.length ? '│ ' : '  ';
    for (const line of node.entry.raw.split('\n')) lines.push(`${rest}${bar}${visible(line)}`);
  }
  for (const [index, child] of node.children.entries()) {
    const isLast = index === node.children.length - 1;
    lines.push(
      ...linesOf(child, options, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`),
    );
  }
  return lines;
}

function lineOf({ entry, cut }: TraceNode, options: PrintOptions): string {
  const parts = [entry.id, timeOf(entry), ARROWS[entry.direction], entry.link, entry.protocol, entry.action];
  if (entry.messageId !== undefined) parts.push(entry.messageId);
  if (entry.http) parts.push(`${entry.http.method} ${entry.http.path} ${entry.http.status ?? ''}`.trim());
  if (entry.rules?.length) parts.push(`[${entry.rules.join(', ')}]`);
  if (entry.error !== undefined) parts.push(`!${entry.error}`);
  if (!options.full) parts.push(shorten(entry.raw, options.rawLength ?? 60));
  if (cut) parts.push(`(${CUTS[cut]})`);
  return parts.map(visible).join('  ');
}

function timeOf(entry: JournalEntry): string {
  return new Date(entry.at).toISOString().replace('T', ' ');
}

function shorten(raw: string, length: number): string {
  return raw.length <= length ? raw : `${raw.slice(0, length)}… (${raw.length} characters)`;
}

/** Control and formatting characters as escapes, so that a payload cannot steer the terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
