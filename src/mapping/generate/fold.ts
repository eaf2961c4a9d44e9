/**
 * Writes the fold of sampled values as one loop (compile/fold.ts says what it does). Nearly all the time of a MeterValues
 * message is spent in it: keys are written out, a reading is recognised by comparing its words with those that came at
 * this place last time, and what is rare is left to functions.
 */
import type { Json, MapNote } from '../api.js';
import { badNumberNote, unknownNote } from '../compile/fold-notes.js';
import { noWord, type Reading, Readings, type ReadingUse, wordOf } from '../compile/fold-readings.js';
import { combine, places, worst } from '../compile/fold-scratch.js';
import { type FoldTake, takesOf } from '../compile/fold-takes.js';
import type { TakePlan } from '../compile/plan.js';
import type { FoldIr } from '../resolve/ir.js';
import type { FoldRole } from '../syntax/ast.js';
import { parseDecimal } from '../transforms.js';
import { shift } from '../units.js';
import type { Reads } from './reads.js';
import { literal } from './text.js';
import type { Writer } from './writer.js';

const wordRoles = ['measurand', 'phase', 'unit', 'context', 'location', 'format'] as const;
type Notes = readonly MapNote[] | undefined;

export class FoldWriter {
  private readonly fold: FoldIr;
  private readonly writer: Writer;
  private readonly reads: Reads;
  private readonly takes: readonly FoldTake[];
  private readonly readings: Readings;
  private readonly values: string;
  private readonly held: string;
  private readonly ranks: string;
  /** The reading that came last. */
  private readonly last: string;

  constructor(fold: FoldIr, writer: Writer, reads: Reads) {
    const takes = takesOf(fold);
    this.fold = fold;
    this.writer = writer;
    this.reads = reads;
    this.takes = takes;
    this.readings = new Readings(fold, takes);
    this.last = writer.state(writer.constant(this.readings.first));
    this.values = writer.constant(new Float64Array(takes.length * places));
    this.held = writer.constant(new Uint8Array(takes.length));
    this.ranks = writer.constant(new Int32Array(takes.length));
  }

  /** The variable of something folded. */
  output(of: TakePlan['of']): string {
    if (of === 'context') return 'word';
    return of === 'signed' ? 'signed' : `f${of}`;
  }

  /** Folds; the function ends with null where there is nothing to make an object of. */
  run(): void {
    const { writer, reads, fold, takes, held, ranks } = this;
    const list = reads.read(fold.over);
    writer.line(`if (!Array.isArray(${list})) return null;`);
    writer.line(`for (let i = 0; i < ${takes.length}; i++) { ${held}[i] = 0; ${ranks}[i] = ${worst}; }`);
    writer.line(`let reading = ${this.last}, best = ${worst}, word, signed;`);
    writer.block(`for (let i = 0; i < ${list}.length; i++)`, () => {
      writer.line(`const sample = ${list}[i];`);
      this.recognise();
      this.keep();
    });
    writer.line(`${this.last} = reading;`);
    this.results();
  }

  /** Reads a role of the sampled value; undefined if the table does not say where it is. */
  private role(role: FoldRole): string | undefined {
    const path = this.fold.read.get(role);
    const steps = path?.ref.steps.slice(this.fold.over.ref.steps.length + 1);
    return steps && this.reads.steps('sample', 'sample', steps);
  }

  /** Finds what the table makes of the words of a sampled value. */
  private recognise(): void {
    const { writer } = this;
    const word = writer.constant(wordOf);
    const sent: string[] = [];
    const differs: string[] = [];
    for (const role of wordRoles) {
      const value = this.role(role);
      const name = writer.name('w');
      const none = literal(noWord);
      const text = `typeof ${value} === 'string' ? ${value} : ${value} == null ? ${none} : ${word}(${value})`;
      writer.line(`const ${name} = ${value === undefined ? none : text};`);
      if (value !== undefined) differs.push(`next.${role} !== ${name}`);
      sent.push(`${role}: ${name}`);
    }
    writer.line('let next = reading.next;');
    writer.block(`if (${differs.join(' || ') || 'false'})`, () => {
      writer.line(`next = ${writer.constant(this.readings)}.find({ ${sent.join(', ')} });`);
      writer.line('reading.next = next;');
    });
    writer.line('reading = next;');
  }

