import { describe, expect, it } from 'vitest';
import { limitFindings } from '../../src/cli/limits.js';
import type { DomainEvent, StationState } from '../../src/domain/index.js';
import { at, event, run, station } from '../support/events.js';

/** N2 after some events; its point N2-1 is to have 20 kW, then 5 kW from minute 60 on. */
function stationAfter(...events: DomainEvent[]): StationState {
  const steps = [
    { at: at(0), powerW: 20_000 },
    { at: at(60), powerW: 5_000 },
  ];
  const points = [{ stationId: 'N2', pointId: 'N2-1', plan: { steps } }];
  const plan = event('PlanMade', {}, 0, { at: at(0), processes: [], requests: [], points });
  const found = run([plan, ...events]).stations.get('N2');
  if (!found) throw new Error('no station N2');
  return found;
}

const answered = (payload: object) =>
  station('DefaultLimitAnswered', 1, { pointId: 'N2-1', intentId: '1-0', ...payload }, 'N2');

describe('what doctor says of limits', () => {
  it('is what whoever plugs in may draw now', () => {
    const steps = [
      { at: at(0), powerW: 20_000 },
      { at: at(60), powerW: 5_000 },
    ];
    const there = stationAfter(answered({ outcome: 'accepted', steps }));
    expect(limitFindings(there, at(30))).toEqual([
      { level: 'ok', text: 'N2-1: whoever plugs in may draw 20.0 kW until its plan is there' },
    ]);
    expect(limitFindings(there, at(61))[0]?.text).toContain('5.0 kW');
  });

  it('is a warning with the reason where the station refused it, or nobody could ask it yet', () => {
    const refused = answered({ outcome: 'rejected', steps: [], reason: 'SetChargingProfile NotSupported' });
    expect(limitFindings(stationAfter(refused), at(2))).toEqual([
      {
        level: 'warn',
        text: 'N2-1: no limit before a vehicle is plugged in: SetChargingProfile NotSupported',
      },
    ]);
    expect(limitFindings(stationAfter(), at(2))[0]?.text).toBe(
      'N2-1: no limit before a vehicle is plugged in yet',
    );
  });

  it('is nothing where there are to be none', () => {
    const found = run([]).stations.get('N2');
    expect(found && limitFindings(found, at(0))).toEqual([]);
  });
});
