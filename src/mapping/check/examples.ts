/** Examples are validated, run, compared, and must together show every row and target. */
import type { IdentityResolver, Json, JsonObject, MapResult, RunContext } from '../api.js';
import type { Findings } from '../diagnostics.js';
import { canonical, type LoadedGeneration } from '../generation.js';
import { applies } from '../overlay/select.js';
import { placeKey } from '../resolve/domain.js';
import type { Bound } from '../resolve/index.js';
import type { MappingIr } from '../resolve/ir.js';
import { reverseName } from '../resolve/reverse.js';
import type { SchemaSource } from '../schema/node.js';
import type { ExampleAst, OverlayAst } from '../syntax/ast.js';
import type { CheckReport } from './context.js';
import { withUsed } from './cycles.js';
import { differences, without } from './differences.js';
import { unshownOfFold } from './fold-shown.js';
import { issueText, payloadIssues } from './issues.js';

/** What running examples needs. */
export interface ExampleOptions {
  readonly findings: Findings;
  readonly report: CheckReport;
  readonly schemas: SchemaSource;
  /** Mappings with errors of their own: what they would give means nothing. */
  readonly faulty: ReadonlySet<string>;
  /** Overlays with errors of their own, which are left out: what they would have done means nothing either. */
  readonly faultyOverlays: readonly OverlayAst[];
  /** Whether some document could not be read at all: what it shows is not known. */
  readonly unparsed: boolean;
}

/** Identities of an example: `kind:key/key`, unless it says otherwise. */
function resolverOf(example: ExampleAst): IdentityResolver {
  return {
    resolve: (kind, key) => {
      const name = `${kind}:${key.join('/')}`;
      const told = example.identity.get(name);
      return told === undefined ? name : (told ?? undefined);
    },
  };
}

/** Runs the examples of all mappings and overlays. */
export class ExampleCheck {
  private readonly bound: Bound;
  private readonly generation: LoadedGeneration;
  private readonly options: ExampleOptions;
  /** Overlays of which an example could not be run or did not fit its schema: what they show is not known. */
  private readonly unsure = new Set<string>();
  /** Mappings of which an example did not fit its schema. */
  private readonly unshowable = new Set<string>();
  /** Rules seen in lineage, by id. */
  private readonly shown = new Set<string>();
  private readonly byName: ReadonlyMap<string, MappingIr>;

  constructor(bound: Bound, generation: LoadedGeneration, options: ExampleOptions) {
    this.bound = bound;
    this.generation = generation;
    this.options = options;
    this.byName = new Map(bound.mappings.map((mapping) => [mapping.name, mapping]));
  }

  run(): void {
    for (const mapping of this.bound.mappings)
      if (!this.options.faulty.has(mapping.name))
        for (const example of mapping.whole.examples)
          if (!this.lacksOverlay(example, mapping)) this.one(mapping, example);
    for (const overlay of this.bound.overlayAsts)
      if (!this.options.faulty.has(overlay.of?.value ?? '')) this.overlay(overlay);
    for (const [rule, count] of this.generation.rowCounts()) if (count > 0) this.shown.add(rule);
    if (!this.bound.complete || this.options.unparsed) return;
    // Examples of faulty mappings did not run, and would have shown what those use.
    const unsure = withUsed(new Set([...this.options.faulty, ...this.unshowable]), this.bound.mappings);
    for (const mapping of this.bound.mappings) if (!unsure.has(mapping.name)) this.mustShow(mapping);
    for (const { ast, tables, fields, of } of this.bound.overlays) {
      if (this.options.faulty.has(of) || this.unsure.has(ast.name)) continue;
      for (const table of tables.values())
        for (const row of table.rows) this.must(`${ast.name}/${row.id}`, row.at, `row ${row.id}`);
      for (const field of fields)
        this.must(`${ast.name}/${targetId(field.target)}`, field.ast.at, field.target.ref.text);
    }
  }

  /** Set while an example of an overlay runs that does not select it. */
  private unselected: string | undefined;

  private fail(example: ExampleAst, message: string, suggestion = this.unselected): undefined {
    this.options.findings.add(
      'MAP_EXAMPLE',
      example.outputAt,
      `example "${example.name}": ${message}`,
      suggestion,
    );
    return undefined;
  }

  /** Whether an overlay that this example asks for by `select` is left out. */
  private lacksOverlay(
    { select }: ExampleAst,
    mapping: MappingIr | undefined,
    message = mapping?.sources[0]?.name,
  ): boolean {
    return this.options.faultyOverlays.some(
      (overlay) =>
        overlay.select.size > 0 &&
        (overlay.of?.value === mapping?.name || overlay.message?.value === message) &&
        applies(overlay, select),
    );
  }

