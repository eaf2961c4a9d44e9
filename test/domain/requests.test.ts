import { describe, expect, it } from 'vitest';
import type { DepotState } from '../../src/domain/index.js';
import { at, event, list, run, station } from '../support/events.js';

const plugged = station('PointStatusReported', 0, {
  pointId: 'N1-1',
  status: 'Occupied',
  phase: 'Preparing',
});
const started = station('TransactionStarted', 1, { pointId: 'N1-1', vehicleId: 'V1', transactionId: 'T1' });
const R1 = { chargingRequestId: 'R1', chargingPointId: 'N1-1' };

const requests = (state: DepotState, presystemId = 'BMS') => state.presystems[presystemId]?.requests ?? {};
const statusOf = (state: DepotState, id: string) => requests(state)[id]?.status;

describe('request lists', () => {
  it('bind a request to the bay it names and let it run with the transaction', () => {
    const waiting = run([list('BMS', 0, [R1])]);
    expect(statusOf(waiting, 'R1')).toBe('pending');
    const bound = run([plugged], waiting);
    expect(requests(bound)['R1']?.processId).toBeDefined();
    expect(statusOf(run([started], bound), 'R1')).toBe('running');
  });

  it('bind by vehicle when no point is named, and never to another vehicle', () => {
    const other = station('TransactionStarted', 1, { pointId: 'N1-1', vehicleId: 'V2', transactionId: 'T1' });
    expect(statusOf(run([list('BMS', 0, [{ chargingRequestId: 'R1' }]), plugged, started]), 'R1')).toBe(
      'running',
    );
    expect(
      requests(run([list('BMS', 0, [{ chargingRequestId: 'R1' }]), plugged, other]))['R1']?.processId,
    ).toBeUndefined();
  });

  it('bind to the bay they name where the vehicle seems to stand at two, since its leaving the first was never told', () => {
    const second = station(
      'TransactionStarted',
      9,
      { pointId: 'N2-1', vehicleId: 'V1', transactionId: 'T2' },
      'N2',
    );
    const both = run([plugged, started, second]);
    const named = run([list('BMS', 10, [{ chargingRequestId: 'R1', chargingPointId: 'N2-1' }])], both);
    const process = named.processes.get(requests(named)['R1']?.processId ?? '');
    expect(process?.pointId).toBe('N2-1');
    // A bay that is named and taken by somebody else does not keep the vehicle waiting.
    const other = station(
      'TransactionStarted',
      9,
      { pointId: 'N2-1', vehicleId: 'V2', transactionId: 'T2' },
      'N2',
    );
    const swapped = run([
      plugged,
      started,
      other,
      list('BMS', 10, [{ chargingRequestId: 'R1', chargingPointId: 'N2-1' }]),
    ]);
    expect(swapped.processes.get(requests(swapped)['R1']?.processId ?? '')?.pointId).toBe('N1-1');
  });

  it('delete what was omitted before it began, and keep what runs (1.x)', () => {
    const running = run([
      list('BMS', 0, [R1, { chargingRequestId: 'R2', vehicleId: 'V2' }]),
      plugged,
      started,
    ]);
    const after = run([list('BMS', 5, [])], running);
    expect(Object.keys(requests(after))).toEqual(['R1']);
    expect(statusOf(after, 'R1')).toBe('running');
  });

  it('end a running request by omission (2.0), unless it is the first list after a connect', () => {
    const running = run([list('BMS', 0, [R1]), plugged, started]);
    const omitted = run([list('BMS', 5, [], { omissionEndsRunning: true })], running);
    expect(statusOf(omitted, 'R1')).toBe('stopping');
    const reconnected = run([{ ...list('BMS', 4, []), type: 'PresystemBooted' } as never], running);
    const first = run([list('BMS', 5, [], { omissionEndsRunning: true })], reconnected);
    expect(statusOf(first, 'R1')).toBe('running');
    expect(first.presystems['BMS']?.alarm?.value).toContain('first list after a connect');
  });

  it('keep all when half or more of the running requests vanish at once (2.0)', () => {
    const second = [
      station('PointStatusReported', 0, { pointId: 'N2-1', status: 'Occupied' }, 'N2'),
      station('TransactionStarted', 1, { pointId: 'N2-1', vehicleId: 'V2', transactionId: 'T2' }, 'N2'),
    ];
    const both = [R1, { chargingRequestId: 'R2', vehicleId: 'V2', chargingPointId: 'N2-1' }];
    const running = run([list('BMS', 0, both), plugged, started, ...second]);
    const after = run([list('BMS', 5, [], { omissionEndsRunning: true })], running);
    expect([statusOf(after, 'R1'), statusOf(after, 'R2')]).toEqual(['running', 'running']);
    expect(after.presystems['BMS']?.alarm?.value).toContain('2 running requests');
    const again = run([list('BMS', 6, [], { omissionEndsRunning: true })], after);
    expect(statusOf(again, 'R1')).toBe('running');
    const confirmed = run(
      [event('OmissionConfirmed', { presystemId: 'BMS' }, 7, { receivedAt: at(7) })],
      again,
    );
    expect([statusOf(confirmed, 'R1'), statusOf(confirmed, 'R2')]).toEqual(['stopping', 'stopping']);
    expect(confirmed.presystems['BMS']).not.toHaveProperty('alarm');
  });

  it('stop a running request by Terminate, once, and take one for an unknown id in its stride', () => {
    const terminate = { ...R1, instruction: 'Terminate' };
    const running = run([list('BMS', 0, [R1]), plugged, started]);
    const stopping = run([list('BMS', 5, [terminate]), list('BMS', 6, [terminate])], running);
    expect(statusOf(stopping, 'R1')).toBe('stopping');
    expect(requests(run([list('BMS', 0, [terminate])]))).toEqual({});
  });

  it('keep presystems apart: the same id twice, one omitted', () => {
    const state = run([
      list('BMS', 0, [{ chargingRequestId: 'R1' }]),
      list('ITCS', 0, [{ chargingRequestId: 'R1' }]),
      list('BMS', 5, []),
    ]);
    expect(requests(state)).toEqual({});
    expect(Object.keys(requests(state, 'ITCS'))).toEqual(['R1']);
  });

  it('refuse an entry that cannot be served, keep its earlier version, apply the others', () => {
    const state = run([
      list('BMS', 0, [R1]),
      list('BMS', 5, [
        { ...R1, minTargetSocPct: 90, maxTargetSocPct: 80 },
        { chargingRequestId: 'R2', chargingPointId: 'N2-2' },
        { chargingRequestId: 'R3', chargingPointId: 'nope' },
      ]),
    ]);
    expect(Object.keys(requests(state)).sort()).toEqual(['R1', 'R2']);
    expect(requests(state)['R1']?.request.minTargetSocPct).toBe(80);
    expect(state.presystems['BMS']?.refused['R1']?.value).toContain('minTargetSoc 90');
    expect(state.presystems['BMS']?.refused['R3']?.value).toContain('nope');
  });

  it('adopt a spontaneous process by its id', () => {
    const spontaneous = run([plugged, started]);
    const [processId = ''] = spontaneous.processes.keys();
    const state = run(
      [list('BMS', 5, [{ chargingRequestId: 'R9', chargingProcessId: processId }])],
      spontaneous,
    );
    expect(requests(state)['R9']).toMatchObject({ processId, status: 'running' });
  });
});
