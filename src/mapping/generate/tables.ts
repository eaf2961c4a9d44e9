import type { Json } from '../api.js';
import { adaptOps } from '../compile/adapt-ops.js';
import type { Decision, OutputPlan } from '../compile/plan.js';
import { type Column, tableIndex } from '../compile/tables.js';
import type { BoundPath, MappingIr } from '../resolve/ir.js';
import { type AdaptWriter, bail } from './adapt.js';
import type { Reads } from './reads.js';
import { literal } from './text.js';
import type { Writer } from './writer.js';

/** More words than this are looked up. */
const mostCompared = 12;

/** What a value stands for in a column: a class, or with one column the row at once. */
interface Numbered {
  readonly of: (index: number) => number;
}

/** Writes the decisions of tables and what their rows give. */
export class TableWriter {
  private readonly writer: Writer;
  private readonly reads: Reads;
  private readonly adapt: AdaptWriter;
  private readonly mapping: MappingIr;

  constructor(mapping: MappingIr, tools: { writer: Writer; reads: Reads; adapt: AdaptWriter }) {
    this.mapping = mapping;
    this.writer = tools.writer;
    this.reads = tools.reads;
    this.adapt = tools.adapt;
  }

  /** Writes an output of a table; `done` writes what is done with a value, which may be undefined if `maybe`. */
  output({ path, layers }: OutputPlan, done: (value: string, maybe: boolean) => void): void {
    this.layer(path, layers, done);
  }

  private layer(
    path: BoundPath,
    [layer, ...rest]: OutputPlan['layers'],
    done: (value: string, maybe: boolean) => void,
  ): void {
    if (!layer) return;
    const { decision, column } = layer;
    const row = this.decide(decision);
    const give = (): void => this.give(path, decision, column, row, done);
    // A table of the mapping itself that applies has found a row, or the function was left.
    const certain = !decision.partial && decision.table.only.length === 0;
    this.writer.when(certain ? undefined : `${row} >= 0`, give);
    if (!certain && rest.length > 0) this.writer.block('else', () => this.layer(path, rest, done));
  }

  /** The variable with the row; decides it unless that was done in this block or one around it. */
  private decide(decision: Decision): string {
    const { writer, reads } = this;
    const row = `d${decision.index}`;
    const key = `decided ${row}`;
    if (writer.recall(key)) return row;
    const known = this.started.has(row);
    this.started.add(row);
    writer.when(known ? `${row} === -2` : undefined, () => {
      const only = reads.condition(decision.table.only);
      writer.when(only, () => {
        writer.line(`${row} = ${this.row(decision)};`);
        if (!decision.partial) writer.line(`if (${row} < 0) ${bail}`);
      });
      if (only !== undefined) writer.line(`else ${row} = -1;`);
    });
    return writer.remember(key, row);
  }

  /** Decisions that some block before this one may have made. */
  private readonly started = new Set<string>();

  /** The row as an expression. */
  private row({ table }: Decision): string {
    const { writer, reads } = this;
    const { columns, index } = tableIndex(this.mapping, table);
    const values = table.inputs.map((path) => reads.read(path));
    const [first, second] = columns;
    if (first && !second) return this.classify(first, values[0] ?? '', { of: (at) => index[at] ?? -1 });
    const classes = columns.map((column, i) => {
      const name = writer.name('c');
      writer.line(`const ${name} = ${this.classify(column, values[i] ?? '', { of: (at) => at })};`);
      return name;
    });
    if (classes.length === 0) return literal(index[0] ?? -1);
    const outside = classes.map((name) => `${name} < 0`).join(' || ');
    const at = classes.reduce((sum, name, i) =>
      i === 0 ? name : `(${sum}) * ${columns[i]?.size} + ${name}`,
    );
    return `${outside} ? -1 : ${writer.constant(index)}[${at}]`;
  }

  /** The class of a value as an expression; a negative one is outside of all. */
  private classify(column: Column, value: string, { of }: Numbered): string {
    const number = (at: number): string => String(at < 0 ? -1 : of(at));
    const other = number(column.other);
    if (column.folded || column.byValue.size > mostCompared) {
      const numbers = new Map([...column.byValue].map(([word, at]) => [word, Number(number(at))]));
      const word = column.folded ? `typeof ${value} === 'string' ? ${value}.toLowerCase() : ${value}` : value;
      return `${value} == null ? ${number(column.none)} : ${this.writer.constant(numbers)}.get(${word}) ?? ${other}`;
    }
    const words = [...column.byValue];
    const texts = chain(
      value,
      words.filter(([word]) => typeof word === 'string'),
      number,
      other,
    );
    const rest = chain(
      value,
      words.filter(([word]) => typeof word !== 'string'),
      number,
      other,
    );
    const missing = `${value} == null ? ${number(column.none)} : ${rest}`;
    // Texts are compared with texts only: V8 does that without a call.
    return texts === other ? missing : `typeof ${value} === 'string' ? ${texts} : ${missing}`;
  }

  private give(
    path: BoundPath,
    { table }: Decision,
    column: number,
    row: string,
    done: (value: string, maybe: boolean) => void,
  ): void {
    const { writer } = this;
    const cells = table.rows.map(({ outputs }) => outputs[column]);
    const values = cells.map((cell) => (cell?.kind === 'literal' ? cell.value : undefined));
    const copies = cells.flatMap((cell, at) => (cell?.kind === 'copy' ? [{ at, input: cell.input }] : []));
    const literals = (): void => {
      const gives = values.filter(
        (value, at) => value !== undefined || !copies.some((copy) => copy.at === at),
      );
      if (gives.every((value) => value === undefined)) return;
      done(`${writer.constant(values)}[${row}]`, gives.includes(undefined));
    };
    if (copies.length === 0) literals();
    else
      writer.block(`switch (${row})`, () => {
        for (const { at, input } of copies)
          writer.block(`case ${at}:`, () => {
            const from = table.inputs[input] as BoundPath;
            const ops = adaptOps(from.node, path.node, { by: [], asIs: false });
            this.adapt.present(this.reads.read(from), ops, (result) => done(result, false));
            writer.line('break;');
          });
        writer.block('default:', literals);
      });
  }
}

/** Compares a value with words, those of one class together. */
function chain(
  value: string,
  words: readonly (readonly [Json, number])[],
  number: (at: number) => string,
  other: string,
): string {
  const byNumber = new Map<string, string[]>();
  for (const [word, at] of words) {
    const known = byNumber.get(number(at)) ?? [];
    byNumber.set(number(at), [...known, `${value} === ${literal(word)}`]);
  }
  return [...byNumber].reduceRight(
    (rest, [result, tests]) => `(${tests.join(' || ')}) ? ${result} : ${rest}`,
    other,
  );
}
