/**
 * The page of the simulators: its tables are what the schema and the commands say, and what it shows is done.
 * A block with a file name is that file; `sh` runs; `text` is in the output of the commands before it, line by line.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerSim } from '../../src/cli/sim.js';
import {
  deeds,
  expectations,
  oddities,
  type StepSchema,
  timed,
  vehicle,
} from '../../src/sim/charger/scenario/schema.js';
import { quirks, station } from '../../src/sim/charger/scenario/station-schema.js';
import { COMMANDS, ODDITIES } from '../../src/sim/csms/index.js';
import { type BridgeProcess, startBridgeProcess } from '../support/bridge.js';
import { freePort } from '../support/port.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/simulator.md`, 'utf8');

interface Described {
  readonly description?: string;
  readonly enum?: readonly string[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function keyText(key: string, schema: Described, required: readonly string[]): string {
  const words = schema.enum ? ` (${schema.enum.join(', ')})` : '';
  return `\`${key}\`${required.includes(key) ? '' : '?'} ${cell(schema.description ?? '')}${words}`;
}

/** The row of a step: its name, what it does, its keys; those that may be absent with a question mark. */
function stepRow({ description, required, properties }: StepSchema): string {
  const { do: deed, ...rest } = properties;
  const keys = Object.entries(rest)
    .filter(([key]) => !(key in timed))
    .map(([key, schema]) => keyText(key, schema as Described, required));
  return `| \`${deed.const}\` | ${cell(description)} | ${keys.join('; ')} |`;
}

const keyRows = (properties: Readonly<Record<string, Described>>, required: readonly string[]): string[] =>
  Object.entries(properties).map(
    ([key, schema]) =>
      `| \`${key}\`${required.includes(key) ? '' : '?'} | ${cell(schema.description ?? '')} |`,
  );

function optionRows(name: string): string[] {
  const program = new Command();
  registerSim(program, () => Promise.resolve());
  const found = program.commands[0]?.commands.find((command) => command.name() === name);
  return (found?.options ?? []).map(({ flags, description, argChoices, defaultValue }) => {
    const choices = argChoices ? `: ${argChoices.join(', ')}` : '';
    const standard = defaultValue === undefined ? '' : ` (${String(defaultValue)})`;
    return `| \`${flags}\` | ${cell(description)}${choices}${standard} |`;
  });
}

const oddityRows = Object.entries(ODDITIES).map(
  ([name, { value, description }]) =>
    `| \`${name}\` | ${value && `\`${cell(value)}\``} | ${cell(description)} |`,
);
const commandRows = Object.values(COMMANDS).map(
  ({ usage, description }) => `| \`${cell(usage)}\` | ${cell(description)} |`,
);

const [chargerPart = '', csmsPart = ''] = page.split('## The CSMS\n');

describe('the tables', () => {
  it.each<[string, readonly string[]]>([
    ['options of the charger command', optionRows('charger')],
    ['options of the CSMS command', optionRows('csms')],
    ['oddities of a CSMS', oddityRows],
    ['commands to a CSMS', commandRows],
    ['keys of every step', keyRows(timed, ['at'])],
    ['keys of a vehicle', keyRows(vehicle.properties, vehicle.required)],
    ['keys of a station', keyRows(station.properties, [])],
    ['quirks', keyRows(quirks.properties, [])],
    ['steps of ordinary life', deeds.map(stepRow)],
    ['oddities', oddities.map(stepRow)],
    ['expectations', expectations.map(stepRow)],
  ])('%s', (name, rows) => {
    const part = name.includes('CSMS') ? csmsPart : chargerPart;
    expect(rows.length).toBeGreaterThan(2);
    expect(part.split('\n').filter((line) => rows.includes(line))).toEqual(rows);
  });

  it('names no step that does not exist', () => {
    const known = [...deeds, ...oddities, ...expectations].map(({ properties }) => properties.do.const);
    const steps = page.slice(page.indexOf('## Steps'), page.indexOf('## Verdict'));
    const named = [...steps.matchAll(/^\| `((?!do\b)\w+)` \| .* \| .* \|$/gm)].map(([, name]) => name);
    expect(named).toEqual(known);
  });
});

describe('the example', () => {
  let folder = '';
  let bridge: BridgeProcess;
  beforeAll(async () => {
    bridge = await startBridgeProcess({ store: 'lmdb' });
    folder = mkdtempSync(join(tmpdir(), 'depotbridge-simulator-'));
    mkdirSync(join(folder, 'bin'));
    const command = join(folder, 'bin', 'depotbridge');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${root}dist/main.js" "$@"\n`);
    chmodSync(command, 0o755);
    cpSync(`${root}config/scenarios`, join(folder, 'config/scenarios'), { recursive: true });
  });
  afterAll(async () => {
    await bridge.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('does what it says', { timeout: 120_000 }, async () => {
    const csmsPort = await freePort();
    const blocks = [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)];
    expect(blocks.map(([, kind]) => kind)).toEqual([
      ...['sh', 'yaml', 'sh', 'text', 'yaml', 'sh', 'text'],
      ...['sh', 'text', 'text', 'sh', 'text'],
    ]);
    let printed = '';
    // The first block starts the bridge; here one runs already, on a port of its own.
    for (const [, kind, name, body = ''] of blocks.slice(1)) {
      if (name) writeFileSync(join(folder, name), body);
      else if (kind === 'sh') {
        const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
        const script = body
          .replaceAll('7461', String(bridge.ports.ocpp))
          .replaceAll('7470', String(csmsPort))
          .replaceAll('sim csms', `sim csms --port ${csmsPort}`);
        const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env });
        printed = `${stdout}${stderr}`;
      } else for (const line of body.trimEnd().split('\n')) expect(printed).toContain(line);
    }
    expect(readFileSync(join(folder, 'verdict.xml'), 'utf8')).toContain('<testsuite name="CP-N1"');
  });
});
