import { onTestFinished } from 'vitest';
import { type ChargerOptions, ChargerSimulator, type Vehicle } from '../../../src/sim/charger/index.js';
import { TinyCsms } from './csms.js';

/** Stopped when the test ends, what was kept last first. */
export function keep<T extends { stop(): Promise<void> }>(each: T): T {
  onTestFinished(() => each.stop());
  return each;
}

/** A CSMS that ends with the test. */
export async function csms(): Promise<{ tiny: TinyCsms; url: string }> {
  const tiny = new TinyCsms();
  const url = await tiny.listen();
  onTestFinished(() => tiny.close());
  return { tiny, url };
}

const base = {
  identity: 'CP-1',
  password: 'a-secret-of-16-b',
  vendor: 'Volt',
  model: 'V1',
  firmware: '1.2.3',
  reconnect: { initialMs: 10, maxMs: 50 },
  callTimeoutMs: 2_000,
} as const;

/** A DC station with one 150 kW point on 1.6. */
export function charger16(url: string, more: Partial<ChargerOptions> = {}): ChargerSimulator {
  return keep(
    new ChargerSimulator({
      ...base,
      url,
      protocol: 'ocpp1.6',
      points: [{ connectorId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      ...more,
    }),
  );
}

/** A DC station with one 150 kW point on 2.0.1. */
export function charger201(url: string, more: Partial<ChargerOptions> = {}): ChargerSimulator {
  return keep(
    new ChargerSimulator({
      ...base,
      url,
      protocol: 'ocpp2.0.1',
      points: [{ evseId: 1, powerType: 'DC', maxPowerW: 150_000 }],
      ...more,
    }),
  );
}

/** A bus that shows its token on plug-in. */
export const bus: Vehicle = {
  vin: 'WEB62834613200001',
  evccId: '00:7D:FA:00:47:11',
  idTag: 'BUS4711',
  batteryWh: 350_000,
  socPct: 40,
  maxPowerW: 150_000,
};

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await wait(2);
  }
}
