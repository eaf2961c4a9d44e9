/** `depotbridge sim csms`, from its flags to its last line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CsmsCommandOptions, runCsmsCommand } from '../../../src/sim/csms/index.js';
import { freePort } from '../../support/port.js';
import { bus, charger, Raw } from './support.js';

/** The command as it runs: what it prints, without the time, and a way to tell it something. */
async function running(options: CsmsCommandOptions = {}) {
  const lines: string[] = [];
  const commands = new PassThrough();
  const controller = new AbortController();
  const print = (line: string) => void lines.push(line.replace(/^\S+Z /, ''));
  const over = runCsmsCommand({ port: 0, ...options, commands, print, signal: controller.signal });
  onTestFinished(async () => {
    controller.abort();
    await over;
  });
  const line = async (start: string): Promise<string> => {
    const deadline = performance.now() + 5_000;
    for (;;) {
      const found = lines.find((each) => each.startsWith(start));
      if (found !== undefined) return found;
      if (performance.now() > deadline) throw new Error(`no line ${start} in\n${lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const url = (await line('listening: ')).slice('listening: '.length);
  const end = async () => {
    controller.abort();
    return over;
  };
  return { lines, line, url, end, say: (text: string) => void commands.write(`${text}\n`) };
}

/** A file that goes with the test. */
function identitiesFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-csms-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'identities.yaml');
  writeFileSync(file, text);
  return file;
}

describe('the command', () => {
  it('tells what happens, and does what it is told', async () => {
    const { line, url, say, end, lines } = await running({ plan: '50kW', port: await freePort() });
    const station = charger(url, { vendor: 'Volt', model: 'V1' });
    await station.start();
    await station.plugIn(1, bus);
    await line('CP-1 SetChargingProfile 50000 W: Accepted');
    say('limit CP-1 1 30kW 1');
    say('limit CP-1 1 30kg');
    say('# what follows is no command');
    say('CP-1 ChangeAvailability');
    say('CP-1 GetLocalListVersion {}');
    say('stop CP-1 1');
    await line('CP-1 point 1: transaction 1 ended');
    say('start CP-1 1 APP');
    await line('CP-1 point 1: transaction 2 started by APP');
    const raw = await new Raw(`${url}/CP-2`).open();
    say('wait CP-2 Heartbeat');
    say('odd messageIds=counter');
    say('odd foo');
    say('odd');
    say('cut CP-2 1012');
    await raw.ask('1', 'DataTransfer', { vendorId: 'V' });
    expect(lines).not.toContain('odd: messageIds');
    await raw.ask('2', 'Heartbeat');
    await line('CP-2 disconnected (1012)');
    say('down');
    await line('down');
    say('up');
    say('wait 0');
    say('foo');
    await line('not done: it must be STATION ACTION [JSON]');
    expect(lines.filter((each) => each === `listening: ${url}`).length).toBe(2);
    expect(await end()).toBe(0);
    const expected = [
      'CP-1 connected (ocpp1.6)',
      'CP-1 booted: Volt V1',
      'CP-1 point 1 Charging',
      'CP-1 point 1: transaction 1 started by BUS4711',
      'CP-1 SetChargingProfile 30000 W: Accepted',
      'not done: 30kg is no limit such as 50kW or 32A; it must be: limit STATION POINT 50kW|32A [LEVEL]',
      'CP-1 GetLocalListVersion: {"listVersion":0}',
      'CP-1 RemoteStopTransaction: Accepted',
      'odd: messageIds',
      'not done: foo is no oddity; it must be: odd NAME[=VALUE]',
      'odd: in nothing',
    ];
    expect(lines).toEqual(expect.arrayContaining(expected));
    expect(lines.find((each) => each.startsWith('CP-1 ChangeAvailability: '))).toMatch(/Violation$/);
  });

  it('plans as its flags say', async () => {
    const { url } = await running({ plan: '16A', planStackLevel: 2, planAgainSeconds: 0.02, planRaiseBy: 1 });
    const raw = await new Raw(`${url}/CP-1`).open();
    const start = { connectorId: 1, idTag: 'A', meterStart: 0, timestamp: '2026-01-01T00:00:00Z' };
    await raw.ask('1', 'StartTransaction', start);
    const [, id, , first] = await raw.hear(([, , action]) => action === 'SetChargingProfile');
    expect(first).toMatchObject({ csChargingProfiles: { stackLevel: 2, transactionId: 1 } });
    raw.say([3, id, { status: 'Accepted' }]);
    const [, , , second] = await raw.hear(([type, other]) => type === 2 && other !== id);
    const chargingSchedule = {
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 17 }],
    };
    expect(second).toMatchObject({ csChargingProfiles: { chargingSchedule } });
  });

  it('prints frames, and who was refused', async () => {
    const identities = identitiesFile('CP-1: ~\n');
    const { url, line } = await running({ identities, frames: true, odd: ['silentOn=Heartbeat'] });
    const raw = await new Raw(`${url}/CP-1`).open();
    raw.say([2, '1', 'Heartbeat', {}]);
    await raw.ask('2', 'DataTransfer', { vendorId: 'V' });
    expect(await new Raw(`${url}/CP-2`).status()).toBe(404);
    await line('refused: /ocpp/CP-2: 404, an unknown station');
    await line('CP-1 < [2,"1","Heartbeat",{}]');
    await line('CP-1 > [3,"2",{"status":"Accepted"}]');
  });

  it.each<[string, CsmsCommandOptions]>([
    ['50 is no limit', { plan: '50' }],
    ['foo is no oddity', { odd: ['foo'] }],
    ['upgrades=200 is no oddity', { odd: ['upgrades=200'] }],
    ['cert and key go together', { cert: 'x.pem' }],
    ['no such file', { identities: '/nowhere/identities.yaml' }],
  ])('says %s', async (message, options) => {
    await expect(runCsmsCommand({ ...options, port: 0 })).rejects.toThrow(message);
  });

  it.each([
    ['it must be a map', '- CP-1\n'],
    ['the password of CP-1 must be a text', 'CP-1: {}\n'],
    ['identities.yaml: ', 'CP-1: [\n'],
  ])('says %s of a file', async (message, text) => {
    await expect(runCsmsCommand({ identities: identitiesFile(text), port: 0 })).rejects.toThrow(message);
  });
});
