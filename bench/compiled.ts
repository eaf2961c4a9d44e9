/**
 * Compiles a benchmark and the product's code as a build does. What `tsx` runs in development is not what ships: it
 * wraps each function made at run time, which slows code the more closures it makes.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles a TypeScript module of the repository; packages stay what they are. @returns the file to run */
export async function compiled(module: URL): Promise<string> {
  const entry = fileURLToPath(module);
  const name = basename(entry, '.ts');
  const outfile = fileURLToPath(new URL(`../node_modules/.cache/bench/${name}.mjs`, import.meta.url));
  await build({
    entryPoints: [entry],
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
  return outfile;
}

/** As {@link compiled}, and imports the result. */
export async function importCompiled(module: URL): Promise<unknown> {
  return import(pathToFileURL(await compiled(module)).href);
}
