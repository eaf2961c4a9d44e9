/** A scenario file that is wrong is told all its faults at once, each with its place and what would be right. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { scenarioEditorSchema } from '../../../scripts/generate/scenario.js';
import { BridgeError } from '../../../src/errors/index.js';
import { parseScenario } from '../../../src/sim/charger/index.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** `line:column code message` of every fault. */
function faults(text: string, fleet?: { stations: number; points: number }): string[] {
  try {
    parseScenario(text, 'night.yaml', fleet);
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    return error.errors.map((each) => {
      if (!(each instanceof BridgeError)) throw each;
      const { file, line, column } = each.where;
      return `${file}:${line}:${column} ${each.code} ${each.message}`;
    });
  }
  return [];
}

const WRONG = `steps:
  - { at: '00:10', do: plugInn, point: 1, vehicle: bus }
  - { at: soon, do: unplug, point: 0 }
  - at: '00:20'
    do: expectLimit
    pont: 1
    maxKw: low
`;

describe('a wrong scenario', () => {
  it('is told all its faults', () => {
    expect(faults(WRONG)).toEqual([
      'night.yaml:2:24 SCENARIO_INVALID steps.0.do is "plugInn"; did you mean plugIn?',
      'night.yaml:3:11 SCENARIO_INVALID steps.1.at is "soon"; it must be HH:MM or HH:MM:SS, in quotes',
      'night.yaml:3:36 SCENARIO_INVALID steps.1.point is 0; it must be >= 1',
      'night.yaml:4:5 SCENARIO_INVALID steps.2 lacks point',
      'night.yaml:6:5 SCENARIO_UNKNOWN_KEY pont is not a key of steps.2; did you mean point?',
      'night.yaml:7:12 SCENARIO_INVALID steps.2.maxKw is "low"; it must be number',
    ]);
  });

  it.each([
    [
      'a vehicle that nobody described',
      "vehicles: { bus: { batteryWh: 1, socPct: 1, maxPowerW: 1 } }\nsteps:\n  - { at: '00:10', do: plugIn, point: 1, vehicle: buss }",
      'night.yaml:3:51 SCENARIO_REFERENCE there is no vehicle "buss" under vehicles; did you mean bus?',
    ],
    [
      'a vehicle without what it needs',
      "- { at: '00:10', do: plugIn, point: 1, vehicle: { batteryWh: 1, socPct: 101 } }",
      'night.yaml:1:73 SCENARIO_INVALID steps.0.vehicle.socPct is 101; it must be <= 100',
    ],
    ['no do', "- { at: '00:10' }", 'night.yaml:1:3 SCENARIO_INVALID steps.0 lacks do'],
    [
      'a word that does not exist',
      "- { at: '00:10', do: reboot, transactions: resum }",
      'night.yaml:1:44 SCENARIO_INVALID steps.0.transactions is "resum"; did you mean resume?',
    ],
    ['no YAML', 'steps: [', 'night.yaml:1:9 SCENARIO_SYNTAX '],
    ['no steps', '{}', 'night.yaml:1:1 SCENARIO_INVALID the scenario lacks steps'],
    [
      'a time without a zone',
      'clock: { startAt: 2026-03-01 }\nsteps: []',
      'night.yaml:1:19 SCENARIO_INVALID clock.startAt is "2026-03-01"; it must be a time with its offset',
    ],
  ])('%s', (_name, text, fault) => {
    expect(faults(text).join('\n')).toContain(fault);
  });

  it('has steps only for stations and points that there are', () => {
    const text = `steps:
  - { at: '00:10', do: clearFault, point: 0 }
  - { at: '00:10', do: unplug, point: 3 }
  - { at: '00:10', do: expectState, point: 2, state: Available, station: 3 }
`;
    expect(faults(text, { stations: 2, points: 2 })).toEqual([
      'night.yaml:3:39 SCENARIO_REFERENCE there is no point 3: a station has 2 (--points)',
      'night.yaml:4:74 SCENARIO_REFERENCE there is no station 3: 2 are simulated (--stations)',
    ]);
    expect(faults(text)).toEqual([]);
  });

  it('is told in the order of its lines', () => {
    const text = '- { at: soon, do: expectLimit, pont: 1, maxKw: 50 }';
    const columns = faults(text).map((fault) => Number(fault.split(':')[2]?.split(' ')[0]));
    expect(columns).toEqual([...columns].sort((a, b) => a - b));
    expect(columns).toHaveLength(3);
  });

  it('ends the command with 2, without a stack', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'scenario-')), 'night.yaml');
    writeFileSync(file, WRONG);
    const command = ['sim', 'charger', '--url', 'ws://127.0.0.1:1', '--identity', 'X', '--scenario', file];
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...command], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr.split('\n')[0]).toBe(
      `${file}:2:24: SCENARIO_INVALID: steps.0.do is "plugInn"; did you mean plugIn?`,
    );
    expect(stderr.match(/ {2}fix: /g)).toHaveLength(6);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('the schema for editors', () => {
  const file = fileURLToPath(new URL('../../../config/scenario.schema.json', import.meta.url));
  const schema = JSON.parse(readFileSync(file, 'utf8')) as object;

  it('is the one that is checked against', () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(scenarioEditorSchema())));
  });

  it('takes both forms and refuses what the simulator refuses', () => {
    const fits = new Ajv({ strict: false }).compile(schema);
    const steps = [{ at: '00:10', do: 'unplug', point: 1 }];
    expect([fits(steps), fits({ steps }), fits([{ at: '00:10', do: 'unplugg', point: 1 }])]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
