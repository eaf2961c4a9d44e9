import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors/index.js';
import type { Json } from '../../src/mapping/index.js';
import { context, env, expectFailure, load, made, mapping } from './support/load.js';

const message = { id: 'i', kind: 'A' } as const;
const run = (text: string, m: Json, name = 't.one') => load(text).mapping(name).run({ m, e: env }, context);
const value = (text: string, m: Json) => made(run(text, m));

describe('tables', () => {
  const text = mapping({
    tables: `
status:
  in: [m.kind, m.mode]
  out: [o.status, o.kind]
  rows:
    r.a: [A, _, S1, =1]
    r.b: [B, M, S2, =1]
    r.n: [B, not M, S3, ~]
    r.e: [else, _, S3, X]
  else-covers: 2`,
  });

  it('decide by literals, lists, not, else; copy, set and leave', () => {
    expect(value(text, { id: 'i', kind: 'A' })).toEqual({ id: 'i', status: 'S1', kind: 'A' });
    expect(value(text, { id: 'i', kind: 'B', mode: 'M' })).toEqual({ id: 'i', status: 'S2', kind: 'B' });
    expect(value(text, { id: 'i', kind: 'B', mode: 'N' })).toEqual({ id: 'i', status: 'S3' });
    expect(value(text, { id: 'i', kind: 'B' })).toEqual({ id: 'i', status: 'S3' });
    expect(value(text, { id: 'i', kind: 'D' })).toEqual({ id: 'i', status: 'S3', kind: 'X' });
  });

  it('fail the whole object on a value outside the schema', () => {
    expectFailure(run(text, { id: 'i', kind: 'E' }), 'MAP_NO_ROW');
    expectFailure(run(text, { id: 'i', kind: 'B', mode: 'Z' }), 'MAP_NO_ROW');
    expectFailure(run(text, { id: 'i', kind: ['A'] }), 'MAP_NO_ROW');
  });

  it('know absence, open values, and words without regard to case', () => {
    const open = mapping({
      tables: `
status:
  in: [m.word, m.count]
  out: [o.status]
  rows:
    w.a: [Alpha, 0, S1]
    w.b: [Alpha, not 0, S2]
    w.c: [else, _, S3]`,
    });
    expect(value(open, { ...message, word: 'ALPHA', count: 0 })['status']).toBe('S1');
    expect(value(open, { ...message, word: 'alpha', count: 7 })['status']).toBe('S2');
    expect(value(open, { ...message, word: 'alpha' })['status']).toBe('S2');
    expect(value(open, { ...message, word: 'unheard of' })['status']).toBe('S3');
    expect(value(open, message)['status']).toBe('S3');
  });

  it('apply only where their `only` fits, and two may share a target then', () => {
    const text = mapping({
      tables: `
one: {in: [m.mode], out: [o.status, o.kind], only: {m.flag: true}, rows: {o.a: [_, S1, A]}}
two: {in: [m.mode], out: [o.status], only: {m.flag: [false, absent]}, rows: {t.a: [_, S2]}}`,
      fields: 'o.id: {from: m.id}\no.text: {const: kind is set, when: o.kind}',
      rest: '',
    });
    expect(value(text, { ...message, flag: true })).toEqual({
      id: 'i',
      status: 'S1',
      kind: 'A',
      text: 'kind is set',
    });
    expect(value(text, message)).toEqual({ id: 'i', status: 'S2' });
  });

  it('take quoted words as they are written', () => {
    const text = mapping({
      tables:
        'status: {in: [m.text], out: [o.status], rows: {q.a: ["absent", S1], q.b: ["_", S2], q.e: [else, S3]}}',
    });
    expect(value(text, { ...message, text: 'absent' })['status']).toBe('S1');
    expect(value(text, { ...message, text: '_' })['status']).toBe('S2');
    expect(value(text, message)['status']).toBe('S3');
  });
});

