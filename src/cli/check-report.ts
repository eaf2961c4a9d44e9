/** What `depotbridge check` prints: for people, for scripts, for CI. */
import type { BridgeError } from '../errors/index.js';
import { type CheckReport, countOf, type Diagnostic, formatDiagnostic } from '../mapping/index.js';

/** What a check came to. */
export interface CheckResult {
  readonly configErrors: readonly BridgeError[];
  readonly diagnostics: readonly Diagnostic[];
  /** What is no fault, and still worth a look. */
  readonly warnings: readonly Diagnostic[];
  readonly report?: CheckReport;
  readonly generation?: string;
  /** The tables that ship were checked along, since the folders given hold overlays only. */
  readonly withShipped?: boolean;
  readonly ms: number;
}

export type CheckFormat = 'text' | 'json' | 'junit';

const printers: Record<CheckFormat, (result: CheckResult) => string> = { text, json, junit };

export function printed(result: CheckResult, format: CheckFormat): string {
  return printers[format](result);
}

function text(result: CheckResult): string {
  const { configErrors, diagnostics, warnings, report, generation, withShipped, ms } = result;
  const faults = [
    ...configErrors.map((error) => error.explain()),
    ...diagnostics.map((each) => formatDiagnostic(each)),
  ];
  const told = [...faults, ...warnings.map((each) => `warning: ${formatDiagnostic(each)}`)];
  const lines = told.length > 0 ? [told.join('\n'), ''] : [];
  if (faults.length > 0) lines.push(countOf(faults.length, 'fault'));
  if (warnings.length > 0) lines.push(countOf(warnings.length, 'warning'));
  if (withShipped) lines.push('overlays only: checked together with the tables that ship');
  if (report) {
    const { losses, part, ...counts } = report;
    if (part && !withShipped && report.mappings > 0)
      lines.push(
        diagnostics.some(({ code }) => code === 'MAP_UNKNOWN')
          ? 'a folder is taken as a whole set of tables; a configuration with `mappings: [builtin, …]` adds it to those that ship'
          : 'a part of a set: whether it has all that a bridge needs was not asked',
      );
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

function json({ configErrors, diagnostics, ...rest }: CheckResult): string {
  const errors = configErrors.map(({ code, message, where }) => ({ code, message, ...where }));
  return JSON.stringify({ errors: [...errors, ...diagnostics], ...rest }, null, 2);
}

function junit({ configErrors, diagnostics, warnings, report, ms }: CheckResult): string {
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
    ...warnings.map(
      (each) => `  <system-out>${escapeXml(`warning: ${formatDiagnostic(each)}`)}</system-out>`,
    ),
    '</testsuite>',
  ].join('\n');
}

/** What no XML 1.0 may hold: control characters, halves of surrogate pairs. */
const noXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escapeXml(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return value.replaceAll(noXml, '\ufffd').replaceAll(/[&<>"]/g, (char) => entities[char] ?? char);
}
