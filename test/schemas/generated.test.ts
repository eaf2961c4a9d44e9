import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { asyncapi } from '../../scripts/generate/asyncapi.js';
import { ocpiBundleOf, versions } from '../../scripts/generate/ocpi-schemas.js';
import { bundleOf } from '../../scripts/generate/vdv463-schemas.js';
import { dialects, letters } from '../../scripts/generate/vdv463-table.js';

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const bundle = (name: string) =>
  JSON.parse(text(`src/schemas/data/generated/${name}.json`)) as { $id: string };

describe('generated files are current', () => {
  it.each(letters)('VDV 463 schemas, dialect %s', (letter) =>
    expect(bundle(`vdv463-${dialects[letter]}`)).toEqual(bundleOf(letter)),
  );

  it.each(versions)('OCPI schemas, version %s', (version) =>
    expect(bundle(`ocpi-${version}`)).toEqual(ocpiBundleOf(version)),
  );

  it('docs/asyncapi.yaml', () => expect(text('docs/asyncapi.yaml')).toBe(asyncapi()));

  it('and no two of them share an $id', () => {
    const ids = [...letters.map(bundleOf), ...versions.map(ocpiBundleOf)].map((made) => made['$id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('docs/asyncapi.yaml', () => {
  const document = parse(asyncapi()) as Record<string, unknown>;

  it('has no reference that leads nowhere', () => {
    let count = 0;
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, member] of Object.entries(value)) {
        if (key !== '$ref') visit(member);
        else {
          count++;
          const steps = String(member).slice(2).split('/');
          let target: unknown = document;
          for (const step of steps) target = (target as Record<string, unknown> | undefined)?.[step];
          expect(target, String(member)).toBeDefined();
        }
      }
    };
    visit(document);
    expect(count).toBeGreaterThan(200);
  });

  it('answers every operation in every dialect', () => {
    const operations = document['operations'] as Record<string, { reply: { messages: unknown[] } }>;
    expect(Object.keys(operations)).toHaveLength(3 * letters.length);
    for (const operation of Object.values(operations)) expect(operation.reply.messages).toHaveLength(2);
  });
});
