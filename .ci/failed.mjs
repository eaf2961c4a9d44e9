/**
 * What a run of the suite came to, from its report and its log: `failed.mjs <passed|failed> counts` prints "passed
 * failed", `failed.mjs <passed|failed>` what failed and why. A run that left no report, or failed although no test did,
 * has failed all the same, and says so.
 */
import { existsSync, readFileSync } from 'node:fs';

const REPORT = '.cache/tests.json';
const LOG = '.cache/tests.log';

const NOT_OURS = /^\s+at .*(node_modules|node:|native)/;

/** The first lines of a failure's messages, indented, without the frames of others. */
function reason(messages, { duration } = {}) {
  const text = messages.map((each) =>
    // All that the report keeps of a test that ran out of time.
    each.startsWith('Error: STACK_TRACE_ERROR')
      ? each.replace('Error: STACK_TRACE_ERROR', `it did not end in time: ${Math.round(duration)} ms`)
      : each,
  );
  const lines = text.flatMap((each) => each.split('\n')).filter((line) => line.trim() && !NOT_OURS.test(line));
  return lines
    .slice(0, 12)
    .map((line) => `\n     ${line}`)
    .join('');
}

function reported() {
  try {
    return JSON.parse(readFileSync(REPORT, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The log in plain text. */
function logged() {
  return existsSync(LOG) ? readFileSync(LOG, 'utf8').replaceAll(/\u001b\[[\d;]*m/g, '') : '';
}

function failuresIn(report) {
  return report.testResults.flatMap((file) => {
    const name = file.name.replace(/^.*\/test\//, 'test/');
    const tests = file.assertionResults.filter((each) => each.status === 'failed');
    const failures = tests.map((test) => `${name} > ${test.fullName}${reason(test.failureMessages, test)}`);
    // It did not load, or what its tests share failed.
    if (file.status === 'failed' && tests.length === 0) failures.push(`${name}${reason([file.message])}`);
    return failures;
  });
}

/** Errors that no test is blamed for. */
function unhandledIn(log) {
  const [told] = /[^\n]*Unhandled Errors[^]*/.exec(log) ?? [];
  return told ? [`errors beside the tests${reason([told])}`] : [];
}

/** Why a run failed in which nothing else did: the end of its log. */
function otherwise(report, log) {
  const last = log.trimEnd().split('\n').slice(-12).join('\n');
  const what = report ? 'the run failed although no test did' : 'no report of the tests: they did not run to their end';
  return `${what}; the last lines were${reason([last])}`;
}

const [outcome, what] = process.argv.slice(2);
const report = reported();
const log = logged();
const failures = [...(report ? failuresIn(report) : []), ...unhandledIn(log)];
if (failures.length === 0 && (outcome !== 'passed' || !report?.success)) failures.push(otherwise(report, log));
if (what === 'counts') console.log(report?.numPassedTests ?? 0, failures.length);
else for (const failure of failures) console.log(`!! ${failure}`);