  private one(mapping: MappingIr, example: ExampleAst): MapResult | null | undefined {
    this.options.report.examples++;
    if (!this.inputsFit(mapping, example, example.inputs)) {
      this.unshowable.add(mapping.name);
      return undefined;
    }
    const result = this.execute(mapping, example, example.inputs);
    this.compare(mapping, example, result);
    if (result?.ok && mapping.whole.reverse && example.output) this.roundTrip(mapping, example, result.value);
    return result;
  }

  private execute(
    mapping: MappingIr,
    example: ExampleAst,
    inputs: Readonly<Record<string, Json>>,
  ): MapResult | null {
    const context: RunContext = { identity: resolverOf(example), select: example.select };
    const result = this.generation.mapping(mapping.name).run(inputs, context);
    if (result?.ok) for (const rule of result.provenance.rules()) this.shown.add(rule);
    return result;
  }

  private inputsFit(
    mapping: MappingIr,
    example: ExampleAst,
    inputs: Readonly<Record<string, Json>>,
  ): boolean {
    let fits = true;
    for (const [alias, value] of Object.entries(inputs)) {
      const source = mapping.sources.find((each) => each.alias === alias);
      if (!source) {
        this.fail(example, `${alias} is no source of ${mapping.name}`);
        fits = false;
        continue;
      }
      for (const { issue, text, suggestion } of payloadIssues(this.options.schemas, source.name, value)) {
        const at = example.inputAt(alias, issue.path);
        const message = `example "${example.name}": ${alias} is not a valid ${source.name}: ${text}`;
        this.options.findings.add('MAP_EXAMPLE', at, message, suggestion);
        fits = false;
      }
    }
    return fits;
  }

  private compare(mapping: MappingIr, example: ExampleAst, result: MapResult | null): void {
    if (example.fails !== undefined) {
      if (result === null) this.fail(example, `should fail with ${example.fails}, but does not apply`);
      else if (result.ok)
        this.fail(example, `should fail with ${example.fails}, but gives ${JSON.stringify(result.value)}`);
      else if (result.error.code !== example.fails)
        this.fail(example, `fails with ${result.error.code} (${result.error.message}), not ${example.fails}`);
      return;
    }
    const expected = example.output ?? null;
    if (result === null) {
      if (expected !== null)
        this.fail(example, 'does not apply: `only` does not fit', 'write `out: ~` if that is meant');
    } else if (!result.ok) this.fail(example, `fails with ${result.error.code}: ${result.error.message}`);
    else if (expected === null)
      this.fail(example, `should not apply, but gives ${JSON.stringify(result.value)}`);
    else {
      const [difference] = differences(expected, result.value, '');
      if (difference) this.fail(example, difference);
      const [issue] = this.options.schemas.validatorOf(mapping.target.name)(result.value);
      if (issue) this.fail(example, `gives no valid ${mapping.target.name}: ${issueText(issue)}`);
    }
  }

  /** There and back gives the same, but for what is declared lossy. */
  private roundTrip(mapping: MappingIr, example: ExampleAst, value: JsonObject): void {
    const back = this.byName.get(reverseName(mapping.name));
    const [first] = mapping.sources;
    if (!back || !first || this.options.faulty.has(back.name)) return;
    const result = this.execute(back, example, { [mapping.target.alias]: value });
    const at = example.outputAt;
    const add = (message: string): void =>
      this.options.findings.add('MAP_ROUND_TRIP', at, `example "${example.name}": ${message}`);
    if (!result?.ok) {
      add(
        `the way back ${result ? `fails with ${result.error.code}: ${result.error.message}` : 'does not apply'}`,
      );
      return;
    }
    const lost = mapping.lossy
      .filter(({ path }) => path.ref.alias === first.alias)
      .map(({ path }) => path.ref.steps);
    const given = without(example.inputs[first.alias] ?? null, lost);
    const [difference] = differences(given, without(result.value, lost), '');
    if (difference) add(`does not come back as it went: ${difference}`);
  }

  private overlay(overlay: OverlayAst): void {
    const fired = new Set<string>();
    for (const example of overlay.examples) {
      const before = this.options.findings.count;
      const selected = applies(overlay, example.select);
      this.unselected = selected
        ? undefined
        : `${overlay.name} does not apply to the \`select\` of this example`;
      this.overlayExample(overlay, example, fired);
      this.unselected = undefined;
      // What it would have shown is not missing.
      if (!selected && this.options.findings.count > before) this.unsure.add(overlay.name);
    }
    if (this.unsure.has(overlay.name)) return;
    for (const repair of overlay.repair)
      if (!fired.has(`${overlay.name}/${repair.id}`))
        this.options.findings.add('MAP_UNSHOWN', repair.at, `repair ${repair.id} is shown by no example`);
  }

