import { expect, it } from 'vitest';
import { runEmspCommand } from '../../../src/sim/emsp/index.js';
import { TinyCpo, TOKEN_A } from './tiny-cpo.js';

it('registers, lists the locations and ends with the count of violations', async () => {
  const cpo = new TinyCpo();
  const cpoVersionsUrl = await cpo.start();
  const lines: string[] = [];
  try {
    const code = await runEmspCommand({
      party: { countryCode: 'NL', partyId: 'EMS' },
      cpoVersionsUrl,
      registrationToken: TOKEN_A,
      once: true,
      print: (line) => lines.push(line),
    });
    expect(code).toBe(0);
    expect(lines).toContain('registered in 2.2.1 with DE*DPB');
    expect(lines).toContain('location L1: L1-E1 AVAILABLE');
    expect(lines.at(-1)).toBe('0 violations of the standard by the CPO');
  } finally {
    await cpo.app.close();
  }
});
