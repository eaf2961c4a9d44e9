import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readScenario, requestsAt } from '../../../src/sim/bms/index.js';

const folder = mkdtempSync(join(tmpdir(), 'depotbridge-scenario-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function scenario(text: string) {
  const file = join(mkdtempSync(join(tmpdir(), 'depotbridge-scenario-')), 'night.yaml');
  writeFileSync(file, text);
  return file;
}

describe('a scenario of an upstream system', () => {
  it('is a plan with instants', () => {
    const { plan, speed, startAt } = readScenario(
      scenario(`
startAt: 2026-11-20T19:00:00Z
speed: 60
leadMinutes: 30
buses:
  - { vehicleId: V1, arrivalAt: "2026-11-20T20:00:00Z", departureAt: "2026-11-21T04:00:00Z", minTargetSoc: 80, maxTargetSoc: 95 }
changes:
  - { at: "2026-11-20T20:30:00Z", vehicleId: V1, bus: { minTargetSoc: 90 } }
`),
    );
    expect(speed).toBe(60);
    expect(startAt?.toISOString()).toBe('2026-11-20T19:00:00.000Z');
    const targetAt = (instant: string) =>
      requestsAt({ kind: 'BMS', ...plan }, new Date(instant))[0]?.chargingRequestData.minTargetSoc;
    expect(targetAt('2026-11-20T19:29:00Z')).toBeUndefined();
    expect(targetAt('2026-11-20T19:31:00Z')).toBe(80);
    expect(targetAt('2026-11-20T20:31:00Z')).toBe(90);
  });

  it.each([
    ['an unknown key', 'busses: []', 'busses is not known here'],
    ['a bad instant', 'adHoc: [{ from: noon }]', 'from: noon is not an instant'],
    ['no map', '- 1', 'is not known here'],
    ['broken YAML', 'a: [', 'Flow sequence'],
  ])('is refused for %s, with its file', (_name, text, expected) => {
    const file = scenario(text);
    expect(() => readScenario(file)).toThrow(expected);
    expect(() => readScenario(file)).toThrow(file);
  });
});
