import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGeneration } from '../../src/mapping/generation.js';
import type { Json, JsonObject, MapNote } from '../../src/mapping/index.js';
import { runs } from '../support/properties.js';
import { complaints, context, load, made } from './support/load.js';

const table = `
mapping: t.sample
from: {mv: x.Meter}
to: {s: x.Sample}
fields: {s.at: {from: mv.at}}
fold:
  over: mv.values
  read: {value: value, measurand: what, phase: phase, unit: unit, multiplier: multiplier, context: context, location: location, format: format, signed: signature}
  absent: {measurand: Energy, context: Periodic, location: Outlet, format: Raw}
  units: {Wh: Wh, kWh: kWh, W: W, kW: kW, A: A, V: V, Percent: "%", Celsius: degC, K: K}
  contexts: [Periodic, Begin, End]
  take:
    m.energy: {to: s.energyWh, measurand: Energy, phases: sum, unit: Wh, at: [Outlet]}
    m.power: {to: s.powerW, measurand: Power, phases: sum, unit: W, at: [Outlet]}
    m.current: {to: s.currentA, measurand: Current, phases: max, unit: A, at: [Outlet]}
    m.voltage: {to: s.voltageV, measurand: Voltage, phases: mean-n, unit: V, at: [Outlet]}
    m.soc: {to: s.socPct, measurand: SoC, phases: none, unit: Percent, at: [EV, Outlet]}
    m.temperature: {to: s.temperatureDegC, measurand: Temperature, phases: none, unit: Celsius, at: [Outlet]}
  context: s.context
  signed: s.signed
  ignore: [Factor]
`;
const generation = load(table);
const at = '2026-01-01T00:00:00Z';
const run = (...values: Json[]) => generation.mapping('t.sample').run({ mv: { at, values } }, context);
const fold = (...values: Json[]): JsonObject => {
  const { at: _, context: __, ...rest } = made(run(...values));
  return rest;
};

