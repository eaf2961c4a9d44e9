import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../src/errors/index.js';
import type { Json, JsonObject, Selector } from '../../src/mapping/index.js';
import { canOverlap, compareVersions, like } from '../../src/mapping/overlay/select.js';
import { complaints, context, env, load, made, mapping } from './support/load.js';

const base = mapping({
  tables:
    'status: {in: [m.kind], out: [o.status, o.kind], rows: {k.a: [A, S1, A], k.e: [else, S2, ~]}, else-covers: 3}',
  fields: 'o.id: {from: m.id}\no.text: {from: m.text}',
});
const overlays = `---
overlay: v.acme
of: t.one
select: {vendor: ACME}
tables: {status: {in: [m.word], out: [o.status], rows: {a.x: [Alpha, S3]}}}
fields: {o.text: {first: [m.word, m.text]}}
---
overlay: v.acme.old
of: t.one
select: {vendor: ACME, firmware: "<2.4"}
tables: {status: {in: [m.word], out: [o.status], rows: {b.x: [Alpha, S2]}}}
`;
const generation = load(base + overlays);
const run = (m: Json, select?: Selector) =>
  made(generation.mapping('t.one').run({ m, e: env }, select ? { ...context, select } : context));
const message = { id: 'i', kind: 'A', word: 'Alpha', text: 't' } as const;

describe('overlays', () => {
  it('change nothing for stations they are not for', () => {
    expect(run(message)).toEqual({ id: 'i', status: 'S1', kind: 'A', text: 't' });
    expect(run(message, { vendor: 'Other' })).toEqual({ id: 'i', status: 'S1', kind: 'A', text: 't' });
    expect(run(message, { model: 'ACME' })).toEqual({ id: 'i', status: 'S1', kind: 'A', text: 't' });
  });

  it('win over the base in the columns they set, and only where a row fits', () => {
    expect(run(message, { vendor: 'acme' })).toEqual({ id: 'i', status: 'S3', kind: 'A', text: 'Alpha' });
    expect(run({ ...message, word: 'Beta' }, { vendor: 'acme' })).toEqual({
      id: 'i',
      status: 'S1',
      kind: 'A',
      text: 'Beta',
    });
  });

  it('win over weaker ones', () => {
    expect(run(message, { vendor: 'ACME', firmware: '2.3.9' })['status']).toBe('S2');
    expect(run(message, { vendor: 'ACME', firmware: '2.10' })['status']).toBe('S3');
    expect(generation.overlaysOf('t.one', { vendor: 'ACME', firmware: '1' })).toEqual([
      'v.acme.old',
      'v.acme',
    ]);
  });

  it('are named in the lineage', () => {
    const result = generation
      .mapping('t.one')
      .run({ m: message, e: env }, { ...context, select: { vendor: 'ACME' } });
    if (!result?.ok) throw new Error('no result');
    expect(result.provenance.ruleOf('status')).toBe('v.acme/a.x');
    expect(result.provenance.ruleOf('kind')).toBe('t.one/k.a');
    expect(result.provenance.ruleOf('text')).toBe('v.acme/text');
  });

  it('must not decide the same cell on the same level', () => {
    const clash = (select: string, rows: string) =>
      complaints(
        `${base}${overlays}---
overlay: v.more
of: t.one
select: {${select}}
tables: {status: {in: [m.word], out: [o.status], rows: {c.x: [${rows}]}}}
`,
        false,
      );
    const text = clash('vendor: "AC*"', 'Alpha, S1');
    expect(text).toContain(
      'MAP_COLLISION row c.x of v.more (select {vendor: AC*}) and row a.x of v.acme (test.yaml:16, select {vendor: ACME}) decide the same cell on one level',
    );
    expect(text).toContain('= narrow one `select`, make one more specific');
    expect(clash('vendor: "AC*"', 'Beta, S1')).toBe('');
    expect(clash('vendor: Other', 'Alpha, S1')).toBe('');
    expect(clash('vendor: ACME, firmware: ">=2.4"', 'Alpha, S1')).toBe('');
    expect(clash('vendor: ACME, firmware: ">=2.3"', 'Alpha, S1')).toContain('MAP_COLLISION');
  });

  it('are refused when they do not fit', () => {
    const wrong = (text: string) => complaints(`${base}---\noverlay: v.x\n${text}`, false);
    expect(wrong('of: v.x\nselect: {vendor: A}\nexamples: [{name: n, in: {m: {}}, out: {}}]')).toContain(
      'v.x is this overlay itself',
    );
    expect(wrong('of: t.onn\nselect: {vendor: A}')).toContain('did you mean t.one?');
    expect(wrong('of: t.one\nselect: {vendor: A}\ntables: {statsu: {rows: {a: [A, S1, A]}}}')).toContain(
      'did you mean status?',
    );
    expect(wrong('of: t.one\nselect: {vendr: A}')).toContain('did you mean vendor?');
    expect(wrong('of: t.one\nselect: {vendor: "<3"}')).toContain('MAP_OVERLAY');
    expect(wrong('of: t.one\nselect: {vendor: A}\ntables: {status: {rows: {a: [E, S1, A]}}}')).toContain(
      'MAP_ENUM',
    );
    expect(wrong('of: t.one\nselect: {vendor: A}\ntables: {status: {rows: {a: [else, S1, A]}}}')).toContain(
      '`else` is not allowed here',
    );
    expect(wrong('of: t.one\nselect: {vendor: A}\nfields: {o.status: {from: m.kind}}')).toContain(
      'MAP_OVERLAY',
    );
    expect(wrong('of: t.one')).toContain('either `select` or `profile: true`');
  });
});

