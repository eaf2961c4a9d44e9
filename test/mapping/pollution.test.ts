import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/mapping/index.js';
import { runs } from '../support/properties.js';
import { complaints, context, env, load, mapping } from './support/load.js';

const evil = ['__proto__', 'constructor', 'prototype'];

describe('keys that reach into a prototype', () => {
  it('are refused in every place of a table', () => {
    for (const key of evil) {
      expect(complaints(mapping({ fields: `o.id: {from: m.${key}}` }), false)).toContain('MAP_FORBIDDEN_KEY');
      expect(
        complaints(mapping({ fields: `o.id: {from: m.id}\no.${key}: {from: m.text}` }), false),
      ).toContain('MAP_FORBIDDEN_KEY');
      expect(
        complaints(mapping({ fields: `o.id: {from: m.id}\no.part: {const: {${key}: 1}}` }), false),
      ).toContain('MAP_FORBIDDEN_KEY');
      expect(complaints(mapping({ rest: `only: {m.${key}: present}` }), false)).toContain(
        'MAP_FORBIDDEN_KEY',
      );
      expect(
        complaints(mapping({ rest: `examples: [{name: n, in: {m: {${key}: 1}}, out: ~}]` }), false),
      ).toContain('MAP_FORBIDDEN_KEY');
      expect(complaints(`mapping: t.x\nfrom: {${key}: x.Msg}\nto: {o: x.Out}`, false)).toMatch(
        /MAP_FORBIDDEN_KEY|MAP_DOCUMENT/,
      );
    }
  });

  it('never come through a mapping, whatever the payload', () => {
    const mapped = load(
      mapping({
        fields:
          'o.id: {from: m.id}\no.text: {join: [m.text, m.word], with: /}\no.texts: {from: m.texts}\no.part.p: {from: m.part.a}\no.part.q: {const: q, when: m.part}',
      })
        .replace('ignore: [', 'ignore: [m.part.b, ')
        .replace('leave: [', 'leave: [o.part.r, '),
    ).mapping('t.one');
    const anything = fc.jsonValue({ depthSize: 'small' });
    const key = fc.constantFrom('id', 'kind', 'text', 'word', 'texts', 'part', ...evil);
    fc.assert(
      fc.property(fc.dictionary(key, anything), fc.constantFrom('A', 'B'), (payload, kind) => {
        const message = JSON.parse(JSON.stringify({ ...payload, kind }).replace(/"id":/, '"id":')) as Json;
        const result = mapped.run({ m: message, e: env }, context);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
        if (result?.ok) {
          expect(Object.getPrototypeOf(result.value)).toBe(Object.prototype);
          for (const key of evil) expect(Object.hasOwn(result.value, key)).toBe(false);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('inherited values are no values', () => {
    const mapped = load(mapping({ fields: 'o.id: {from: m.id}\no.text: {from: m.text}' })).mapping('t.one');
    const prototype = Object.prototype as Record<string, unknown>;
    prototype['text'] = 'from the prototype';
    try {
      expect(mapped.run({ m: { id: 'i', kind: 'A' }, e: env }, context)).toMatchObject({
        ok: true,
        value: { id: 'i', status: 'S1' },
      });
      const result = mapped.run({ m: { id: 'i', kind: 'A' }, e: env }, context);
      if (result?.ok) expect(Object.keys(result.value)).toEqual(['id', 'status']);
    } finally {
      delete prototype['text'];
    }
  });

  it('inputs named after the prototype are not read', () => {
    const mapped = load(mapping({})).mapping('t.one');
    expect(
      mapped.run(Object.create({ m: { id: 'i', kind: 'A' } }) as Record<string, Json>, context),
    ).toMatchObject({ ok: false });
  });
});
