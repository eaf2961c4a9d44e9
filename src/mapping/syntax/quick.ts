/**
 * Reads the YAML that tables are written in, in one pass over the text; gives up on all else.
 *
 * The package reads any YAML and says what is wrong with it, at ten times the price: the first check of a process
 * would spend half of its time there. What this reader takes, it takes exactly as the package does, which
 * `test/mapping/quick.test.ts` holds against thousands of damaged texts. It knows block maps and lists, flow maps and
 * lists over several lines, plain and quoted scalars on one line, comments and `---`; whatever else it meets (also
 * everything that is wrong) is left to the package.
 */
import type { MapItem, YamlNode } from './node.js';
import {
  beyond,
  closeList,
  closeMap,
  colon,
  comma,
  dash,
  hash,
  newline,
  openList,
  openMap,
  readScalar,
  space,
} from './quick-scalars.js';

/** Tabs, carriage returns, byte order marks and control characters mean more than they show. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unusual = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;

/** The root of each document of a text; undefined if the package has to read it. */
export function readQuickly(text: string): YamlNode[] | undefined {
  if (unusual.test(text)) return undefined;
  try {
    return new QuickReader(text).documents();
  } catch (error) {
    // Too deep for the stack is beyond, too.
    if (error === beyond || error instanceof RangeError) return undefined;
    throw error;
  }
}

class QuickReader {
  private readonly text: string;
  private at = 0;
  /** Column of the content of the line that is read next; -1 = a `---`, or the end of the text. */
  private column = -1;

  constructor(text: string) {
    this.text = text;
  }

  documents(): YamlNode[] {
    const documents: YamlNode[] = [];
    this.toContent();
    // Before the first document, `---` may be left out.
    if (this.column < 0) this.separator();
    for (;;) {
      if (this.column !== 0 || this.isItem()) throw beyond;
      documents.push(this.blockMap(0));
      if (this.at >= this.text.length) return documents;
      if (this.column >= 0) throw beyond;
      this.separator();
    }
  }

  /** From the start of a line to the next content; comments and empty lines are passed over. */
  private toContent(): void {
    const { text } = this;
    for (;;) {
      const start = this.at;
      this.spaces();
      const char = text.charCodeAt(this.at);
      if (char === hash) this.toLineEnd();
      if (this.at >= text.length) {
        this.column = -1;
        return;
      }
      if (char !== newline && char !== hash) {
        this.column = this.at - start;
        if (this.column === 0) this.atMargin();
        return;
      }
      this.at++;
    }
  }

  /** What stands at the first column can be more than content. */
  private atMargin(): void {
    if (this.text.startsWith('---', this.at)) this.column = -1;
    else if (this.text.startsWith('...', this.at)) throw beyond;
  }

  private separator(): void {
    if (!this.text.startsWith('---', this.at)) throw beyond;
    this.at += 3;
    this.lineRest();
    this.toContent();
  }

  private spaces(): void {
    while (this.text.charCodeAt(this.at) === space) this.at++;
  }

