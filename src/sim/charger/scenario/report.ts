import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { xml } from '../../xml.js';
import { SimulatorError } from '../errors.js';
import type { Outcome } from './run.js';
import type { StationVerdict } from './verdict.js';

/** Lines for a terminal: one for each station, below it what failed, and the sum. */
export function verdictLines(verdicts: readonly StationVerdict[]): string[] {
  const failed = verdicts.filter(({ passed }) => !passed).length;
  const transactions = verdicts.reduce((sum, each) => sum + each.transactions, 0);
  const energyWh = verdicts.reduce((sum, each) => sum + each.energyWh, 0);
  return [
    ...verdicts.flatMap(stationLines),
    `${verdicts.length} stations, ${transactions} transactions, ${kwh(energyWh)} kWh${failed > 0 ? `, ${failed} FAILED` : ''}`,
  ];
}

function stationLines({ identity, passed, outcomes, transactions, energyWh }: StationVerdict): string[] {
  const bad = outcomes.filter(({ failure }) => failure !== undefined);
  const sum = `${outcomes.length - bad.length} of ${outcomes.length} checks, ${transactions} transactions, ${kwh(energyWh)} kWh`;
  return [
    `${identity}: ${passed ? 'passed' : 'FAILED'}, ${sum}`,
    ...bad.map(({ title, failure }) => `  ${title}: ${failure}`),
  ];
}

const kwh = (wh: number): string => (wh / 1000).toFixed(1);

/**
 * Looks before the simulation whether a report can be written after it.
 * @throws SimulatorError when the name of the file does not say what to write; the error of the file system
 */
export function checkReport(file: string): void {
  if (!['.xml', '.json'].includes(extname(file)))
    throw new SimulatorError(`--report ${file}: the name must end in .xml (JUnit) or .json`);
  writeFileSync(file, '', { flag: 'a' });
}

/** Writes the verdicts as JUnit (.xml) or JSON (.json). */
export function writeReport(file: string, verdicts: readonly StationVerdict[]): void {
  writeFileSync(file, extname(file) === '.xml' ? junit(verdicts) : json(verdicts));
}

function json(verdicts: readonly StationVerdict[]): string {
  const passed = verdicts.every((each) => each.passed);
  const stations = verdicts.map(({ outcomes, ...station }) => ({
    ...station,
    checks: outcomes.map(({ title, failure, ms }) => ({
      title,
      passed: failure === undefined,
      ...(failure === undefined ? {} : { failure }),
      ms: Math.round(ms),
    })),
  }));
  return `${JSON.stringify({ passed, stations }, null, 2)}\n`;
}

function junit(verdicts: readonly StationVerdict[]): string {
  const all = verdicts.flatMap(({ outcomes }) => outcomes);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="depotbridge sim charger" ${counts(all)}>`,
    ...verdicts.flatMap(({ identity, outcomes }) => [
      `  <testsuite name="${xml(identity)}" errors="0" ${counts(outcomes)}>`,
      ...outcomes.map((outcome) => testCase(identity, outcome)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function counts(outcomes: readonly Outcome[]): string {
  const failures = outcomes.filter(({ failure }) => failure !== undefined).length;
  const ms = outcomes.reduce((sum, each) => sum + each.ms, 0);
  return `tests="${outcomes.length}" failures="${failures}" skipped="0" time="${(ms / 1000).toFixed(3)}"`;
}

function testCase(identity: string, { title, failure, ms }: Outcome): string {
  const open = `    <testcase classname="${xml(identity)}" name="${xml(title)}" time="${(ms / 1000).toFixed(3)}"`;
  return failure === undefined ? `${open}/>` : `${open}><failure message="${xml(failure)}"/></testcase>`;
}
