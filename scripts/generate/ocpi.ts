// Writes what the OCPI tables generate: schema bundles and TypeScript types.
import { writeFile } from 'node:fs/promises';
import { ocpiBundleOf, versions } from './ocpi-schemas.js';
import { typesOf } from './types.js';

const schemas = new URL('../../src/schemas/', import.meta.url);

/** One bundle and one types file per version. */
export async function generateOcpi(): Promise<void> {
  for (const version of versions) {
    const bundle = ocpiBundleOf(version);
    const types = await typesOf(bundle, `OCPI ${version}, as sent`, 'src/schemas/ocpi/*.tsv');
    await writeFile(
      new URL(`data/generated/ocpi-${version}.json`, schemas),
      `${JSON.stringify(bundle, null, 1)}\n`,
    );
    await writeFile(new URL(`generated/ocpi-${version}.ts`, schemas), types);
  }
}
