/** Which of our limits rules at a point: that of its transaction, else the one for whoever plugs in. */
import { describe, expect, it } from 'vitest';
import { type DepotState, type DomainEvent, limitAt } from '../../src/domain/index.js';
import { at, run, station } from '../support/events.js';

const limit = (type: 'LimitAnswered' | 'DefaultLimitAnswered', minute: number, powerW: number, more = {}) =>
  station(type, minute, {
    pointId: 'N1-1',
    intentId: '1-0',
    outcome: 'accepted',
    steps: [{ at: at(minute), powerW }],
    ...more,
  });

const started = station('TransactionStarted', 1, { pointId: 'N1-1', transactionId: 'T1' });
const processIdOf = (state: DepotState) => state.stations.get('N1')?.points['N1-1']?.processId ?? '';

function ruling(...events: DomainEvent[]): number | undefined {
  const state = run(events);
  const point = state.stations.get('N1')?.points['N1-1'];
  return point && limitAt(point, state.processes.get(point.processId ?? ''), at(30));
}

describe('the limit in force', () => {
  const byDefault = limit('DefaultLimitAnswered', 0, 10_000);
  const processId = processIdOf(run([byDefault, started]));
  const own = limit('LimitAnswered', 2, 80_000, { processId });
  const ended = station('TransactionEnded', 10, { transactionId: 'T1' });

  it('is none at first, the default before plug-in, the own one of a transaction', () => {
    expect(ruling()).toBeUndefined();
    expect(ruling(byDefault)).toBe(10_000);
    expect(ruling(byDefault, started)).toBe(10_000);
    expect(ruling(byDefault, started, own)).toBe(80_000);
  });

  it('is the default again when the transaction has ended: its own ended with it', () => {
    expect(ruling(byDefault, started, own, ended)).toBe(10_000);
    expect(ruling(started, own, ended)).toBeUndefined();
  });

  it('is not that of another process, nor one that was refused or taken back', () => {
    expect(ruling(byDefault, started, limit('LimitAnswered', 2, 80_000, { processId: 'other' }))).toBe(
      10_000,
    );
    expect(ruling(byDefault, started, limit('LimitAnswered', 2, 5, { processId, outcome: 'rejected' }))).toBe(
      10_000,
    );
    expect(ruling(limit('DefaultLimitAnswered', 0, 0, { steps: [], outcome: 'cleared' }))).toBeUndefined();
  });

  it('of a process that an older bridge did not name is that of the one that was there', () => {
    expect(ruling(byDefault, started, limit('LimitAnswered', 2, 80_000))).toBe(80_000);
  });
});
