// tsc copies no data files: the JSON that modules read at run time goes beside the compiled code.
import { cpSync, existsSync } from 'node:fs';

for (const dir of ['schemas/data', 'sim/scenarios']) {
  const from = new URL(`../src/${dir}`, import.meta.url);
  if (existsSync(from)) cpSync(from, new URL(`../dist/${dir}`, import.meta.url), { recursive: true });
}
