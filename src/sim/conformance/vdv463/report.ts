import { xml } from '../../xml.js';
import type { ConformanceReport, ScenarioResult, Verdict } from './options.js';

const MARKS: Readonly<Record<Verdict, string>> = { pass: 'pass', fail: 'FAIL', advice: 'note', skip: 'skip' };

/** One scenario in one line, and why if it did not pass. */
export function resultLine({ id, title, verdict, reason, basis }: ScenarioResult): string {
  const line = `${MARKS[verdict]}  ${id}  ${title} (${basis})`;
  return reason === undefined ? line : `${line}\n      ${reason}`;
}

/** The report for a terminal: every scenario, then the sum. */
export function textReport(report: ConformanceReport): string {
  const { url, dialect, results, counts, durationMs } = report;
  return [
    `VDV 463 ${dialect} conformance of ${url}`,
    '',
    ...results.map(resultLine),
    '',
    summaryLine(counts, durationMs),
  ].join('\n');
}

/** `61 passed, 0 failed, 2 notes, 12 skipped in 3.1 s` */
export function summaryLine(counts: ConformanceReport['counts'], durationMs: number): string {
  const { pass, fail, advice, skip } = counts;
  const seconds = (durationMs / 1000).toFixed(1);
  return `${pass} passed, ${fail} failed, ${advice} notes, ${skip} skipped in ${seconds} s`;
}

/** The report as JUnit XML; a note becomes a skipped test with its reason, so that it does not fail a build. */
export function junitReport({ dialect, results, counts, durationMs, url }: ConformanceReport): string {
  const suite = [
    `tests="${results.length}"`,
    `failures="${counts.fail}"`,
    `skipped="${counts.skip + counts.advice}"`,
    `time="${seconds(durationMs)}"`,
  ].join(' ');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="VDV 463 conformance" ${suite}>`,
    `  <testsuite name="VDV 463 ${xml(dialect)} ${xml(url)}" errors="0" ${suite}>`,
    ...results.map((result) => testCase(result, dialect)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(result: ScenarioResult, dialect: string): string {
  const { id, title, verdict, reason = '', transcript = [], durationMs } = result;
  const open = `    <testcase classname="vdv463.${xml(dialect)}" name="${xml(`${id} ${title}`)}" time="${seconds(durationMs)}"`;
  if (verdict === 'pass') return `${open}/>`;
  if (verdict === 'fail') {
    return `${open}><failure message="${xml(reason)}">${xml(transcript.join('\n'))}</failure></testcase>`;
  }
  const why = verdict === 'advice' ? `recommendation not followed: ${reason}` : reason;
  return `${open}><skipped message="${xml(why)}"/></testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
