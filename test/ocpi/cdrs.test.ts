/** What guests pay: tariffs told, one bill per session, and what is not billed is said. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Bench } from './bench.js';
import { type Billing, billing, GUEST, stay, TARIFF, withTariff } from './billing.js';
import { complaints, EPOCH, until } from './partner.js';

const PAST_MS = Date.parse('2026-03-10T08:00:00Z');
const posts = (started: Billing) => {
  const seen: string[] = [];
  started.emsp.events.on('received', (method, url) => {
    if (url.includes('/cdrs') || url.includes('/tariffs'))
      seen.push(`${method} ${new URL(url, 'http://x').pathname}`);
  });
  return seen;
};
const held = ({ bench }: Billing) => bench.ocpi.heldCdrs().map(({ code }) => code);

describe('tariffs', () => {
  it('are PUT first, listed, named by connectors, and deleted once no grant names them', async () => {
    const started = await billing();
    const { emsp } = started;
    const tariff = await emsp.waitFor('tariffs', () => true);
    expect((await emsp.getTariffs()).items).toEqual([tariff]);
    expect((await emsp.getTariffs({ dateFrom: '2099-01-01T00:00:00Z' })).total).toBe(0);
    const [location] = (await emsp.getLocations()).items;
    expect(JSON.stringify(location)).toContain('"tariff_ids":["guests"]');
    const [element] = TARIFF.elements;
    await started.again(withTariff({ ...TARIFF, elements: [{ prices: [element.prices[0]] }] }));
    const dearer = await emsp.waitFor(
      'tariffs',
      ({ elements }) => !JSON.stringify(elements).includes('FLAT'),
    );
    expect(String(dearer['last_updated']) > String(tariff['last_updated'])).toBe(true);
    await started.again(withTariff(null));
    await until(() => emsp.tariffs.size === 0, 'the deletion');
    expect((await emsp.getTariffs()).total).toBe(0);
    expect(complaints(emsp)).toEqual([]);
  });
});

describe.each(['2.1.1', '2.2.1', '2.3.0'] as const)('the bill of a stay in %s', (version) => {
  it('has its periods, costs and times, is POSTed once and can be read', async () => {
    const started = await billing(
      (config) => {
        withTariff()(config);
        for (const partner of config.ocpi?.partners ?? []) partner.versions = [version];
      },
      { versions: [version] },
    );
    const { bench, emsp } = started;
    const seen = posts(started);
    await stay(bench, { fullAt: 60 }, PAST_MS);
    const cdr = await emsp.waitFor('cdrs', () => true);
    const times = ['2026-03-10T08:00:00.000Z', '2026-03-10T08:30:00.000Z', '2026-03-10T09:00:00.000Z'];
    const periods = cdr['charging_periods'] as { start_date_time: string; dimensions: object[] }[];
    expect(periods.map(({ start_date_time: at }) => at)).toEqual(times);
    expect(periods.map(({ dimensions }) => dimensions)).toEqual([
      [
        { type: 'ENERGY', volume: 6 },
        { type: 'TIME', volume: 0.5 },
      ],
      [
        { type: 'ENERGY', volume: 3.1728 },
        { type: 'TIME', volume: 0.5 },
      ],
      [
        { type: 'ENERGY', volume: 3.1728 },
        { type: 'PARKING_TIME', volume: 0.5 },
      ],
    ]);
    const end = '2026-03-10T09:30:00.000Z';
    expect(cdr).toMatchObject({
      total_energy: 12.3456,
      total_time: 1.5,
      total_parking_time: 0.5,
      currency: 'EUR',
    });
    // 12.346 kWh · 0.45 + 0.5 h · 6 + 0.5
    if (version === '2.1.1')
      expect(cdr).toMatchObject({ stop_date_time: end, total_cost: 9.0557, auth_id: 'NLEMSC00000001' });
    if (version === '2.2.1')
      expect(cdr).toMatchObject({
        end_date_time: end,
        total_cost: { excl_vat: 9.0557, incl_vat: 10.7763 },
        total_energy_cost: { excl_vat: 5.5557, incl_vat: 6.6113 },
        total_parking_cost: { excl_vat: 3, incl_vat: 3.57 },
        total_fixed_cost: { excl_vat: 0.5, incl_vat: 0.595 },
        auth_method: 'WHITELIST',
        cdr_location: { id: 'depot-nord', evse_id: 'DE*DPB*EN4*1', connector_id: '1' },
      });
    if (version === '2.3.0')
      expect(cdr).toMatchObject({
        total_cost: { before_taxes: 9.0557, taxes: [{ name: 'VAT', percentage: 19, amount: 1.7206 }] },
        tariffs: [{ id: 'guests', tax_included: 'NO' }],
      });
    expect((await emsp.getCdrs({ dateFrom: EPOCH })).items).toEqual([cdr]);
    expect(seen.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    expect(complaints(emsp)).toEqual([]);
    const sent = (await bench.journal()).find(
      ({ action, direction }) => action === 'POST cdrs' && direction === 'out',
    );
    const ended = (await bench.journal()).find(({ action }) => action === 'TransactionEnded');
    expect(sent?.causes).toContain(ended?.id);
    expect(sent?.rules?.some((rule) => rule.includes('.cdr/'))).toBe(true);
    expect(sent?.fields?.find(({ path }) => path === 'total_energy')).toMatchObject({ raw: ended?.id });
  });
});

describe('a CDR', () => {
  it('waits while the numbers of a session can still change', async () => {
    const started = await billing((config) => {
      withTariff()(config);
      if (config.ocpi) config.ocpi.cdrs.afterMinutes = 600;
    });
    await stay(started.bench);
    await started.emsp.waitFor('sessions', ({ status }) => status === 'COMPLETED');
    expect((await started.emsp.getCdrs()).total).toBe(0);
    // The end was told long ago by now.
    await started.again(withTariff());
    await started.emsp.waitFor('cdrs', () => true);
  });

  it('is not POSTed again when the answer was lost, whether the bridge goes on or starts anew', async () => {
    const started = await billing();
    const seen = posts(started);
    started.emsp.misbehave({ kind: 'lost', match: 'POST', times: 1 });
    await stay(started.bench);
    await started.emsp.waitFor('cdrs', () => true);
    await started.again();
    const isTaken = async () =>
      (await started.bench.journal()).some(
        ({ action, http }) => action === 'GET cdrs' && http?.status === 200,
      );
    await until(isTaken, 'the look');
    await started.again();
    await stay(started.bench, { transactionId: 'T2' }, Date.now() - 3_600_000);
    await until(() => started.emsp.cdrs.size === 2, 'the second CDR');
    expect(seen.filter((request) => request.startsWith('POST'))).toHaveLength(2);
    expect(complaints(started.emsp)).toEqual([]);
  });

  it('is not POSTed again by a bridge that was killed between the POST and its answer', async () => {
    const started = await billing();
    const { emsp, bench } = started;
    const seen = posts(started);
    const killed = mkdtempSync(join(tmpdir(), 'depotbridge-killed-'));
    onTestFinished(() => rmSync(killed, { recursive: true, force: true }));
    // What lies on disk when the partner has the CDR and has not answered yet is all that a kill would leave.
    emsp.events.on('stored', (module) => {
      if (module === 'cdrs') cpSync(bench.folder, killed, { recursive: true });
    });
    await stay(bench);
    await emsp.waitFor('cdrs', () => true);
    const { port } = bench.ocpi;
    await bench.stop();
    const after = await new Bench((config) => {
      withTariff()(config);
      config.listen.ocpi.port = port;
    }, killed).start();
    onTestFinished(async () => {
      await after.stop();
    });
    const isFound = async () =>
      (await after.journal()).some(({ action, http }) => action === 'GET cdrs' && http?.status === 200);
    await until(isFound, 'the look');
    expect(seen.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    expect((await emsp.getCdrs()).total).toBe(1);
    expect(complaints(emsp)).toEqual([]);
  });

  it('is POSTed until the partner takes it', async () => {
    const started = await billing();
    started.emsp.misbehave({ kind: 'refused', match: 'POST', times: 1 });
    started.emsp.misbehave({ kind: 'error', match: 'POST', times: 1 });
    await stay(started.bench);
    await started.emsp.waitFor('cdrs', () => true, 20_000);
    expect((await started.emsp.getCdrs()).total).toBe(1);
  });

  it('that turns out wrong is taken back by a credit, and billed anew', async () => {
    const started = await billing();
    const { bench, emsp } = started;
    const startMs = await stay(
      bench,
      {
        stopWh: -1,
        readings: [
          [30, 7000],
          [60, 9000],
        ],
      },
      PAST_MS,
    );
    const wrong = await emsp.waitFor('cdrs', () => true);
    const isKnown = async () =>
      (await bench.journal()).some(({ action, direction }) => action === 'POST cdrs' && direction === 'in');
    await until(isKnown, 'the answer');
    const at = new Date(startMs + 80 * 60_000).toISOString();
    await bench.say('N4', 'MeterSampled', {
      transactionId: 'T1',
      samples: [{ at, energyWh: 11_000 }],
      offline: true,
    });
    const credit = await emsp.waitFor('cdrs', ({ credit }) => credit === true);
    const id = String(wrong['id']);
    const { excl_vat: excl, incl_vat: incl } = wrong['total_cost'] as Record<string, number>;
    expect(credit).toMatchObject({ id: `${id}-C`, credit_reference_id: id, total_energy: 8 });
    expect(credit['total_cost']).toEqual({ excl_vat: -(excl ?? 0), incl_vat: -(incl ?? 0) });
    const right = await emsp.waitFor('cdrs', ({ total_energy: kwh }) => kwh === 10);
    expect(String(right['id'])).toHaveLength(36);
    expect(right).toMatchObject({ session_id: id });
    expect(right).not.toHaveProperty('credit');
    expect((await emsp.getCdrs()).items).toEqual([wrong, credit, right]);
    expect(complaints(emsp)).toEqual([]);
  });

  it('is made of what a charger that was offline tells hours later, with its times', async () => {
    const started = await billing();
    const { bench, emsp } = started;
    const startMs = Date.now() - 9 * 3_600_000;
    await stay(
      bench,
      {
        minutes: 300,
        readings: [
          [10, 3000],
          [20, 5000],
          [299, 20_000],
        ],
        stopWh: 21_000,
      },
      startMs,
    );
    const cdr = await emsp.waitFor('cdrs', () => true);
    expect(cdr['start_date_time']).toBe(new Date(startMs).toISOString());
    expect(cdr['end_date_time']).toBe(new Date(startMs + 300 * 60_000).toISOString());
    expect(cdr).toMatchObject({ total_energy: 20, total_time: 5 });
    expect(emsp.cdrs.size).toBe(1);
  });

  it('carries signed readings as they came', async () => {
    const started = await billing();
    const { bench, emsp } = started;
    const signed = (wh: number) => `OCMF|{"RD":[{"RV":${wh}}]}|{"SD":"00"}`;
    const at = (minute: number) => new Date(PAST_MS + minute * 60_000).toISOString();
    await stay(bench, { minutes: 0.5 }, PAST_MS - 7_200_000);
    const first = await emsp.waitFor('cdrs', () => true);
    expect(first).not.toHaveProperty('signed_data');
    await bench.say('N4', 'TransactionStarted', {
      pointId: 'N4-1',
      transactionId: 'T2',
      meterStartWh: 1000,
      token: GUEST,
      at: at(0),
      offline: true,
    });
    for (const [minute, wh] of [
      [1, 1000],
      [59, 2000],
    ] as const)
      await bench.say('N4', 'MeterSampled', {
        transactionId: 'T2',
        samples: [{ at: at(minute), energyWh: wh, signed: [signed(wh)] }],
        offline: true,
      });
    await bench.say('N4', 'TransactionEnded', {
      transactionId: 'T2',
      meterStopWh: 2000,
      at: at(60),
      offline: true,
    });
    const cdr = await emsp.waitFor('cdrs', ({ total_energy: kwh }) => kwh === 1);
    expect(cdr['signed_data']).toEqual({
      encoding_method: 'OCMF',
      signed_values: [
        { nature: 'Start', plain_data: '{"RD":[{"RV":1000}]}', signed_data: signed(1000) },
        { nature: 'End', plain_data: '{"RD":[{"RV":2000}]}', signed_data: signed(2000) },
      ],
    });
  });
});

describe('no CDR', () => {
  it('is made without a tariff: what is not agreed is not free', async () => {
    const started = await billing(withTariff(null));
    await stay(started.bench);
    await until(() => held(started).length > 0, 'the hold');
    expect(held(started)).toEqual(['OCPI_CDR_NO_TARIFF']);
    expect(
      started.bench.log.some(
        ({ code, fix }) => code === 'OCPI_CDR_NO_TARIFF' && String(fix).includes('FLAT'),
      ),
    ).toBe(true);
    expect(await started.bench.metrics.registry.metrics()).toContain(
      'bridge_cdrs_held{code="OCPI_CDR_NO_TARIFF"} 1',
    );
    // A tariff that comes later is not what the driver agreed to.
    await started.again(withTariff());
    expect((await started.emsp.getCdrs()).total).toBe(0);
    expect(held(started)).toEqual(['OCPI_CDR_NO_TARIFF']);
  });

  it('is made of energy that nobody knows, until it is told', async () => {
    const started = await billing();
    const { bench, emsp } = started;
    await stay(bench, { startWh: -1, readings: [] });
    await until(() => held(started).length > 0, 'the hold');
    expect(held(started)).toEqual(['OCPI_CDR_NO_ENERGY']);
    expect((await emsp.getCdrs()).total).toBe(0);
  });

  it('is made for the own fleet, and nothing of it stands in any', async () => {
    const started = await billing();
    const { bench, emsp } = started;
    await stay(bench, { token: 'BUS4711', transactionId: 'T9' }, Date.now() - 8 * 3_600_000);
    await bench.say('N4', 'PointStatusReported', { pointId: 'N4-1', status: 'Available' });
    await stay(bench, { readings: [[30, 7000]] });
    const cdr = await emsp.waitFor('cdrs', () => true);
    expect(cdr['total_energy']).toBe(12.3456);
    expect((await emsp.getCdrs()).total).toBe(1);
    const bodies = (await bench.journal())
      .filter(({ link }) => link.startsWith('ocpi:'))
      .map(({ raw }) => raw);
    expect(bodies.join()).not.toMatch(/BUS4711|WEB6283|socPct|STATE_OF_CHARGE|departure/i);
  });
});
