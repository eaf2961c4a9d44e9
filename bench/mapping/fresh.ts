/**
 * The first check of all shipped tables in a process of its own, on the compiled product (`npm run build`): from
 * reading the files to the verdict, loading modules apart. The fastest run counts: whatever else a machine does
 * only slows it.
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** Milliseconds. */
export interface FreshCheck {
  readonly loading: number;
  readonly check: number;
  /** Whole processes as their user sees them: `depotbridge check` and `depotbridge --help`. */
  readonly command: number;
  readonly help: number;
}

const program = `
  const started = performance.now();
  const { loadGeneration } = await import('./dist/mapping/index.js');
  const loaded = performance.now();
  const result = loadGeneration(['mappings']);
  const done = performance.now();
  if (!('generation' in result)) throw new Error('the tables have errors: run depotbridge check');
  console.log(JSON.stringify([loaded - started, done - loaded]));`;

function run(args: readonly string[]): { text: string; ms: number } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${stderr}`);
  return { text: stdout, ms };
}

/** The fastest of some runs of each. */
export function freshCheck(runs = 7): FreshCheck {
  const best = { loading: Infinity, check: Infinity, command: Infinity, help: Infinity };
  for (let i = 0; i < runs; i++) {
    const [loading = NaN, check = NaN] = JSON.parse(run(['--input-type=module', '-e', program]).text) as number[];
    const command = run(['dist/main.js', 'check']).ms;
    const help = run(['dist/main.js', '--help']).ms;
    for (const [key, ms] of Object.entries({ loading, check, command, help }))
      best[key as keyof FreshCheck] = Math.min(best[key as keyof FreshCheck], ms);
  }
  return best;
}
