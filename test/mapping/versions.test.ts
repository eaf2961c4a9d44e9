import { describe, expect, it } from 'vitest';
import { complaints, context, env, load, made, mapping } from './support/load.js';

const base = mapping({
  tables:
    'status: {in: [m.kind], out: [o.status, o.kind], rows: {k.a: [A, S1, A], k.b: [B, S2, B], k.e: [else, S3, ~]}, else-covers: 2}',
  fields:
    'o.id: {from: m.id}\no.text: {from: m.text}\no.part.p: {from: m.part.a}\no.part.q: {const: q, when: m.part}',
  rest: '',
})
  .replace('ignore: [', 'ignore: [m.part.b, ')
  .replace('leave: [', 'leave: [o.part.r, ');

describe('extends', () => {
  const text = `${base}---
mapping: t.two
extends: t.one
fields: {o.text: {from: m.word}, o.count: {from: m.count}}
tables: {status: {rows: {k.b: [B, S1, X]}}}
drop: {o.part: "this version has no part"}
---
mapping: t.three
extends: t.two
fields: {o.count: ~}
tables: {status: {rows: {k.b: ~}, else-covers: 3}}
ignore: [m.count, m.text]
`;
  const generation = load(
    text
      .replace('drop:', 'ignore: [m.text]\ndrop:')
      .replace('ignore: [m.count, m.text]', 'ignore: [m.count]\nleave: [o.count]'),
  );
  const run = (name: string, m: object) =>
    generation.mapping(name).run({ m: { id: 'i', kind: 'B', ...m }, e: env }, context);

  it('takes over, overrides, removes', () => {
    expect(made(run('t.one', { text: 'x' }))).toEqual({ id: 'i', status: 'S2', kind: 'B', text: 'x' });
    expect(made(run('t.two', { text: 'x', word: 'w', count: 3 }))).toEqual({
      id: 'i',
      status: 'S1',
      kind: 'X',
      text: 'w',
      count: 3,
    });
    expect(made(run('t.three', { word: 'w', count: 3 }))).toEqual({ id: 'i', status: 'S3', text: 'w' });
  });

  it('notes a declared loss only when there was something to lose', () => {
    expect(run('t.two', {})).not.toHaveProperty('notes');
    expect(run('t.two', { part: { a: 'x' } })).toMatchObject({
      notes: [{ code: 'MAP_LOSS', path: 'o.part', detail: 'this version has no part' }],
    });
  });

  it('tells what does not fit', () => {
    const wrong = (rest: string) => complaints(`${base}---\nmapping: t.two\nextends: t.one\n${rest}`, false);
    expect(wrong('fields: {o.txt: ~}')).toContain('there is no o.txt to remove');
    expect(wrong('tables: {status: {rows: {k.z: ~}}}')).toContain('there is no k.z to remove');
    expect(wrong('drop: {o.count: why}')).toContain('MAP_STALE');
    expect(complaints(`${base}---\nmapping: t.two\nextends: t.on\n`, false)).toContain('did you mean t.one?');
    expect(complaints('mapping: a\nextends: b\n---\nmapping: b\nextends: a\n')).toContain('MAP_CYCLE');
    expect(wrong('')).toBe('');
    expect(complaints(`${base}---\nmapping: t.two\nextends: t.one\n`)).toContain(
      'MAP_UNSHOWN t.two has no example',
    );
  });
});

describe('reverse', () => {
  const text = `
mapping: t.item
reverse: true
from: {a: x.Item}
to: {o: x.OutItem}
fields: {o.no: {from: a.n}, o.label: {from: a.name}}
examples: [{name: n, in: {a: {n: 1, name: b}}, out: {no: 1, label: b}}]
`;

  it('makes the other direction', () => {
    const generation = load(text, true);
    const back = generation.mapping('t.item.reverse');
    expect(back.target).toBe('x.Item');
    expect(made(back.run({ o: { no: 3, label: 'x' } }, context))).toEqual({ n: 3, name: 'x' });
    expect(generation.find('x.OutItem', 'x.Item')?.name).toBe('t.item.reverse');
  });

  it('is refused where there is none', () => {
    expect(complaints(text.replace('{from: a.name}', '{first: [a.name]}'))).toContain('MAP_REVERSE');
    expect(complaints(text.replace('{from: a.name}', '{from: a.name, by: upper}'))).toContain(
      '`upper`, which has no reverse',
    );
    expect(complaints(text.replace('{from: a.name}', '{from: a.name, when: a.name}'))).toContain(
      'has a condition',
    );
  });

  it('passes the same checks', () => {
    expect(
      complaints(text.replace('{from: a.n}', '{const: 4}').replace('to:', 'ignore: [a.n]\nto:'), false),
    ).toContain('o.n is required'.replace('o.n', 'a.n'));
  });

  it('brings examples back as they went, but for what is lossy', () => {
    const upper = `${text.replace('{from: a.name}', '{from: a.name, by: upper}').replace('reverse: true', 'reverse: true\nlossy: [a.name]')}`;
    expect(complaints(upper.replace('label: b', 'label: B'))).toBe('');
  });
});
