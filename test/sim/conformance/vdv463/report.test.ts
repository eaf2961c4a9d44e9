import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type ConformanceReport,
  junitReport,
  runConformanceCommand,
  textReport,
} from '../../../../src/sim/conformance/vdv463/index.js';

const report: ConformanceReport = {
  url: 'wss://cms.example/vdv463',
  dialect: '2.0.0',
  durationMs: 1234,
  counts: { pass: 1, fail: 1, advice: 1, skip: 1 },
  passed: false,
  results: [
    { id: 'A-01', title: 'One', basis: 'rule 1', verdict: 'pass', durationMs: 10 },
    {
      id: 'A-02',
      title: 'Two & <three>',
      basis: 'rule 2',
      verdict: 'fail',
      durationMs: 20,
      reason: 'said "no"',
      transcript: ['> [1,"x"]', '< \u0000'],
    },
    { id: 'A-03', title: 'Four', basis: 'rule 3', verdict: 'advice', durationMs: 0, reason: 'late' },
    { id: 'A-04', title: 'Five', basis: 'rule 4', verdict: 'skip', durationMs: 0, reason: 'no bench' },
  ],
};

it('writes a report for people', () => {
  expect(textReport(report)).toBe(
    [
      'VDV 463 2.0.0 conformance of wss://cms.example/vdv463',
      '',
      'pass  A-01  One (rule 1)',
      'FAIL  A-02  Two & <three> (rule 2)',
      '      said "no"',
      'note  A-03  Four (rule 3)',
      '      late',
      'skip  A-04  Five (rule 4)',
      '      no bench',
      '',
      '1 passed, 1 failed, 1 notes, 1 skipped in 1.2 s',
    ].join('\n'),
  );
});

it('writes a report for build servers', () => {
  const xml = junitReport(report);
  expect(xml).toContain('tests="4" failures="1" skipped="2" time="1.234"');
  expect(xml).toContain('name="A-02 Two &amp; &lt;three&gt;"');
  expect(xml).toContain(
    '<failure message="said &quot;no&quot;">&gt; [1,&quot;x&quot;]&#10;&lt; \uFFFD</failure>',
  );
  expect(xml).toContain('<skipped message="recommendation not followed: late"/>');
});

it('fails a CMS that is not there, in words and in the exit code', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const lines: string[] = [];
  try {
    const code = await runConformanceCommand({
      url: 'ws://127.0.0.1:1/vdv463',
      presystemId: 'BMS-1',
      kind: 'BMS',
      user: 'bms',
      password: 'x',
      dialect: '1.1.0',
      only: ['BOOT-01'],
      junitFile: join(folder, 'report.xml'),
      print: (line) => lines.push(line),
    });
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain('FAIL  BOOT-01');
    expect(await readFile(join(folder, 'report.xml'), 'utf8')).toContain('<failure message="no connection');
  } finally {
    await rm(folder, { recursive: true });
  }
});