describe('selection', () => {
  it('compares versions by their numbers', () => {
    expect(compareVersions('2.10', '2.9')).toBeGreaterThan(0);
    expect(compareVersions('v2.4.0', '2.4')).toBe(0);
    expect(compareVersions('2.4-rc1', '2.4-rc2')).toBeLessThan(0);
  });

  it('matches text with stars', () => {
    expect([
      like('Green*', 'greenup one'),
      like('*up*', 'GreenUp One'),
      like('a*a', 'a'),
      like('x', 'xy'),
    ]).toEqual([true, true, false, false]);
  });

  it('knows which patterns can meet', () => {
    expect([
      canOverlap('A*', 'AB'),
      canOverlap('A*', 'B*'),
      canOverlap('*x', 'a*'),
      canOverlap('<2', '>=2'),
      canOverlap('<=2', '>=2'),
    ]).toEqual([true, false, true, false, true]);
  });
});

describe('repairs', () => {
  const text = `---
overlay: v.fix
message: x.Msg
select: {vendor: ACME}
repair:
  r.kind: {at: msg.kind, is: Error, becomes: D, why: "acme#1"}
  r.unknown: {at: msg.mode, is: {unknown: true}, becomes: ~, why: "acme#2"}
  r.long: {at: msg.text, is: {longer: 5}, becomes: {by: fit}, why: "acme#3"}
  r.type: {at: msg.id, is: {type: number}, becomes: {by: text}, why: "acme#4"}
  r.zone: {at: msg.at, is: {like: "*"}, becomes: {by: zone-utc}, why: "acme#5"}
  r.copy: {at: msg.word, is: absent, if: {text: present}, becomes: {copy: text}, why: "acme#6"}
  r.item: {at: "msg.list[]", is: present, if: {n: 0}, becomes: ~, why: "acme#7"}
  r.name: {at: "msg.list[].name", is: [a, b], becomes: c, why: "acme#8"}
`;
  const repairing = load(base + text);
  const repair = (payload: JsonObject, vendor = 'ACME') => repairing.repair('x.Msg', payload, { vendor });

  it('mend what they name, in order, on a copy', () => {
    const payload = {
      id: 7,
      kind: 'Error',
      mode: 'Z',
      at: '2026-01-01T00:00:00',
      list: [{ n: 0 }, { n: 1, name: 'a' }],
    };
    const before = structuredClone(payload);
    expect(repair(payload)).toEqual({
      payload: { id: '7', kind: 'D', at: '2026-01-01T00:00:00Z', list: [{ n: 1, name: 'c' }] },
      repairs: [
        'v.fix/r.kind',
        'v.fix/r.unknown',
        'v.fix/r.type',
        'v.fix/r.zone',
        'v.fix/r.item',
        'v.fix/r.name',
      ],
    });
    expect(payload).toEqual(before);
  });

  it('leave other stations and whole payloads alone', () => {
    const payload = { id: 'i', kind: 'Error' };
    expect(repair(payload, 'Other')).toEqual({ payload, repairs: [] });
    const whole = { id: 'i', kind: 'A' };
    expect(repair(whole).payload).toBe(whole);
    expect(repairing.repair('x.Other', payload, { vendor: 'ACME' })).toEqual({ payload, repairs: [] });
  });

  it('pass over what only mends what is invalid, where the payload is known to be valid', () => {
    const trusted = (payload: JsonObject) => repairing.repair('x.Msg', payload, { vendor: 'ACME' }, true);
    const broken = { id: 7, kind: 'Error', mode: 'Z', at: '2026-01-01T00:00:00' };
    expect(trusted(broken)).toEqual({ payload: broken, repairs: [] });
    const valid = { id: 'i', kind: 'A', text: 'ab', list: [{ n: 0 }, { n: 1, name: 'a' }] };
    expect(trusted(valid)).toEqual(repair(valid));
    expect(trusted(valid).repairs).toEqual(['v.fix/r.copy', 'v.fix/r.item', 'v.fix/r.name']);
  });

  it('look at keys beside', () => {
    expect(repair({ id: 'i', kind: 'A', text: 'ab' }).payload).toEqual({
      id: 'i',
      kind: 'A',
      text: 'ab',
      word: 'ab',
    });
  });

  it('refuse payloads that reach for a prototype', () => {
    const evil = JSON.parse('{"id":"i","list":[{"n":1,"__proto__":{"polluted":1}}]}') as JsonObject;
    expect(() => repair(evil)).toThrow(BridgeError);
    expect(() => repair(evil)).toThrow(/__proto__/);
  });

  it('must be shown by an example that needs them', () => {
    const shown = (examples: string) =>
      complaints(`${base}---
overlay: v.fix
message: x.Msg
select: {vendor: ACME}
repair: {r.kind: {at: msg.kind, is: Error, becomes: D, why: "acme#1"}}
examples: [${examples}]
`);
    expect(shown('')).toContain('MAP_UNSHOWN repair r.kind is shown by no example');
    const example =
      '{name: n, select: {vendor: ACME}, in: {msg: {id: i, kind: Error}}, out: {id: i, kind: D}}';
    expect(shown(example)).not.toContain('r.kind');
    expect(shown(example.replace('kind: D', 'kind: A'))).toContain('MAP_EXAMPLE');
  });
});
