import { expect, it } from 'vitest';
import { runBmsCommand } from '../../../src/sim/bms/index.js';
import { TinyCms } from './tiny-cms.js';

it('tells what it hears and ends after the wished number of snapshots', async () => {
  const cms = new TinyCms();
  const url = await cms.listen();
  const lines: string[] = [];
  try {
    const code = await runBmsCommand({
      url,
      presystemId: 'BMS-1',
      kind: 'BMS',
      dialect: '1.1.0',
      snapshots: 1,
      print: (line) => lines.push(line),
    });
    expect(code).toBe(0);
    expect(lines).toContain('connected (v1.463.vdv.de)');
    expect(lines).toContain('information: N1-1 Available');
    expect(lines.at(-1)).toBe('0 violations of the standard by the CMS');
  } finally {
    await cms.close();
  }
});
