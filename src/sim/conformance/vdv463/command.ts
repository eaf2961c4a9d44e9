import { writeFile } from 'node:fs/promises';
import type { ConformanceOptions } from './options.js';
import { junitReport, resultLine, summaryLine } from './report.js';
import { runConformanceVdv463 } from './runner.js';

export interface ConformanceCommandOptions extends ConformanceOptions {
  /** Where to write the JUnit report. */
  readonly junitFile?: string;
  readonly print?: (line: string) => void;
}

/**
 * `conformance vdv463`: plays all scenarios and prints each as it ends.
 * @returns exit code: 0, or 1 if the CMS failed any
 */
export async function runConformanceCommand(options: ConformanceCommandOptions): Promise<number> {
  const { print = console.log, junitFile } = options;
  print(`VDV 463 ${options.dialect} conformance of ${options.url}`);
  const report = await runConformanceVdv463({
    ...options,
    onResult: (result) => {
      print(resultLine(result));
      options.onResult?.(result);
    },
  });
  print(summaryLine(report.counts, report.durationMs));
  if (junitFile !== undefined) await writeFile(junitFile, junitReport(report));
  return report.passed ? 0 : 1;
}
