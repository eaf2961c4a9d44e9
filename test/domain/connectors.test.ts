/** Several connectors on one EVSE (OCPP 2.x): one status, one process. */
import { describe, expect, it } from 'vitest';
import type { PointStatus } from '../../src/domain/index.js';
import { at, run, station } from '../support/events.js';

const says = (minutes: number, connectorId: number | undefined, status: PointStatus) =>
  station('PointStatusReported', minutes, {
    pointId: 'N1-1',
    status,
    ...(connectorId === undefined ? {} : { connectorId }),
  });
const started = (minutes: number, connectorId?: number) =>
  station('TransactionStarted', minutes, {
    pointId: 'N1-1',
    transactionId: 'TX',
    ...(connectorId === undefined ? {} : { connectorId }),
  });
const ended = (minutes: number) => station('TransactionEnded', minutes, { transactionId: 'TX' });

const bay = (...events: Parameters<typeof run>[0]) => {
  const point = run(events).stations.get('N1')?.points['N1-1'];
  return { status: point?.status?.value, inUse: point?.processId !== undefined };
};

describe('two connectors without a transaction', () => {
  const order: PointStatus[] = ['Occupied', 'Reserved', 'Available', 'Faulted', 'Unavailable'];
  const pairs = order.flatMap((one, rank) => order.slice(rank).map((two) => [one, two] as const));

  it.each(pairs)('%s beside %s counts, in either order', (one, two) => {
    expect(bay(says(1, 1, one), says(2, 2, two)).status).toBe(one);
    expect(bay(says(1, 2, two), says(2, 1, one)).status).toBe(one);
  });

  it('keep the bay taken until the taken one is free', () => {
    const taken = [says(1, 2, 'Available'), says(2, 1, 'Occupied'), says(3, 2, 'Available')];
    expect(bay(...taken)).toEqual({ status: 'Occupied', inUse: true });
    expect(bay(...taken, says(4, 1, 'Available'))).toEqual({ status: 'Available', inUse: false });
    // Out of order when the plug is drawn: the other one can be used.
    expect(bay(...taken, says(4, 1, 'Faulted'))).toEqual({ status: 'Available', inUse: false });
  });

  it('believe the newest word of each', () => {
    expect(bay(says(5, 1, 'Occupied'), says(3, 1, 'Available'), says(4, 2, 'Available')).status).toBe(
      'Occupied',
    );
  });

  it('give way to a newer word of the EVSE itself, and it to a newer word of theirs', () => {
    const whole = [says(1, 1, 'Faulted'), says(2, 2, 'Faulted'), says(3, undefined, 'Unavailable')];
    expect(bay(...whole).status).toBe('Unavailable');
    expect(bay(...whole, says(2.5, 1, 'Available')).status).toBe('Unavailable');
    expect(bay(...whole, says(4, 1, 'Available')).status).toBe('Available');
  });
});

describe('a running transaction', () => {
  it('wins: only its own connector speaks for the bay', () => {
    const running = [says(1, 1, 'Occupied'), started(2, 1), says(3, 2, 'Available')];
    expect(bay(...running, says(4, 2, 'Faulted'))).toEqual({ status: 'Occupied', inUse: true });
    expect(bay(...running, says(4, 1, 'Faulted'))).toEqual({ status: 'Faulted', inUse: true });
    const over = [...running, ended(5)];
    expect(bay(...over)).toEqual({ status: 'Occupied', inUse: true });
    expect(bay(...over, says(6, 1, 'Available'))).toEqual({ status: 'Available', inUse: false });
  });

  it('is not ended by a free connector beside it', () => {
    expect(bay(started(1, 2), says(2, 1, 'Available')).inUse).toBe(true);
    expect(bay(started(1, 2), says(2, 1, 'Available'), says(3, 2, 'Occupied'))).toEqual({
      status: 'Occupied',
      inUse: true,
    });
  });

  it('whose connector nobody named goes on while one is not free', () => {
    const running = [says(1, 1, 'Occupied'), says(1, 2, 'Available'), started(2)];
    expect(bay(...running, says(3, 1, 'Faulted'))).toEqual({ status: 'Faulted', inUse: true });
    expect(bay(...running, says(3, 1, 'Available'))).toEqual({ status: 'Available', inUse: false });
  });

  it('ends no later than the bay is left', () => {
    const state = run([says(1, 1, 'Occupied'), started(2, 1), says(9, 1, 'Available')]);
    expect(state.processes.values()).toMatchObject([{ closedAt: at(9), endedAt: at(9) }]);
  });
});