describe('the fold of sampled values', () => {
  it('takes the defaults of the standard', () => {
    expect(made(run({ value: '12' }))).toEqual({ at, context: 'Periodic', energyWh: 12 });
  });

  it('converts units, text and multipliers exactly', () => {
    expect(fold({ value: '1.1', unit: 'kWh' })).toEqual({ energyWh: 1100 });
    expect(fold({ value: 1.1, multiplier: 3 })).toEqual({ energyWh: 1100 });
    expect(fold({ value: 5, unit: 'kWh', multiplier: -1 })).toEqual({ energyWh: 500 });
    expect(fold({ value: '293.15', what: 'Temperature', unit: 'K' })).toEqual({ temperatureDegC: 20 });
    expect(fold({ value: '9876543.21', unit: 'kWh' })).toEqual({ energyWh: 9_876_543_210 });
  });

  it('prefers the total, else adds, takes the largest, or the mean of the phases', () => {
    const phases = (what: string, a: string, b: string, c: string, suffix = '') =>
      [a, b, c].map((value, i) => ({ value, what, phase: `L${i + 1}${suffix}` }));
    expect(fold(...phases('Power', '0.1', '0.2', '0.3'))).toEqual({ powerW: 0.6 });
    expect(fold(...phases('Energy', '1000000000.1', '1000000000.2', '1000000000.4'))).toEqual({
      energyWh: 3_000_000_000.7,
    });
    expect(fold(...phases('Power', '1', '2', '3'), { value: '7', what: 'Power' })).toEqual({ powerW: 7 });
    expect(fold(...phases('Current', '4', '9', '5'), { value: '99', what: 'Current', phase: 'N' })).toEqual({
      currentA: 9,
    });
    expect(
      fold(...phases('Voltage', '230', '231', '232', '-N'), {
        value: '400',
        what: 'Voltage',
        phase: 'L1-L2',
      }),
    ).toEqual({ voltageV: 231 });
    expect(fold({ value: '5', what: 'SoC', phase: 'L1' }, { value: '1' })).toEqual({ energyWh: 1 });
  });

  it('chooses by context, then by location', () => {
    expect(made(run({ value: '1', context: 'Begin' }, { value: '2', context: 'Periodic' }))).toMatchObject({
      energyWh: 2,
      context: 'Periodic',
    });
    expect(made(run({ value: '1', context: 'End' }))).toMatchObject({ energyWh: 1, context: 'End' });
    expect(fold({ value: '50', what: 'SoC' }, { value: '60', what: 'SoC', location: 'EV' })).toEqual({
      socPct: 60,
    });
    expect(run({ value: '5', what: 'Power', location: 'Inlet' })).toBeNull();
    expect(fold({ value: '1' }, { value: '2' })).toEqual({ energyWh: 1 });
  });

  it('never makes a number of what is none, and tells', () => {
    const result = run({ value: 'n/a', what: 'Power' }, { value: '5', what: 'SoC' });
    expect(made(result)).toEqual({ at, context: 'Periodic', socPct: 5 });
    expect(result).toMatchObject({
      notes: [{ code: 'MAP_NOT_A_NUMBER', path: 'mv.values[0]', measurand: 'Power', detail: '"n/a"' }],
    });
    // A sum that lacks a phase would be a lie.
    expect(
      run({ value: '1', what: 'Power', phase: 'L1' }, { value: '', what: 'Power', phase: 'L2' }),
    ).toBeNull();
  });

  it('passes over unknown measurands, units and contexts, and tells', () => {
    const codes = (value: Json) => {
      const result = run(value, { value: '1' });
      return result?.ok
        ? result.notes?.map(({ code, measurand, detail }) => `${code} ${measurand} ${detail}`)
        : undefined;
    };
    expect(codes({ value: '7', what: 'Magic' })).toEqual(['MAP_UNKNOWN_MEASURAND Magic "7"']);
    expect(codes({ value: '7', what: 'Power', unit: 'hp' })).toEqual(['MAP_UNKNOWN_UNIT Power "7" hp']);
    expect(codes({ value: '7', what: 'Power', unit: 'kWh' })).toEqual(['MAP_UNKNOWN_UNIT Power "7" kWh']);
    expect(codes({ value: '7', what: 'Power', context: 'Dream' })).toEqual([
      'MAP_UNKNOWN_CONTEXT Power "7" in context Dream',
    ]);
    expect(codes({ value: '7', what: 'Factor' })).toBeUndefined();
  });

  it('tells what was passed over where nothing is left to make an object of', () => {
    const passedOver: MapNote[] = [];
    const values: Json = [
      { value: 'abc', what: 'SoC' },
      { value: '150', what: 'SoC' },
    ];
    const inputs = { mv: { at, values } };
    const told = { code: 'MAP_NOT_A_NUMBER', path: 'mv.values[0]', measurand: 'SoC', detail: '"abc"' };
    for (const generateAfter of [0, Number.POSITIVE_INFINITY]) {
      const all = { ...generation.parts, documents: null, schemas: null };
      const again = makeGeneration(all, { generateAfter });
      for (let i = 0; i < 3; i++) {
        passedOver.length = 0;
        expect(again.mapping('t.sample').run(inputs, { ...context, passedOver })).toBeNull();
        expect(passedOver).toEqual([told]);
      }
    }
  });

  it('passes signed values on untouched, and never reads them as numbers', () => {
    expect(fold({ value: 'OCMF|{"x":1}', format: 'SignedData' })).toEqual({ signed: ['OCMF|{"x":1}'] });
    expect(fold({ value: 3, signature: 'abc' }, { value: '4711', format: 'SignedData' })).toEqual({
      energyWh: 3,
      signed: ['abc', '4711'],
    });
  });

  it('gives nothing when there is nothing', () => {
    expect(run()).toBeNull();
    expect(generation.mapping('t.sample').run({ mv: { at } }, context)).toBeNull();
  });

  it('agrees with a plain reading of the rules for any readings', () => {
    const reading = fc.record(
      {
        value: fc.oneof(fc.integer({ min: -1000, max: 100_000 }).map(String), fc.constantFrom('', 'x')),
        what: fc.constantFrom('Energy', 'Power', 'Current'),
        phase: fc.constantFrom('L1', 'L2', 'L3', 'N'),
        context: fc.constantFrom('Periodic', 'Begin', 'End'),
        location: fc.constantFrom('Outlet', 'Inlet'),
      },
      { requiredKeys: ['value'] },
    );
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 12 }), (values) => {
        const result = run(...(values as Json[]));
        const given = result?.ok ? result.value : {};
        expect([given['energyWh'], given['powerW'], given['currentA']]).toEqual([
          plain(values, 'Energy'),
          plain(values, 'Power'),
          plain(values, 'Current'),
        ]);
      }),
      { numRuns: runs(300) },
    );
  });
});

type Reading = { value: string; what?: string; phase?: string; context?: string; location?: string };

