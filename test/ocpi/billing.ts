/** A bench whose partner has agreed on a price, and a guest who charges there. */
import { onTestFinished } from 'vitest';
import type { Config, TariffConfig } from '../../src/config/index.js';
import type { EmspOptions, EmspSimulator } from '../../src/sim/emsp/index.js';
import { tokenIn } from '../../src/sim/emsp/tokens.js';
import { Bench } from './bench.js';
import { registeredEmsp, until } from './partner.js';

export const GUEST = 'NLEMS0001';

/** Half a euro to start, 45 ct/kWh, six euros an hour for who stays when the vehicle is full. */
export const TARIFF: TariffConfig = {
  id: 'guests',
  elements: [
    {
      prices: [
        { type: 'ENERGY', price: 0.45, vat: 19, stepSize: 1 },
        { type: 'PARKING_TIME', price: 6, vat: 19, stepSize: 60 },
        { type: 'FLAT', price: 0.5, vat: 19, stepSize: 1 },
      ],
    },
  ],
};

/** `null`: none is named. */
export function withTariff(tariff: TariffConfig | null = TARIFF): (config: Config) => void {
  return (config) => {
    const { ocpi } = config;
    if (!ocpi) throw new Error('the example has partners');
    ocpi.tariffs = tariff ? [tariff] : [];
    ocpi.cdrs = { ...ocpi.cdrs, afterMinutes: 0 };
    for (const grant of ocpi.partners.flatMap(({ grants }) => grants)) {
      if (tariff) grant.tariff = tariff.id;
      else delete grant.tariff;
    }
  };
}

export interface Billing {
  bench: Bench;
  readonly emsp: EmspSimulator;
  /** Stops the bridge and starts it again on the same store and port, perhaps with another configuration. */
  again(change?: (config: Config) => void): Promise<Bench>;
}

/** Started and registered; the partner's card is on the list. Ends with the test. */
export async function billing(
  change: (config: Config) => void = withTariff(),
  options: Partial<EmspOptions> = {},
): Promise<Billing> {
  const bench = await new Bench(change).start();
  const emsp = await registeredEmsp(bench, options);
  const started: Billing = {
    bench,
    emsp,
    async again(next = change) {
      const { port } = started.bench.ocpi;
      const folder = await started.bench.stop();
      started.bench = await new Bench((config) => {
        next(config);
        config.listen.ocpi.port = port;
      }, folder).start();
      return started.bench;
    },
  };
  onTestFinished(async () => {
    await emsp.stop();
    await started.bench.end();
  });
  const [version = '2.2.1'] = emsp.versions;
  const [token] = emsp.tokens;
  const url = `${bench.versionsUrl.replace('/versions', `/${version}/tokens`)}/NL/EMS/${GUEST}`;
  const put = await emsp.call({ method: 'PUT', url, body: token && tokenIn(version, token) });
  if (put.httpStatus !== 201) throw new Error(`the token was answered ${put.httpStatus}`);
  return started;
}

export interface Stay {
  readonly token?: string;
  /** The register, at minutes after the start. */
  readonly readings?: readonly (readonly [minute: number, wh: number])[];
  /** The vehicle is full from this minute on. */
  readonly fullAt?: number;
  readonly minutes?: number;
  /** At the end; absent: nobody tells. */
  readonly stopWh?: number;
  readonly transactionId?: string;
  readonly startWh?: number;
}

/** A whole stay that began some time ago, told frame by frame with the times it happened. @returns the start, in ms */
export async function stay(
  bench: Bench,
  given: Stay = {},
  startMs = Date.now() - 4 * 3_600_000,
): Promise<number> {
  const { token = GUEST, readings = [[30, 7000]], fullAt, minutes = 90, transactionId = 'T1' } = given;
  const at = (minute: number) => new Date(startMs + minute * 60_000).toISOString();
  const offline = { offline: true };
  await bench.say('N4', 'LinkOpened');
  await bench.say('N4', 'TransactionStarted', {
    pointId: 'N4-1',
    transactionId,
    ...(given.startWh === undefined
      ? { meterStartWh: 1000 }
      : given.startWh < 0
        ? {}
        : { meterStartWh: given.startWh }),
    phase: 'Charging',
    token,
    at: at(0),
    ...offline,
  });
  const told = bench.runtime.depot.state.processes.values().length > 0;
  await until(() => told, 'the process');
  // The session is told before its end, as it is when it happens.
  await new Promise((resolve) => setImmediate(resolve));
  for (const [minute, energyWh] of readings)
    await bench.say('N4', 'MeterSampled', {
      transactionId,
      samples: [{ at: at(minute), energyWh }],
      ...offline,
    });
  if (fullAt !== undefined)
    await bench.say('N4', 'TransactionUpdated', {
      transactionId,
      phase: 'SuspendedEV',
      at: at(fullAt),
      ...offline,
    });
  const { stopWh = 13_345.6 } = given;
  await bench.say('N4', 'TransactionEnded', {
    transactionId,
    ...(stopWh < 0 ? {} : { meterStopWh: stopWh }),
    stopReason: 'EVDisconnected',
    at: at(minutes),
    ...offline,
  });
  return startMs;
}
