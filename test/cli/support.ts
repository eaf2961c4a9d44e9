/** Runs a command of the product in this process: what it writes and how it ends. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';

export const EXAMPLE = fileURLToPath(new URL('../../config/depot.example.yaml', import.meta.url));
export const MAPPINGS = fileURLToPath(new URL('../../mappings', import.meta.url));

/** The exit code of a command and what it wrote to standard output. */
export async function output(command: () => Promise<number>): Promise<{ code: number; text: string }> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    return { code: await command(), text };
  } finally {
    spy.mockRestore();
  }
}

/** A folder that goes away with the test. */
export function folder(files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'depotbridge-cli-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

/** The example configuration on a store of its own, with nothing listening at its admin address. */
export function configuration(edit: (text: string) => string = (text) => text): string {
  const path = folder();
  const file = join(path, 'depot.yaml');
  const text = readFileSync(EXAMPLE, 'utf8')
    .replace(/^store:.*$/m, `store: { kind: lmdb, path: ${join(path, 'data')} }`)
    .replace('port: 7460', 'port: 1');
  writeFileSync(file, edit(text));
  return file;
}
