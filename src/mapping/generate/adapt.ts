import type { AdaptOp } from '../compile/adapt-ops.js';
import type { Scalar } from '../syntax/ast.js';
import { absent, failed } from '../transforms.js';
import { type Conversion, converter, mostSteps, precisionOf, roundTo } from '../units.js';
import { literal, numeral } from './text.js';
import type { Writer } from './writer.js';

/** Leaves the generated function: the closures run the message again and say what is wrong with it. */
export const bail = 'return undefined;';

/** More values than this are looked up in a set. */
const mostCompared = 8;

/** Writes how source values are made to fit their targets. */
export class AdaptWriter {
  private readonly writer: Writer;

  constructor(writer: Writer) {
    this.writer = writer;
  }

  /**
   * Adapts what `value` holds, if it holds anything; `done` writes what is done with the result. Where nothing can be
   * made without the value (`must`), no value is left to the closures at once.
   */
  present(value: string, ops: readonly AdaptOp[], done: (result: string) => void, must = false): void {
    const { writer } = this;
    const [first, ...rest] = ops;
    if (must) {
      if (first?.op !== 'guard') writer.line(`if (${value} == null) ${bail}`);
      this.apply(value, ops, done, first?.op === 'guard');
      return;
    }
    if (first?.op !== 'guard') {
      writer.block(`if (${value} != null)`, () => this.apply(value, ops, done));
      return;
    }
    writer.block(`if (typeof ${value} === ${literal(first.type)})`, () =>
      this.apply(value, rest, done, true),
    );
    writer.line(`else if (${value} != null) ${bail}`);
  }

  /** Adapts a value that is there. */
  apply(value: string, ops: readonly AdaptOp[], done: (result: string) => void, plain = false): void {
    const [op, ...rest] = ops;
    if (!op) {
      done(value);
      return;
    }
    const next = (result: string): void => this.apply(result, rest, done, true);
    if (op.op === 'transform') this.transform(value, op, plain, next);
    else next(this.changed(value, op));
  }

  /** Writes what gives a value whatever comes in, or leaves; gives the variable. */
  private changed(value: string, op: Exclude<AdaptOp, { op: 'transform' }>): string {
    switch (op.op) {
      case 'guard':
        this.writer.line(`if (typeof ${value} !== ${literal(op.type)}) ${bail}`);
        return value;
      case 'list':
        return this.list(value, op.item);
      case 'convert':
        return this.convert(value, op.rule);
      case 'round':
        return this.round(value, op);
      default:
        this.writer.line(`if (!(${this.fits(value, op)})) ${bail}`);
        return value;
    }
  }

  private list(value: string, item: readonly AdaptOp[]): string {
    const { writer } = this;
    const items = writer.name('l');
    const index = writer.name('i');
    const element = writer.name('e');
    writer.line(`if (!Array.isArray(${value})) ${bail}`);
    writer.line(`const ${items} = [];`);
    writer.block(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++)`, () => {
      writer.line(`const ${element} = ${value}[${index}];`);
      this.apply(element, item, (result) => writer.line(`${items}.push(${result});`));
    });
    return items;
  }

  private transform(
    value: string,
    { transform, limit }: Extract<AdaptOp, { op: 'transform' }>,
    plain: boolean,
    next: (result: string) => void,
  ): void {
    const { writer } = this;
    const apply = writer.constant(transform.apply);
    const result = writer.name('t');
    if (!plain) writer.line(`if (typeof ${value} === 'object') ${bail}`);
    writer.line(`const ${result} = ${apply}(${value}, ${numeral(limit)});`);
    if (transform.fallible) writer.line(`if (${result} === ${writer.constant(failed)}) ${bail}`);
    if (!transform.drops) next(result);
    else writer.block(`if (${result} !== ${writer.constant(absent)})`, () => next(result));
  }

  private convert(value: string, rule: Conversion): string {
    const { writer } = this;
    const steps = writer.name('s');
    const result = writer.name('n');
    const precision = numeral(precisionOf(rule));
    const [few, many] = [
      `Math.round(${steps}) / ${precision}`,
      `${writer.constant(converter(rule))}(${value})`,
    ];
    writer.line(`const ${steps} = ${conversionText(value, rule)} * ${precision};`);
    writer.line(`const ${result} = ${steps} < ${mostSteps} && ${steps} > -${mostSteps} ? ${few} : ${many};`);
    writer.line(`if (!Number.isFinite(${result})) ${bail}`);
    return result;
  }

  private round(value: string, { places, mode }: Extract<AdaptOp, { op: 'round' }>): string {
    const { writer } = this;
    const result = writer.name('n');
    const round = writer.constant(roundTo);
    const text =
      places === 0 && mode === 'down'
        ? `Math.floor(${value})`
        : `${round}(${value}, ${numeral(places)}, ${literal(mode)})`;
    writer.line(`const ${result} = ${text};`);
    return result;
  }

  private fits(value: string, op: Extract<AdaptOp, { op: 'whole' | 'enum' | 'length' | 'range' }>): string {
    switch (op.op) {
      case 'whole':
        return `Number.isInteger(${value})`;
      case 'enum':
        if (op.values.length > mostCompared) return this.known(value, op.values);
        return op.values.map((one) => `${value} === ${literal(one)}`).join(' || ') || 'false';
      case 'length':
        return range(`${value}.length`, op.min === 0 ? -Infinity : op.min, op.max);
      case 'range':
        return range(value, op.min, op.max);
    }
  }

  /** One of many values: mostly the same as last time. */
  private known(value: string, values: readonly Scalar[]): string {
    const last = this.writer.state('undefined');
    const all = this.writer.constant(new Set(values));
    return `${value} === ${last} || ${all}.has(${last} = ${value}) || (${last} = undefined, false)`;
  }
}

function range(value: string, min: number, max: number): string {
  const least = min === -Infinity ? [] : [`${value} >= ${numeral(min)}`];
  // NaN is within no range.
  return [...least, `${value} <= ${numeral(max)}`].join(' && ');
}

/** The arithmetic of `converter` (units.ts) before it rounds, in the same order. */
function conversionText(value: string, { multiply, divide, before, after }: Conversion): string {
  const [m, d] = [numeral(multiply), numeral(divide)];
  if (before === 0 && after === 0) return `${value} * ${m} / ${d}`;
  return `((${value} + ${numeral(before)}) * ${m} / ${d} - ${numeral(after)})`;
}
