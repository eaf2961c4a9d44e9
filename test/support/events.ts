/** Domain events by hand, for tests of the reducer and the planner. */
import { type DepotState, type DomainEvent, initialState, reduce } from '../../src/domain/index.js';

export const T0 = Date.UTC(2026, 10, 20, 20, 0, 0);

/** The instant `minutes` after the start of the test night. */
export function at(minutes: number): string {
  return new Date(T0 + minutes * 60_000).toISOString();
}

let counter = 0;

/** An event whose journal id is its time; `station` or `presystem` name who caused it. */
export function event<K extends DomainEvent['type']>(
  type: K,
  who: { stationId?: string; presystemId?: string },
  minutes: number,
  payload: object,
): DomainEvent {
  counter += 1;
  const raw = `${T0 + minutes * 60_000}-${counter}`;
  return {
    type,
    ...who,
    payload,
    raw,
    ruleOf: (path: string) => `test/${type}${path && `:${path}`}`,
  } as DomainEvent;
}

export function station(
  type: DomainEvent['type'],
  minutes: number,
  payload: object,
  stationId = 'N1',
): DomainEvent {
  return event(type, { stationId }, minutes, { at: at(minutes), receivedAt: at(minutes), ...payload });
}

export function list(
  presystemId: string,
  minutes: number,
  requests: object[],
  more: { omissionEndsRunning?: boolean; refused?: object[] } = {},
): DomainEvent {
  return event('RequestListReceived', { presystemId }, minutes, {
    requests: requests.map((request) => ({
      minTargetSocPct: 80,
      maxTargetSocPct: 95,
      vehicleId: 'V1',
      ...request,
    })),
    refused: more.refused ?? [],
    rules: { omissionEndsRunning: more.omissionEndsRunning ?? false },
    receivedAt: at(minutes),
  });
}

export const fresh: DepotState = initialState('depot', [
  { stationId: 'N1', pointIds: ['N1-1'] },
  { stationId: 'N2', pointIds: ['N2-1', 'N2-2'] },
]);

export function run(events: readonly DomainEvent[], from: DepotState = fresh): DepotState {
  return events.reduce(reduce, from);
}
