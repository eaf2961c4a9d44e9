/** The page of depots that keep their CSMS: its three commands, run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBridgeProcess } from '../support/bridge.js';
import { freePort } from '../support/port.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/existing-csms.md`, 'utf8');
/** The commands of the first block, without their comments. */
const commands = (/```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  .trimEnd()
  .split('\n')
  .map((line) => line.replace(/\s+#.*$/, ''));

function run(command: string): { child: ChildProcess; lines: string[] } {
  const [, ...words] = command.split(' ');
  const child = spawn(process.execPath, ['dist/main.js', ...words], { cwd: root });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return { child, lines };
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + 40_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface State {
  readonly processes: Record<string, { transactionId?: { value: string }; deliveredWh?: { value: number } }>;
}

describe('a depot that keeps its CSMS', () => {
  it('is seen by the bridge as the page says', { timeout: 120_000 }, async () => {
    expect(commands).toHaveLength(3);
    const [sim = '', start = '', charger = ''] = commands;
    const port = await freePort();
    const csms = run(sim.replace('7470', String(port)));
    const bridge = await startBridgeProcess({
      store: 'lmdb',
      config: start.replace('depotbridge start --config config/', ''),
      edit: (text) => text.replaceAll('7470', String(port)),
    });
    onTestFinished(() => bridge.remove());
    run(charger.replace('7461', String(bridge.ports.ocpp)));
    const process = await until('a process with energy', async () => {
      const { processes } = await bridge.get<State>('/api/v1/state');
      return Object.values(processes).find((each) => (each.deliveredWh?.value ?? 0) > 0);
    });
    // The number is the CSMS's, which counts from 1.
    expect(process.transactionId?.value).toBe('1');
    expect(csms.lines.join('\n')).toContain('CP-N1');
    const told = await bridge.get<{ link: string; direction: string }[]>(
      '/api/v1/journal?action=SetChargingProfile',
    );
    expect(told.map(({ link, direction }) => `${link} ${direction}`)).toContain('csms:CP-N1 in');
    expect(told.filter(({ direction }) => direction === 'out')).toEqual([]);
  });

  it('writes about settings and words that exist', () => {
    const known = readFileSync(`${root}config/depotbridge.schema.json`, 'utf8');
    for (const word of ['checksLogins', 'leaseMinutes', 'leaseAs', 'attach', 'control', 'profileIdBase']) {
      expect(page).toContain(word);
      expect(known).toContain(`"${word}"`);
    }
  });
});
