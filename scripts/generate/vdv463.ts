// Writes what the VDV 463 field table generates: schema bundles and TypeScript types.
import { writeFile } from 'node:fs/promises';
import { typesOf } from './types.js';
import { bundleOf } from './vdv463-schemas.js';
import { dialects, letters } from './vdv463-table.js';

const schemas = new URL('../../src/schemas/', import.meta.url);

/** One bundle and one types file per dialect. */
export async function generateVdv463(): Promise<void> {
  for (const letter of letters) {
    const dialect = dialects[letter];
    const bundle = bundleOf(letter);
    const types = await typesOf(bundle, `VDV 463 ${dialect}`, 'src/schemas/vdv463/fields.tsv');
    await writeFile(
      new URL(`data/generated/vdv463-${dialect}.json`, schemas),
      `${JSON.stringify(bundle, null, 1)}\n`,
    );
    await writeFile(new URL(`generated/vdv463-${dialect}.ts`, schemas), types);
  }
}
