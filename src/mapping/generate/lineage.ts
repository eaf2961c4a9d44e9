import type { MappingPlan } from '../compile/plan.js';
import { CompactProvenance, type Mark, type MarkLayout, marksPerWord } from '../run/provenance.js';
import type { Writer } from './writer.js';

/** Writes what a message notes of the rules that made it. */
export class LineageWriter {
  private readonly plan: MappingPlan;
  private readonly writer: Writer;
  private readonly marks: Mark[] = [];
  private readonly nestedSlots: number[] = [];
  /** Bits that are set in every object that is made. */
  private readonly always: number[] = [];

  constructor(plan: MappingPlan, writer: Writer) {
    this.plan = plan;
    this.writer = writer;
  }

  /** The number of the mark for a rule that set its slot. */
  mark(mark: Mark): number {
    return this.marks.push(mark) - 1;
  }

  /** The statement that sets a mark; none if it is set in every object. */
  set(mark: number, always: boolean): string | undefined {
    const word = Math.floor(mark / marksPerWord);
    const bit = 1 << (mark % marksPerWord);
    if (!always) return `b${word} |= ${bit};`;
    this.always[word] = (this.always[word] ?? 0) | bit;
    return undefined;
  }

  /** The variable for the lineage of a used mapping. */
  readonly nested = (slot: number): string => `q${this.nestedSlots.push(slot) - 1}`;

  /** Variables to declare. */
  declared(): string[] {
    return [
      ...this.words().map((word, i) => `${word} = ${this.always[i] ?? 0}`),
      ...this.plan.decisions.map(({ index }) => `d${index} = -2`),
      ...this.nestedSlots.map((_, i) => `q${i}`),
    ];
  }

  /** The lineage of the object, as an expression. */
  made(): string {
    const { plan, writer } = this;
    const { book, hits, decisions } = plan;
    const layout: MarkLayout = {
      book,
      hits,
      marks: this.marks,
      firstRules: decisions.map(({ firstRule }) => firstRule),
      nestedSlots: this.nestedSlots,
    };
    const rows = packed(decisions.map(({ index }) => `d${index}`));
    const entries = this.nestedSlots.map((_, i) => `q${i}`);
    const nested = entries.length > 0 ? `[${entries.join(', ')}]` : 'undefined';
    const words = packed(this.words());
    return `new ${writer.constant(CompactProvenance)}(${writer.constant(layout)}, ${words}, ${rows}, ${nested})`;
  }

  /** Whether the used mappings may have noted something. */
  get usesMappings(): boolean {
    return this.nestedSlots.length > 0;
  }

  private words(): string[] {
    return Array.from({ length: Math.ceil(this.marks.length / marksPerWord) }, (_, i) => `b${i}`);
  }
}

const packed = (names: readonly string[]): string =>
  names.length > 1 ? `[${names.join(', ')}]` : (names[0] ?? '-1');
