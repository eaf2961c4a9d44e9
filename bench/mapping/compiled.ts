/**
 * Compiles a benchmark and the product's code as a build does, and runs it. What `tsx` runs in development is not
 * what ships: it wraps each function made at run time, which slows hand-written closures more than tables.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles a TypeScript module of the repository and imports the result; packages stay what they are. */
export async function importCompiled(module: URL): Promise<unknown> {
  const outfile = fileURLToPath(new URL('../../node_modules/.cache/bench/bundle.mjs', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(module)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [
      {
        name: 'own place',
        setup({ onLoad }) {
          // Modules find their data beside themselves: in a bundle they must remember where that is.
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const text = await readFile(path, 'utf8');
            const place = JSON.stringify(pathToFileURL(path).href);
            return { loader: 'ts', contents: text.replaceAll('import.meta.url', place) };
          });
        },
      },
    ],
  });
  return import(pathToFileURL(outfile).href);
}
