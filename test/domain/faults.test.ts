/** Whose fault it is: of the charging point, of the station, or of both where they are one. */
import { expect, it } from 'vitest';
import { depotView } from '../../src/domain/index.js';
import { at, fresh, run, station } from '../support/events.js';

const fault = (minutes: number, stationId: string, payload: object) =>
  station('FaultReported', minutes, { key: 'status', active: true, ...payload }, stationId);
const pointFault = {
  pointFaultCode: 'OtherChargingPointFailure',
  stationFaultCode: 'ElectricalOperationFailure',
};

const seen = (events: Parameters<typeof run>[0]) => {
  const { value, sources } = depotView(run(events, fresh), 'Depot', at(60));
  return { stations: value.stations, sources };
};

it('of the only charging point is of the station as well, with its origin', () => {
  const { stations, sources } = seen([fault(1, 'N1', { pointId: 'N1-1', ...pointFault })]);
  expect(stations[0]?.fault).toEqual({ code: 'ElectricalOperationFailure', at: at(1) });
  expect(stations[0]?.points[0]?.fault).toEqual({ code: 'OtherChargingPointFailure', at: at(1) });
  expect(sources['stations.0.fault']?.raw).toBe(sources['stations.0.points.0.fault']?.raw);
});

it('of one of two charging points is its own', () => {
  const { stations } = seen([fault(1, 'N2', { pointId: 'N2-1', ...pointFault })]);
  expect(stations[1]).not.toHaveProperty('fault');
  expect(stations[1]?.points.map((point) => point.fault?.code)).toEqual([
    'OtherChargingPointFailure',
    undefined,
  ]);
});

it('goes from both when it is over; the newest of both counts', () => {
  const both = [
    fault(1, 'N1', { stationFaultCode: 'ConfigurationFailure' }),
    fault(2, 'N1', { pointId: 'N1-1', ...pointFault }),
  ];
  expect(seen(both).stations[0]?.fault?.code).toBe('ElectricalOperationFailure');
  const over = [...both, fault(3, 'N1', { pointId: 'N1-1', active: false })];
  expect(seen(over).stations[0]?.fault?.code).toBe('ConfigurationFailure');
});
