import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Prints, when a process ends, the packages whose code it has loaded with `require`. */
const listing = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  process.on('exit', () => {
    const files = Object.keys(createRequire('${process.cwd()}/package.json').cache);
    const code = files.filter((file) => !file.endsWith('.json'));
    const names = code.flatMap((file) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1] ?? []);
    process.stderr.write(JSON.stringify([...new Set(names)]));
  });`)}`;

function packagesOf(...args: string[]): string[] {
  const { stderr, status } = spawnSync(process.execPath, ['--import', listing, 'dist/main.js', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status).toBe(0);
  return (JSON.parse(stderr) as string[]).sort();
}

describe('what a command loads', () => {
  it('help: the command line alone', () => {
    expect(packagesOf('--help')).toEqual(['commander']);
    expect(packagesOf('sim', '--help')).toEqual(['commander']);
  });

  it('check: no server, no store, no compiler of schemas', () => {
    const loaded = packagesOf('check');
    expect(loaded).toContain('yaml');
    const needed = ['ajv', 'ajv-formats', 'commander', 'fast-deep-equal', 'yaml'];
    expect(loaded.filter((name) => !needed.includes(name))).toEqual([]);
    expect(loaded).not.toContain('fast-uri');
  });
});