  private toLineEnd(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  /** Behind a value, nothing but a comment may stand; goes to the start of the next line. */
  private lineRest(): void {
    const start = this.at;
    this.spaces();
    if (this.text.charCodeAt(this.at) === hash && this.at > start) this.toLineEnd();
    if (this.at >= this.text.length) return;
    if (this.text.charCodeAt(this.at) !== newline) throw beyond;
    this.at++;
  }

  /** Whether `- ` stands here. */
  private isItem(): boolean {
    return this.text.charCodeAt(this.at) === dash && this.text.charCodeAt(this.at + 1) === space;
  }

  /** A block map whose keys stand in this column; begins at its first key. */
  private blockMap(column: number): YamlNode {
    const start = this.at;
    const items: MapItem[] = [];
    do {
      if (this.isItem()) throw beyond;
      const key = this.blockKey();
      addTo(items, key, this.blockValue(column));
    } while (this.column === column);
    // A line that is deeper than this map and belongs to nothing in it.
    if (this.column > column) throw beyond;
    return { kind: 'map', items, start, end: this.at };
  }

  private blockKey(): YamlNode {
    const key = this.scalar(false);
    if (key.end - key.start > 1000) throw beyond;
    this.keyEnd();
    return key;
  }

  /** The `:` behind a key, and that something parts it from the value. */
  private keyEnd(): void {
    const next = this.text.charCodeAt(this.at + 1);
    if (this.text.charCodeAt(this.at) !== colon || (next !== space && next !== newline)) throw beyond;
    this.at++;
  }

  /** What stands behind the `:` of a key in this column, on its line or beneath it. */
  private blockValue(column: number): YamlNode {
    const from = this.at;
    this.spaces();
    const char = this.text.charCodeAt(this.at);
    if (char !== newline && (char !== hash || this.at === from)) return this.lineValue(column + 1);
    this.lineRest();
    this.toContent();
    if (this.column < column || (this.column === column && !this.isItem())) throw beyond;
    const next = this.text.charCodeAt(this.at);
    if (next === openMap || next === openList) return this.lineValue(column + 1);
    return this.isItem() ? this.blockList(this.column) : this.blockMap(this.column);
  }

  /** A value that ends its line; lines that go on with it are indented by `least` at least. */
  private lineValue(least: number): YamlNode {
    if (this.isItem()) throw beyond;
    const node = this.flow(false, least);
    this.lineRest();
    this.toContent();
    return node;
  }

  /** A block list whose dashes stand in this column; begins at the first. */
  private blockList(column: number): YamlNode {
    const start = this.at;
    const items: YamlNode[] = [];
    do {
      items.push(this.blockItem(column));
    } while (this.column === column && this.isItem());
    if (this.column > column) throw beyond;
    return { kind: 'seq', items, start, end: this.at };
  }

  private blockItem(column: number): YamlNode {
    const dashAt = this.at++;
    this.spaces();
    const start = this.at;
    if (this.isItem()) throw beyond;
    const char = this.text.charCodeAt(start);
    if (char === openMap || char === openList) return this.lineValue(column + 1);
    const first = this.scalar(false);
    if (this.text.charCodeAt(this.at) === colon) {
      // `- key: value` begins a map in the column of the key.
      this.at = start;
      return this.blockMap(column + start - dashAt);
    }
    this.lineRest();
    this.toContent();
    return first;
  }

  /** A scalar or a flow collection. */
  private flow(inside: boolean, least: number): YamlNode {
    const char = this.text.charCodeAt(this.at);
    if (char === openMap) return this.flowMap(least);
    if (char === openList) return this.flowList(least);
    const node = this.scalar(inside);
    // A `:` would make this the key of a map.
    if (this.text.charCodeAt(this.at) === colon) throw beyond;
    return node;
  }

  private flowMap(least: number): YamlNode {
    const start = this.at++;
    const items: MapItem[] = [];
    this.inFlow(least);
    while (this.text.charCodeAt(this.at) !== closeMap) {
      const key = this.scalar(true);
      this.keyEnd();
      this.inFlow(least);
      addTo(items, key, this.flow(true, least));
      this.afterItem(least, closeMap);
    }
    this.at++;
    return { kind: 'map', items, start, end: this.at };
  }

  private flowList(least: number): YamlNode {
    const start = this.at++;
    const items: YamlNode[] = [];
    this.inFlow(least);
    while (this.text.charCodeAt(this.at) !== closeList) {
      items.push(this.flow(true, least));
      this.afterItem(least, closeList);
    }
    this.at++;
    return { kind: 'seq', items, start, end: this.at };
  }

  /** Between items stands one comma; after the last, one is allowed. */
  private afterItem(least: number, close: number): void {
    this.inFlow(least);
    const char = this.text.charCodeAt(this.at);
    if (char === close) return;
    if (char !== comma) throw beyond;
    this.at++;
    this.inFlow(least);
  }

  /** Spaces, comments and line ends inside a flow collection. */
  private inFlow(least: number): void {
    const { text } = this;
    for (;;) {
      const start = this.at;
      this.spaces();
      const char = text.charCodeAt(this.at);
      if (char === hash) {
        if (this.at === start) throw beyond;
        this.toLineEnd();
      } else if (char !== newline) return;
      if (this.at >= text.length) throw beyond;
      this.at++;
      const line = this.at;
      this.spaces();
      const next = text.charCodeAt(this.at);
      if (this.at - line < least && next !== newline) throw beyond;
      // A comment that begins its line has its space before it.
      if (next === hash) this.at--;
    }
  }

  private scalar(inside: boolean): YamlNode {
    const node = readScalar(this.text, this.at, inside);
    this.at = node.end;
    return node;
  }
}

function addTo(items: MapItem[], key: YamlNode, value: YamlNode): void {
  for (const item of items)
    if (key.kind === 'scalar' && item.key?.kind === 'scalar' && item.key.value === key.value) throw beyond;
  items.push({ key, value });
}
