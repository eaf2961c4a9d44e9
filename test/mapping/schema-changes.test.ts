import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic, loadFiles } from '../../src/mapping/index.js';
import { type Schema, schemaSource, schemas } from './support/schemas.js';

const text = readFileSync(new URL('fixtures/good.yaml', import.meta.url), 'utf8');

/** What the checker says of the tables after a change of one property of a schema (undefined = removed). */
function checkedWith(
  message: string,
  property: string,
  change: Schema | undefined,
  required = false,
): string {
  const world = structuredClone(schemas);
  const schema = world[message] as { properties: Record<string, Schema>; required: string[] };
  if (change === undefined) delete schema.properties[property];
  else schema.properties[property] = change;
  if (required) schema.required.push(property);
  const result = loadFiles([{ name: 'good.yaml', text }], { schemas: schemaSource(world) });
  return 'diagnostics' in result ? result.diagnostics.map(formatDiagnostic).join('\n') : '';
}

const kinds = (...values: string[]): Schema => ({ enum: values });

describe('a change of a schema is met by the check, not by a message', () => {
  it('a unit dropped, changed or misspelt', () => {
    expect(checkedWith('x.Msg', 'powerW', { type: 'number' })).toContain(
      'MAP_UNIT x.Msg powerW has no unit, but x.Out powerKw is in kW',
    );
    expect(checkedWith('x.Msg', 'powerW', { type: 'number', 'x-unit': 'Wh' })).toContain(
      'MAP_UNIT x.Msg powerW is in Wh, which is no kW',
    );
    expect(checkedWith('x.Out', 'powerKw', { type: 'number', 'x-unit': 'KW' })).toContain('MAP_UNIT');
    expect(checkedWith('x.Out', 'powerKw', { type: 'number', 'x-unit': 'MW', 'x-decimals': 6 })).toContain(
      'powerKw is 0.0015, not 1.5',
    );
  });

  it('a value more, a value less', () => {
    expect(checkedWith('x.Msg', 'kind', kinds('A', 'B', 'C', 'D', 'E'))).toContain(
      '`else` stands for 2 values, not 1',
    );
    expect(checkedWith('x.Msg', 'kind', kinds('A', 'C', 'D'))).toContain(
      'MAP_ENUM "B" is not a value of x.Msg kind',
    );
    expect(checkedWith('x.Msg', 'mode', kinds('M'))).toBe('');
    expect(checkedWith('x.Out', 'kind', kinds('A', 'B'))).toContain(
      'MAP_ENUM "X" is not a value of x.Out kind',
    );
    expect(checkedWith('x.Out', 'kind', kinds('A', 'X'))).toContain(
      'MAP_ENUM =1 can be B, which x.Out kind does not know',
    );
  });

  it('a field more, a field less, a field required', () => {
    expect(checkedWith('x.Msg', 'more', { type: 'string' })).toContain(
      'MAP_UNREAD neither read nor ignored: m.more',
    );
    expect(checkedWith('x.Out', 'more', { type: 'string' })).toContain(
      'MAP_UNSET neither set nor left: o.more',
    );
    expect(checkedWith('x.Out', 'more', { type: 'string' }, true)).toContain(
      'MAP_REQUIRED o.more is required, and nothing sets it',
    );
    expect(checkedWith('x.Out', 'count', { type: 'integer' }, true)).toContain(
      'MAP_REQUIRED o.count is required, and can stay unset when',
    );
    expect(checkedWith('x.Msg', 'count', undefined)).toContain('MAP_PATH x.Msg has no count');
  });

  it('another type', () => {
    expect(checkedWith('x.Msg', 'count', { type: 'number' })).toContain('MAP_FRACTION');
    expect(checkedWith('x.Msg', 'count', { type: 'string' })).toContain(
      'MAP_TYPE x.Msg count is string, x.Out count is integer',
    );
    expect(checkedWith('x.Msg', 'list', { type: 'string' })).toContain(
      'MAP_TYPE x.Msg list is string, not a list',
    );
  });
});