  /** Puts the value where it belongs. */
  private keep(): void {
    const { writer, values, held, ranks } = this;
    const signed = this.role('signed');
    const raw = this.role('value') ?? 'undefined';
    const multiplier = this.role('multiplier') ?? 'undefined';
    const keepSigned = (value: string): void =>
      writer.line(`if (typeof ${value} === 'string') (signed ??= []).push(${value});`);
    if (signed) keepSigned(signed);
    writer.block('if (reading.signedData)', () => keepSigned(raw));
    writer.line(
      `if (reading.unknown !== undefined) notes = ${writer.constant(unknownWord(this.fold))}(notes, reading, ${raw}, i);`,
    );
    writer.line('const uses = reading.uses;');
    writer.block('for (let j = 0; j < uses.length; j++)', () => {
      writer.line('const use = uses[j], take = use.take, at = take.index, bit = 1 << reading.place;');
      writer.line(`if (use.rank > ${ranks}[at]) continue;`);
      writer.line(`if (use.rank < ${ranks}[at]) { ${ranks}[at] = use.rank; ${held}[at] = 0; }`);
      writer.line(`else if ((${held}[at] & bit) !== 0) continue;`);
      this.number(raw, multiplier);
      writer.line(`${values}[at * ${places} + reading.place] = n;`);
      writer.line(`${held}[at] |= bit;`);
      writer.line(
        'if (reading.contextRank < best) { best = reading.contextRank; word = reading.contextWord; }',
      );
    });
  }

  private number(raw: string, multiplier: string): void {
    const { writer } = this;
    const parse = writer.constant(parseDecimal);
    writer.line(
      `let n = typeof ${raw} === 'string' ? ${parse}(${raw}) : typeof ${raw} === 'number' ? ${raw} : NaN;`,
    );
    if (multiplier !== 'undefined')
      writer.line(
        `if (typeof ${multiplier} === 'number' && ${multiplier} !== 0 && n !== undefined) n = ${writer.constant(shift)}(n, ${multiplier});`,
      );
    // The closures' own function: what it gives must not change with the number of messages.
    writer.line('if (use.convert !== null) n = use.convert === undefined ? NaN : use.convert(n);');
    writer.block('if (!(n >= take.low && n <= take.high && Number.isFinite(n)))', () => {
      writer.line(`notes = ${writer.constant(badNumber(this.fold))}(notes, ${raw}, use, i);`);
      writer.line('n = NaN;');
    });
  }

  /** One variable per take, and whether there is anything. */
  private results(): void {
    const { writer, takes, held, values } = this;
    const rest = writer.constant(combine);
    writer.line(
      `let ${['any = signed !== undefined', ...takes.map(({ index }) => `f${index}`)].join(', ')};`,
    );
    for (const { index, phases } of takes) {
      const base = index * places;
      const combined = `${rest}(${values}, ${base}, ${held}[${index}], ${literal(phases)})`;
      writer.block(`if (${held}[${index}] !== 0)`, () => {
        writer.line(`const n = (${held}[${index}] & 1) !== 0 ? ${values}[${base}] : ${combined};`);
        writer.line(`if (n === n) { f${index} = n; any = true; }`);
      });
    }
    // Where nothing could be used, what is told of it goes another way, which the closures know.
    writer.line('if (!any) return notes === undefined ? null : undefined;');
  }
}

function unknownWord(
  fold: FoldIr,
): (notes: Notes, reading: Reading, value: Json | undefined, index: number) => Notes {
  const where = fold.over.ref.text;
  return (notes, { unknown }, value, index) =>
    unknown ? [...(notes ?? []), unknownNote(where, index, unknown, value)] : notes;
}

/** Notes why a value is none. */
function badNumber(
  fold: FoldIr,
): (notes: Notes, value: Json | undefined, use: ReadingUse, index: number) => Notes {
  const where = fold.over.ref.text;
  return (notes, value, use, index) => [...(notes ?? []), badNumberNote(where, index, value, use)];
}
