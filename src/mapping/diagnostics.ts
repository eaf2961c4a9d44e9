import type { ErrorCode } from '../errors/index.js';

/** A text file of tables, with what is needed to point into it. */
export class SourceText {
  readonly name: string;
  readonly text: string;
  private readonly lineStarts: readonly number[];

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    const starts = [0];
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
    this.lineStarts = starts;
  }

  /** 1-based line and column of an offset, and the text of that line. */
  position(offset: number): { line: number; column: number; lineText: string } {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.lineStarts[low] ?? 0;
    const end = this.text.indexOf('\n', start);
    const lineText = this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
    return { line: low + 1, column: offset - start + 1, lineText };
  }
}

/** A stretch of a file: offsets, end exclusive. */
export interface Span {
  readonly file: SourceText;
  readonly start: number;
  readonly end: number;
}

/** One thing that is wrong with the tables, and where. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
  readonly suggestion?: string;
  /** The line of the file that `column` points into. */
  readonly lineText: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is shown otherwise
const unprintable = /[\x00-\x08\x0b-\x1f]/g;

/** Collects everything that is wrong; nothing stops at the first. */
export class Findings {
  private readonly found = new Map<string, Diagnostic>();

  add(code: ErrorCode, at: Span, message: string, suggestion?: string): void {
    const { line, column, lineText: raw } = at.file.position(at.start);
    const lineText = raw.replaceAll(unprintable, (char) => String.fromCharCode(0x2400 + char.charCodeAt(0)));
    const length = Math.max(1, Math.min(at.end - at.start, lineText.length - column + 1));
    const base = { code, file: at.file.name, line, column, length, message, lineText };
    // The same slip can be met on several ways through the checks (a mapping and its heirs).
    const key = `${code} ${at.file.name}:${line}:${column} ${message}`;
    if (!this.found.has(key)) this.found.set(key, suggestion === undefined ? base : { ...base, suggestion });
  }

  /** Whether something was found in these lines of a file. */
  touches({ file, start, end }: Span): boolean {
    const [first, last] = [file.position(start).line, file.position(end).line];
    return [...this.found.values()].some(
      (one) => one.file === file.name && one.line >= first && one.line <= last,
    );
  }

  get count(): number {
    return this.found.size;
  }

  /** All findings by file and position. */
  list(): Diagnostic[] {
    return [...this.found.values()].sort(
      (a, b) =>
        (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
        a.line - b.line ||
        a.column - b.column ||
        (a.code < b.code ? -1 : 1),
    );
  }
}

/** How to write what YAML took for a number or a boolean so that it stays the text it is in the file. */
export function quoteIt({ file, start, end }: Span): string {
  const written = file.text.slice(start, end).trim();
  const [, negated] = /^not\s+(.+)$/.exec(written) ?? [];
  return negated === undefined ? `quote it: "${written}"` : `quote it: {not: "${negated}"}`;
}

/** `1 fault`, `2 faults`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** The text of a diagnostic for a terminal: place, code, reason, the line with a caret, the suggestion. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, length, code, message, suggestion, lineText } = diagnostic;
  const gutter = String(line);
  const blank = ' '.repeat(gutter.length);
  const shown = cutAround(lineText, column, length);
  const lines = [
    `${file}:${line}:${column} ${code} ${message}`,
    ` ${gutter} | ${shown.text}`,
    ` ${blank} | ${' '.repeat(shown.column - 1)}${'^'.repeat(shown.length)}`,
  ];
  if (suggestion) lines.push(` ${blank} = ${suggestion}`);
  return lines.join('\n');
}

const widest = 100;

/** Keeps long lines readable: a window of the line around the place. */
function cutAround(
  text: string,
  column: number,
  length: number,
): { text: string; column: number; length: number } {
  if (text.length <= widest) return { text, column, length };
  const start = Math.max(0, Math.min(column - 1 - 30, text.length - widest));
  const head = start > 0 ? '…' : '';
  const tail = start + widest < text.length ? '…' : '';
  const shown = head + text.slice(start, start + widest) + tail;
  const at = column - start + head.length;
  return { text: shown, column: at, length: Math.max(1, Math.min(length, shown.length - at + 1)) };
}

/** The candidate nearest in spelling to a word, as a sentence; undefined if none is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const [best] = wordsNear(word, candidates);
  return best === undefined ? undefined : `did you mean ${best}?`;
}

/** The candidates nearest in spelling to a word, several if they are equally near; none if all are far. */
export function wordsNear(word: string, candidates: Iterable<string>): string[] {
  let best: string[] = [];
  // In a word of three letters, two of them wrong is another word.
  const most = word.length < 4 ? Math.floor(word.length / 2) : Math.max(2, Math.floor(word.length / 3));
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = [candidate];
      bestDistance = distance;
    } else if (distance === bestDistance && best.length > 0) best.push(candidate);
  }
  return best;
}

/** Levenshtein distance with adjacent swaps counted once; gives up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit;
}
