/** What ships: the container recipe names files that exist, the package holds what the command needs. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');

describe('what ships', () => {
  it('copies only what exists into the image', () => {
    const copies = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(
      ([, names]) => names?.split(' ').slice(0, -1) ?? [],
    );
    expect(copies.length).toBeGreaterThan(5);
    for (const name of copies) expect(existsSync(`${root}${name}`), name).toBe(true);
  });

  it('composes services whose commands and configurations exist', () => {
    const compose = parse(read('docker-compose.yml')) as { services: Record<string, { command?: string[] }> };
    expect(Object.keys(compose.services)).toEqual(['redis', 'bridge', 'peers']);
    const files = Object.values(compose.services).flatMap(({ command = [] }) =>
      command.filter((word) => word.endsWith('.yaml')),
    );
    expect(files).toEqual(['config/compose.yaml', 'config/compose.yaml']);
    expect(loadConfig(`${root}config/compose.yaml`).store).toEqual({
      kind: 'redis',
      url: 'redis://redis:6379',
    });
  });

  it('packs the command, the tables and the configurations, and nothing else', () => {
    const [pack] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as [{ files: { path: string }[] }];
    const paths = pack.files.map(({ path }) => path);
    for (const needed of [
      'dist/main.js',
      'mappings/ocpp16/status.yaml',
      'config/demo.yaml',
      'config/depot.example.yaml',
      'LICENSE',
    ])
      expect(paths).toContain(needed);
    expect(paths.filter((path) => /^(src|test|node_modules|\.ci)\//.test(path))).toEqual([]);
  });

  it('ships the demo depot twice with one difference: where it runs', () => {
    const [demo, compose] = [loadConfig(`${root}config/demo.yaml`), loadConfig(`${root}config/compose.yaml`)];
    expect(compose.depots).toEqual(demo.depots);
    expect(compose.upstreams).toEqual(demo.upstreams);
  });
});
