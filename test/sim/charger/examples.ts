/** The scenarios that ship, run by the command in their own comment. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs one against the bridge at this port; gives its exit code and what it printed. `more`: further words. */
export function runExample(
  name: string,
  port: number,
  more: readonly string[] = [],
): Promise<{ code: number | null; text: string }> {
  const line = /^# depotbridge (sim charger .+)$/m.exec(
    readFileSync(`${root}config/scenarios/${name}`, 'utf8'),
  );
  const words = [...(line?.[1] ?? '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
  const args = words.map((word) => word.replace('7461', String(port)));
  const child = spawn(process.execPath, [`${root}dist/main.js`, ...args, '--quiet', ...more], {
    cwd: root,
    timeout: 60_000,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}
