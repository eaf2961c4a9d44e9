/** Each overlay that ships is needed: without it, what its examples show goes wrong. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Document, isScalar, parseAllDocuments } from 'yaml';
import { loadFiles, type TableFile } from '../../src/mapping/index.js';

const MAPPINGS = fileURLToPath(new URL('../../mappings', import.meta.url));
const PRESETS = fileURLToPath(new URL('../../config/presets', import.meta.url));

interface OverlayDocument {
  readonly file: string;
  readonly name: string;
  readonly of?: string;
  readonly document: Document.Parsed;
}

function yamlFiles(folder: string): TableFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

const builtin = yamlFiles(MAPPINGS);
const presets = yamlFiles(PRESETS);
const text = (document: Document.Parsed, key: string): string | undefined => {
  const node = document.get(key, true);
  return isScalar(node) ? String(node.value) : undefined;
};
const overlays: OverlayDocument[] = [...builtin, ...presets].flatMap((file) =>
  (parseAllDocuments(file.text) as Document.Parsed[]).flatMap((document): OverlayDocument[] => {
    const name = text(document, 'overlay');
    const of = text(document, 'of');
    return name ? [{ file: file.name, name, document, ...(of ? { of } : {}) }] : [];
  }),
);

/** The files that an overlay's mapping needs: those of its protocol without overlays. */
function filesFor({ of }: OverlayDocument): TableFile[] {
  if (!of) return [];
  const folder = `${of.split('.')[0]}/`;
  return builtin.filter(({ name, text: whole }) => name.startsWith(folder) && !/^overlay:/m.test(whole));
}

/** Codes of what is wrong with the overlay's own file. */
function faults(overlay: OverlayDocument, document: Document.Parsed): string[] {
  const result = loadFiles([...filesFor(overlay), { name: overlay.file, text: String(document) }]);
  return 'diagnostics' in result
    ? result.diagnostics.filter(({ file }) => file === overlay.file).map(({ code }) => code)
    : [];
}

describe('the overlays that ship', () => {
  it('are there', () => {
    expect(overlays.length).toBeGreaterThanOrEqual(20);
    const vendors = new Set(overlays.flatMap(({ name }) => /^vendor\.([^.]+)/.exec(name)?.[1] ?? []));
    expect(vendors.size).toBeGreaterThanOrEqual(5);
    // What several makes do is repaired for all.
    expect(overlays.filter(({ name }) => name.startsWith('profile.')).length).toBeGreaterThanOrEqual(10);
  });

  it('name the public reference of every repair', () => {
    const ofMakes = overlays.filter(({ file }) => file.startsWith('overlays/'));
    const whys = ofMakes.flatMap(({ document }) =>
      Object.values((document.toJS() as { repair?: Record<string, { why: string }> }).repair ?? {}),
    );
    expect(whys.length).toBeGreaterThanOrEqual(20);
    for (const { why } of whys) expect(why).toMatch(/^[\w.-]+\/[\w.-]+#\d+/);
  });

  it.each(overlays.map((overlay) => [overlay.name, overlay] as const))(
    '%s passes with itself, fails without',
    (_, overlay) => {
      expect(faults(overlay, overlay.document)).toEqual([]);
      const empty = overlay.document.clone() as Document.Parsed;
      for (const key of ['repair', 'tables', 'fields']) empty.delete(key);
      expect(faults(overlay, empty)).toContain('MAP_EXAMPLE');
    },
  );
});