  private overlayExample(overlay: OverlayAst, example: ExampleAst, fired: Set<string>): void {
    this.options.report.examples++;
    const ir = overlay.of ? this.byName.get(overlay.of.value) : undefined;
    const alias = ir?.sources[0]?.alias ?? 'msg';
    const message = overlay.message?.value ?? ir?.sources[0]?.name ?? '';
    const raw = example.inputs[alias];
    // Its mapping could not be put together, or an overlay that it counts on is left out.
    if ((overlay.of && !ir) || this.lacksOverlay(example, ir, message)) {
      this.unsure.add(overlay.name);
      return;
    }
    if (raw === undefined || raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
      this.fail(example, `needs ${alias}`);
      this.unsure.add(overlay.name);
      return;
    }
    const { payload, repairs } = this.generation.repair(message, raw, example.select);
    for (const repair of repairs) fired.add(repair);
    if (repairs.length > 0 && !this.needed(message, ir, example, alias, raw))
      this.fail(example, 'passes without the repair, so it does not show that the repair is needed');
    if (ir) this.overlaid(overlay, ir, example, { ...example.inputs, [alias]: payload });
    else this.repaired(message, example, payload);
  }

  /** Whether the raw payload is refused, or gives something else, without the repair. */
  private needed(
    message: string,
    ir: MappingIr | undefined,
    example: ExampleAst,
    alias: string,
    raw: Json,
  ): boolean {
    if (this.options.schemas.validatorOf(message)(raw).length > 0) return true;
    if (!ir) return canonical(raw) !== canonical(example.output ?? null);
    const context = { identity: resolverOf(example), select: example.select };
    const result = this.generation.mapping(ir.name).run({ ...example.inputs, [alias]: raw }, context);
    const given = result === null ? null : result.ok ? result.value : undefined;
    return given === undefined || canonical(given) !== canonical(example.output ?? null);
  }

  private overlaid(
    overlay: OverlayAst,
    ir: MappingIr,
    example: ExampleAst,
    inputs: Readonly<Record<string, Json>>,
  ): void {
    if (this.inputsFit(ir, example, inputs)) this.compare(ir, example, this.execute(ir, example, inputs));
    else this.unsure.add(overlay.name);
  }

  private repaired(message: string, example: ExampleAst, payload: JsonObject): void {
    const [difference] = differences(example.output ?? null, payload, '');
    if (difference) this.fail(example, difference);
    const [issue] = this.options.schemas.validatorOf(message)(payload);
    if (issue) this.fail(example, `is still no valid ${message}: ${issueText(issue)}`);
  }

  private mustShow(mapping: MappingIr): void {
    const { whole, name, tables, fields, fold } = mapping;
    if (whole.reverseOf) return;
    for (const { at, message } of unshownOfFold(mapping))
      this.options.findings.add('MAP_UNSHOWN', at, message);
    for (const table of tables)
      for (const row of table.rows)
        if (whole.own.has(row.id)) this.must(`${name}/${row.id}`, row.at, `row ${row.id}`);
    for (const field of fields)
      if (whole.own.has(field.ast.target.text))
        this.must(`${name}/${targetId(field.target)}`, field.ast.at, field.target.ref.text);
    for (const take of fold?.take ?? [])
      if (whole.own.has(take.ast.id)) this.must(`${name}/${take.ast.id}`, take.ast.at, `take ${take.ast.id}`);
    if (whole.base && whole.examples.length === 0 && !this.usedBy(name))
      this.options.findings.add('MAP_UNSHOWN', whole.at, `${name} has no example`);
  }

  private usedBy(name: string): boolean {
    return this.bound.mappings.some(({ fields }) =>
      fields.some(
        ({ source }) => (source.kind === 'each' || source.kind === 'object') && source.using.value === name,
      ),
    );
  }

  private must(rule: string, at: ExampleAst['at'], what: string): void {
    if (!this.shown.has(rule)) this.options.findings.add('MAP_UNSHOWN', at, `${what} is shown by no example`);
  }
}

function targetId(path: Parameters<typeof placeKey>[0]): string {
  return placeKey(path)
    .slice(path.ref.alias.length + 1)
    .replaceAll('.[0]', '[0]');
}