describe('fields', () => {
  const field = (fields: string, m: Json, rest = '') =>
    run(mapping({ fields: `o.id: {from: m.id}\n${fields}`, rest }), { ...message, ...(m as object) });
  const set = (fields: string, m: Json, key: string) => made(field(fields, m))[key];

  it('convert units and round to the decimals declared', () => {
    expect(set('o.powerKw: {from: m.powerW}', { powerW: 1234.5678 }, 'powerKw')).toBe(1.235);
    expect(set('o.wholeKw: {from: m.powerW, round: true}', { powerW: 1500 }, 'wholeKw')).toBe(2);
    expect(set('o.wholeKw: {from: m.powerW, round: down}', { powerW: 1999 }, 'wholeKw')).toBe(1);
    expect(set('o.wholeKw: {from: m.powerW, round: up}', { powerW: 1001 }, 'wholeKw')).toBe(2);
  });

  it('take the first present candidate, each after its transforms', () => {
    const first = 'o.text: {first: [m.text, m.word], by: nonblank}';
    expect(set(first, { text: '  ', word: ' w ' }, 'text')).toBe('w');
    expect(set(first, { text: ' ' }, 'text')).toBeUndefined();
  });

  it('join texts, with and without empty places', () => {
    expect(set('o.text: {join: [m.text, m.count, m.word], with: /}', { text: 'a', word: 'b' }, 'text')).toBe(
      'a/b',
    );
    expect(
      set('o.text: {join: [m.text, m.count, m.word], with: /, absent: empty}', { word: 'b' }, 'text'),
    ).toBe('//b');
    expect(set('o.text: {join: [m.text, m.count], with: /}', {}, 'text')).toBeUndefined();
  });

  it('resolve identities, and say which is unknown', () => {
    const text = mapping({
      fields:
        'o.id: {identity: point, key: [e.station, m.id]}\no.text: {identity: vehicle, key: [m.text], unknown: absent}',
    });
    const mapped = load(text).mapping('t.one');
    expect(made(mapped.run({ m: message, e: env }, context))['id']).toBe('point:N1/i');
    const nobody = { identity: { resolve: (kind: string) => (kind === 'point' ? 'p' : undefined) } };
    expect(made(mapped.run({ m: { ...message, text: 'v' }, e: env }, nobody))).toEqual({
      id: 'p',
      status: 'S1',
    });
    expectFailure(
      mapped.run({ m: message, e: env }, { identity: { resolve: () => undefined } }),
      'MAP_IDENTITY',
    );
  });

  it('copy lists of scalars, make empty objects, read the first element', () => {
    const firstOf = 'o.count: {from: "m.list[0].n"}\no.text: {from: "m.list[0].name"}';
    expect(set('o.texts: {from: m.texts}', { texts: ['a', 'b'] }, 'texts')).toEqual(['a', 'b']);
    expect(set(firstOf, { list: [{ n: 3 }, { n: 4 }] }, 'count')).toBe(3);
    expect(set(firstOf, { list: [] }, 'count')).toBeUndefined();
    expect(
      set(
        '"o.items[0].no": {from: m.count}\n"o.items[0].label": {from: m.text, when: m.count}',
        { count: 1 },
        'items',
      ),
    ).toEqual([{ no: 1 }]);
    expect(
      set('"o.items[0].no": {from: m.count}\n"o.items[0].label": {from: m.text, when: m.count}', {}, 'items'),
    ).toBeUndefined();
  });

  it('fail on what the target cannot hold', () => {
    expectFailure(field('o.count: {from: m.count}', { count: 101 }), 'MAP_BOUNDS');
    expectFailure(run(mapping({}), { id: 'far too long an id', kind: 'A' }), 'MAP_BOUNDS');
    expectFailure(run(mapping({}), { id: '', kind: 'A' }), 'MAP_BOUNDS');
    expect(
      value(mapping({ fields: 'o.id: {from: m.id, by: cut}' }), { id: 'far too long an id', kind: 'A' })[
        'id'
      ],
    ).toBe('far too long');
    expectFailure(field('o.at: {from: m.text, by: utc}', { text: 'noon' }), 'MAP_TRANSFORM_FAILED');
    expectFailure(field('o.text: {from: m.text}', { text: 5 }), 'MAP_INPUT');
    expectFailure(run(mapping({}), { kind: 'A' }), 'MAP_MISSING');
    expectFailure(run(mapping({}), null), 'MAP_NO_ROW');
  });

  it('make an optional object only in its group', () => {
    const group = mapping({
      fields:
        'o.id: {from: m.id}\no.part.p: {from: m.part.a}\no.part.q: {const: q}\no.part.r: {from: m.part.b}',
      rest: 'groups: {o.part: {when: m.part}}',
    });
    expect(value(group, message)).toEqual({ id: 'i', status: 'S1' });
    expect(value(group, { ...message, part: { a: 'x' } })['part']).toEqual({ p: 'x', q: 'q' });
  });
});

