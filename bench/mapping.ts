/**
 * Tables against hand-written TypeScript, compiled as the product is; see mapping/run.ts.
 *
 *     npx tsx bench/mapping.ts [rounds]
 */
import { importCompiled } from './compiled.js';

await importCompiled(new URL('./mapping/run.ts', import.meta.url));