/** The rules once more, written for reading and not for speed. */
function plain(values: readonly Reading[], what: string): number | undefined {
  const own = values.filter(
    (reading) =>
      (reading.what ?? 'Energy') === what &&
      (reading.location ?? 'Outlet') === 'Outlet' &&
      reading.phase !== 'N',
  );
  const best = ['Periodic', 'Begin', 'End'].find((name) =>
    own.some((reading) => (reading.context ?? 'Periodic') === name),
  );
  const chosen = own.filter((reading) => (reading.context ?? 'Periodic') === best);
  const at = (phase: string | undefined): number | undefined => {
    const found = chosen.find((reading) => reading.phase === phase);
    return found && (/^-?\d+$/.test(found.value) ? Number(found.value) : Number.NaN);
  };
  const total = at(undefined);
  const phases = ['L1', 'L2', 'L3'].map(at).filter((value) => value !== undefined);
  const result =
    total ??
    (phases.length === 0
      ? undefined
      : what === 'Current'
        ? Math.max(...phases)
        : phases.reduce((a, b) => a + b));
  return Number.isNaN(result) ? undefined : result;
}

describe('the check of a fold', () => {
  const slip = (from: string, to: string): string => complaints(table.replace(from, to), false);

  it('wants every measurand, unit and context', () => {
    expect(slip('[Factor]', '[]')).toContain('MAP_FOLD measurand neither taken nor ignored: Factor');
    expect(slip('K: K', 'Celsius: degC').length).toBeGreaterThan(0);
    expect(slip(', K: K', '')).toContain('MAP_FOLD unit not listed under `units`: K');
    expect(slip('[Periodic, Begin, End]', '[Periodic, End]')).toContain(
      'MAP_FOLD context not listed under `contexts`: Begin',
    );
  });

  it('knows words, units and targets', () => {
    expect(slip('measurand: SoC', 'measurand: Soc')).toContain('did you mean SoC?');
    expect(slip('kWh: kWh', 'kWh: kwh')).toContain('did you mean kWh?');
    expect(slip('phases: sum, unit: Wh', 'phases: sum, unit: A')).toContain('MAP_UNIT A is no Wh');
    expect(slip('to: s.powerW', 'to: s.energyWh')).toContain('MAP_DOUBLE');
    expect(slip('to: s.powerW', 'to: s.at')).toContain('MAP_TYPE');
    expect(slip('at: [EV, Outlet]', 'at: [EVs]')).toContain('MAP_ENUM');
    expect(slip('phases: none, unit: Percent', 'phases: some, unit: Percent')).toContain(
      '`phases` takes one of none, sum, max, mean-n',
    );
  });
});

describe('the examples of a fold', () => {
  const small = `
mapping: t.power
from: {mv: x.Meter}
to: {s: x.Sample}
fields: {s.at: {from: mv.at}}
fold:
  over: mv.values
  read: {value: value, measurand: what, phase: phase, unit: unit, context: context, location: location}
  absent: {measurand: Energy, context: Periodic, location: Outlet}
  units: {Wh: Wh, kWh: kWh, W: W, kW: kW, A: A, V: V, Percent: "%", Celsius: degC, K: K}
  contexts: [Periodic, Begin, End]
  take:
    m.power: {to: s.powerW, measurand: Power, phases: sum, unit: W, at: [Outlet, Inlet]}
  ignore: [Energy, Current, Voltage, SoC, Temperature, Factor]
ignore: ["mv.values[].multiplier", "mv.values[].format", "mv.values[].signature"]
leave: [s.context, s.energyWh, s.currentA, s.voltageV, s.socPct, s.temperatureDegC, s.signed]
examples:
  - name: a total
    in: {mv: {at: "2026-01-01T00:00:00Z", values: [{value: "5", what: Power, unit: W}]}}
    out: {at: "2026-01-01T00:00:00Z", powerW: 5}
`;
  const more = `  - name: phases
    in: {mv: {at: "2026-01-01T00:00:00Z", values: [{value: "5", what: Power, phase: L1}, {value: "6", what: Power, phase: L2}]}}
    out: {at: "2026-01-01T00:00:00Z", powerW: 11}
  - name: places and contexts
    in: {mv: {at: "2026-01-01T00:00:00Z", values: [{value: "5", what: Power}, {value: "6", what: Power, location: Inlet}, {value: "7", what: Power, context: Begin}]}}
    out: {at: "2026-01-01T00:00:00Z", powerW: 5}
`;

  it('must show what no other check can tell right from wrong', () => {
    const text = complaints(small);
    expect(text.match(/MAP_UNSHOWN/g)).toHaveLength(4);
    expect(text).toContain('`phases: sum` is not shown');
    expect(text).toContain('`unit: W` is not shown');
    expect(text).toContain('`at: [Outlet, Inlet]` is not shown');
    expect(text).toContain('the order of `contexts` is not shown');
    expect(complaints(small + more)).toBe('');
  });

  it('then catch another rule for the phases', () => {
    expect(complaints((small + more).replace('phases: sum', 'phases: max'))).toContain('powerW is 6, not 11');
    expect(complaints((small + more).replace('[Outlet, Inlet]', '[Inlet, Outlet]'))).toContain('MAP_EXAMPLE');
  });
});