describe('used mappings', () => {
  const text = `${mapping({ fields: 'o.id: {from: m.id}\no.items: {each: m.list, using: t.item}' })}---
mapping: t.item
from: {i: x.Item, e: x.Env}
to: {o: x.OutItem}
only: {i.n: not 0}
fields: {o.no: {from: i.n}, o.label: {join: [e.station, i.name], with: "-"}}
ignore: [e.at]
`;

  it('run once per element, leave out what does not apply, and get further sources', () => {
    const list = [{ n: 1 }, { n: 0 }, { n: 2, name: 'b' }];
    const result = run(text, { ...message, list });
    expect(made(result)['items']).toEqual([
      { no: 1, label: 'N1' },
      { no: 2, label: 'N1-b' },
    ]);
    if (!result?.ok) throw new Error('no result');
    expect(result.provenance.ruleOf('items[1].label')).toBe('t.item/label');
    expect(result.provenance.ruleOf('items')).toBe('t.one/items');
    expect(result.provenance.ruleOf('items[7].label')).toBe('t.one/items');
    expect(result.provenance.rules()).toContain('t.item/no');
  });

  it('fail the whole when one element fails', () => {
    expectFailure(run(text, { ...message, list: [{ n: 1 }, { n: 'two' }] }), 'MAP_INPUT');
    expectFailure(run(text, { ...message, list: 'none' }), 'MAP_INPUT');
  });

  it('run per element of a message', () => {
    const each = `
mapping: t.each
from: {m: x.Msg, i: "x.Msg:list[]"}
to: {o: x.OutItem}
only: {i.n: not 0}
fields: {o.no: {from: i.n}, o.label: {from: m.id}}
ignore: [i.name, m.kind, m.mode, m.flag, m.count, m.powerW, m.text, m.at, m.word, m.part, m.texts]
`;
    const mapped = load(each).mapping('t.each');
    expect(mapped.each).toEqual({ alias: 'i', of: 'm', path: 'list' });
    const results = mapped.runAll({ m: { ...message, list: [{ n: 1 }, { n: 0 }, { n: 2 }] } }, context);
    expect(results.map(made)).toEqual([
      { no: 1, label: 'i' },
      { no: 2, label: 'i' },
    ]);
    expect(mapped.runAll({ m: message }, context)).toEqual([]);
  });
});

describe('lineage and generations', () => {
  const text = mapping({
    fields: 'o.id: {from: m.id}\no.text: {from: m.text}',
    rest: 'only: {m.kind: not D}',
  });
  const generation = load(text);

  it('tell which rule set which target', () => {
    const result = generation.mapping('t.one').run({ m: message, e: env }, context);
    if (!result?.ok) throw new Error('no result');
    expect(result.provenance.ruleOf('status')).toBe('t.one/k.any');
    expect(result.provenance.ruleOf('id')).toBe('t.one/id');
    expect(result.provenance.ruleOf('text')).toBeUndefined();
    expect(result.provenance.rules().sort()).toEqual(['t.one/id', 't.one/k.any']);
    expect(result.provenance.generation).toBe(generation.id);
  });

  it('give null where `only` does not fit', () => {
    expect(generation.mapping('t.one').run({ m: { id: 'i', kind: 'D' }, e: env }, context)).toBeNull();
    expect(generation.mapping('t.one').runAll({ m: { id: 'i', kind: 'D' }, e: env }, context)).toEqual([]);
  });

  it('find mappings by name, message and target', () => {
    expect(generation.forMessage('x.Msg').map(({ name }) => name)).toEqual(['t.one']);
    expect(generation.forMessage('x.Env')).toEqual([]);
    expect(generation.find('x.Msg', 'x.Out')?.name).toBe('t.one');
    expect(() => generation.mapping('t.oen')).toThrow(BridgeError);
    expect(() => generation.mapping('t.oen')).toThrow(/did you mean t.one/);
  });

  it('have an id of their content: comments do not count, values do', () => {
    expect(generation.id).toMatch(/^[0-9a-f]{64}$/);
    expect(load(`# a comment\n${text}`).id).toBe(generation.id);
    expect(load(text.replace('[_, S1]', '[_, S2]')).id).not.toBe(generation.id);
  });

  it('count how often each row decided', () => {
    for (let i = 0; i < 3; i++) generation.mapping('t.one').run({ m: message, e: env }, context);
    expect(load(text).rowCounts().get('t.one/k.any')).toBeUndefined();
    expect(generation.rowCounts().get('t.one/k.any')).toBeGreaterThanOrEqual(3);
  });
});
