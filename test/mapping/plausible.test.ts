/** Readings that cannot be: taken by no table, noted with what came. */
import { describe, expect, it } from 'vitest';
import { loadGeneration } from '../../src/mapping/index.js';

const loaded = loadGeneration([new URL('../../mappings', import.meta.url).pathname]);
if (!('generation' in loaded)) throw new Error('the shipped tables have faults');
const sample = loaded.generation.mapping('ocpp16.sample');

function fold(...sampledValue: object[]) {
  const mv = { timestamp: '2026-01-01T00:00:00Z', sampledValue } as never;
  return sample.run({ mv }, { identity: { resolve: () => undefined } });
}

describe('a reading that cannot be', () => {
  it.each([
    ['a SoC of 150 %', { value: '150', measurand: 'SoC', unit: 'Percent' }, 'socPct'],
    ['a negative SoC', { value: '-5', measurand: 'SoC', unit: 'Percent' }, 'socPct'],
    ['a power of 1e21 kW', { value: '1e21', measurand: 'Power.Active.Import', unit: 'kW' }, 'powerW'],
    [
      'a register of 1e308 kWh',
      { value: '1e308', measurand: 'Energy.Active.Import.Register', unit: 'kWh' },
      'energyWh',
    ],
  ])('%s is not taken, and noted; the others are', (_name, wrong, target) => {
    const right = { value: '230', measurand: 'Voltage', unit: 'V' };
    const result = fold(wrong, right);
    if (!result?.ok) throw new Error('nothing was made');
    expect(result.value).toMatchObject({ voltageV: 230 });
    expect(result.value).not.toHaveProperty(target);
    expect(result.notes).toMatchObject([{ code: 'MAP_IMPLAUSIBLE' }]);
  });

  it('power given back is one that can be', () => {
    const result = fold({ value: '-42.5', measurand: 'Power.Active.Import', unit: 'kW' });
    expect(result).toMatchObject({ ok: true, value: { powerW: -42_500 } });
  });
});
