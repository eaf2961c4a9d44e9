/** `depotbridge check`: configuration and tables, everything that is wrong at once; nothing is started. */
import { statSync } from 'node:fs';
import { type Config, loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import {
  type CheckReport,
  countOf,
  type Diagnostic,
  formatDiagnostic,
  loadGeneration,
} from '../mapping/index.js';
// Not by the door, which loads the bridge.
import { tableFolders } from '../tables/folders.js';
import { effective } from './effective.js';
import { knownSelector, type StationOptions, selectorOf } from './station.js';

export interface CheckOptions extends StationOptions {
  readonly config: string;
  readonly format: 'text' | 'json' | 'junit';
  /** Prints the rows in force for a station instead of what was looked at. */
  readonly effective?: boolean;
  readonly mapping?: string;
}

interface Result {
  readonly configErrors: readonly BridgeError[];
  readonly diagnostics: readonly Diagnostic[];
  readonly report?: CheckReport;
  readonly generation?: string;
  readonly ms: number;
}

/**
 * Without paths: the configuration and the tables it names. A path that is a folder is taken as the whole set of
 * tables, a file as a configuration. Exit code 1 on any error.
 */
export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  const started = performance.now();
  const folders = paths.filter(isFolder);
  const files = paths.length === 0 ? [options.config] : paths.filter((path) => !folders.includes(path));
  const configErrors: BridgeError[] = [];
  const named: string[] = [];
  let config: Config | undefined;
  for (const file of files) {
    try {
      config = loadConfig(file);
      named.push(...tableFolders(config.mappings));
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      configErrors.push(...(error.errors as BridgeError[]));
    }
  }
  const tables = folders.length > 0 ? folders : named;
  const checked = tables.length > 0 ? loadGeneration([...new Set(tables)]) : undefined;
  const result: Result = {
    configErrors,
    diagnostics: checked && 'diagnostics' in checked ? checked.diagnostics : [],
    ...(checked ? { report: checked.report } : {}),
    ...(checked && 'generation' in checked ? { generation: checked.generation.id } : {}),
    ms: Math.round(performance.now() - started),
  };
  if (options.effective && checked && 'generation' in checked && configErrors.length === 0) {
    const select = config ? await knownSelector(options, config) : selectorOf(options);
    process.stdout.write(`${effective(checked.generation, select, options)}\n`);
    return 0;
  }
  process.stdout.write(`${printers[options.format](result)}\n`);
  return configErrors.length + result.diagnostics.length > 0 ? 1 : 0;
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found) return found.isDirectory();
  throw new BridgeError('MAP_FILE', `there is neither a folder of tables nor a configuration ${path}`);
}

const printers: Record<CheckOptions['format'], (result: Result) => string> = { text, json, junit };

function text({ configErrors, diagnostics, report, generation, ms }: Result): string {
  const faults = [
    ...configErrors.map((error) => error.explain()),
    ...diagnostics.map((each) => formatDiagnostic(each)),
  ];
  const lines = faults.length > 0 ? [faults.join('\n'), `\n${countOf(faults.length, 'fault')}`] : [];
  if (report) {
    const { losses, ...counts } = report;
    lines.push(
      `looked at ${Object.entries(counts)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ')} in ${ms} ms`,
    );
    lines.push(`${losses.length} declared losses`);
  }
  if (generation) lines.push(`generation ${generation}`);
  return lines.join('\n');
}

function json({ configErrors, diagnostics, ...rest }: Result): string {
  const errors = configErrors.map(({ code, message, where }) => ({ code, message, ...where }));
  return JSON.stringify({ errors: [...errors, ...diagnostics], ...rest }, null, 2);
}

function junit({ configErrors, diagnostics, report, ms }: Result): string {
  const failures = [
    ...configErrors.map((error) => ({ name: error.code, text: error.explain() })),
    ...diagnostics.map((each) => ({
      name: `${each.code} ${each.file}:${each.line}`,
      text: formatDiagnostic(each),
    })),
  ];
  const passed = (report?.mappings ?? 0) + (report?.overlays ?? 0);
  const cases = failures.map(
    ({ name, text: body }) =>
      `  <testcase classname="depotbridge.check" name="${escapeXml(name)}"><failure>${escapeXml(body)}</failure></testcase>`,
  );
  if (failures.length === 0)
    cases.push(`  <testcase classname="depotbridge.check" name="${passed} mappings and overlays"/>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="depotbridge check" tests="${cases.length}" failures="${failures.length}" time="${(ms / 1000).toFixed(3)}">`,
    ...cases,
    '</testsuite>',
  ].join('\n');
}

function escapeXml(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return value.replaceAll(/[&<>"]/g, (char) => entities[char] ?? char);
}
