/**
 * The mapping guide, followed to the letter: files are written, commands run, and what it says they print is printed.
 * A block with a file name is that file; `sh` runs; `text` is in the output of the commands before it, line by line.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/port.js';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

interface Block {
  readonly kind: string;
  readonly name?: string;
  readonly body: string;
  readonly line: number;
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, kind = '', name, body = ''], i, all) => {
      const line = text.slice(0, all[i]?.index).split('\n').length;
      return { kind, body, line, ...(name === undefined ? {} : { name }) };
    },
  );
}

const guide = readFileSync(file('docs/mapping-guide.md'), 'utf8');
const blocks = blocksOf(guide);
let folder = '';
let printed = '';
const ports = new Map<string, string>();

const here = (text: string) => text.replaceAll(/\b746[0-3]\b/g, (port) => ports.get(port) ?? port);

/** What the guide's commands print, with a `depotbridge` on the path and ports of its own. */
function shell(body: string): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', here(body)], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
  });
  return { status, text: `${stdout}${stderr}` };
}

beforeAll(async () => {
  for (const port of ['7460', '7461', '7462', '7463']) ports.set(port, String(await freePort()));
  folder = mkdtempSync(join(tmpdir(), 'depotbridge-guide-'));
  mkdirSync(join(folder, 'bin'));
  const command = join(folder, 'bin', 'depotbridge');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${file('dist/main.js')}" "$@"\n`);
  chmodSync(command, 0o755);
  mkdirSync(join(folder, 'config'));
  writeFileSync(
    join(folder, 'config/depot.example.yaml'),
    here(readFileSync(file('config/depot.example.yaml'), 'utf8')),
  );
  symlinkSync(file('config/mapping.schema.json'), join(folder, 'config/mapping.schema.json'));
});

afterAll(() => {
  const pid = join(folder, 'bridge.pid');
  if (existsSync(pid)) {
    try {
      process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    } catch {
      // The guide has ended it itself.
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('the mapping guide', () => {
  it('has blocks of the kinds that are run here, and no others', () => {
    expect(blocks.length).toBeGreaterThan(25);
    expect(guide.match(/^```\w/gm)).toHaveLength(blocks.length);
    for (const { kind, name, line } of blocks)
      expect(['sh', 'text'].includes(kind) || name !== undefined, `line ${line}`).toBe(true);
  });

  it.each(blocks.map((block) => [`${block.kind} ${block.name ?? ''} at line ${block.line}`, block] as const))(
    '%s',
    { timeout: 90_000 },
    (_, { kind, name, body }) => {
      if (name !== undefined) {
        if (kind === 'json') JSON.parse(body);
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), body);
      } else if (kind === 'sh') {
        const { status, text } = shell(body);
        printed = text;
        expect(status, text).toBe(0);
      } else for (const line of body.trim().split('\n')) expect(printed).toContain(line.trim());
    },
  );
});
