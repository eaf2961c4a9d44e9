// Reads the JSON report of a run of the suite: `counts` prints "passed failed", else the failed tests with their reasons.
import { readFileSync } from 'node:fs';

const [file, what] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));

/** The first lines of a failure's message; a file that did not load has one message and no tests. */
const reason = (messages) => messages.join('\n').split('\n').slice(0, 12).join('\n     ');

if (what === 'counts') {
  const unloaded = report.testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
  console.log(report.numPassedTests, report.numFailedTests + unloaded);
} else {
  for (const one of report.testResults) {
    const name = one.name.replace(/^.*\/test\//, 'test/');
    if (one.status === 'failed' && one.message) console.log(`${name}\n     ${reason([one.message])}`);
    for (const test of one.assertionResults.filter((each) => each.status === 'failed')) {
      console.log(`${name} > ${test.fullName}\n     ${reason(test.failureMessages)}`);
    }
  }
}
