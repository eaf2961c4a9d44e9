/**
 * What an engineer would write by hand for the translations that the benchmark runs through tables: the
 * measure of the tables' speed. Outputs must be equal; the benchmark asserts it.
 */
import type { JsonObject } from '../../src/mapping/index.js';
import { transforms } from '../../src/mapping/transforms.js';

type Obj = Record<string, unknown>;

interface Sampled {
  value: string;
  measurand?: string;
  phase?: string;
  unit?: string;
  context?: string;
  location?: string;
  format?: string;
}
interface Acc {
  rank: number;
  total: number | undefined;
  l1: number | undefined;
  l2: number | undefined;
  l3: number | undefined;
  n1: number | undefined;
  n2: number | undefined;
  n3: number | undefined;
}

const contexts = ['Sample.Periodic', 'Sample.Clock', 'Trigger', 'Transaction.End', 'Transaction.Begin', 'Interruption.End', 'Interruption.Begin', 'Other'];

/** Both sides read instants with the same function, so that only the mapping is compared. */
function utc(text: string): string {
  const instant = transforms.get('utc')?.apply(text, 0);
  if (typeof instant !== 'string') throw new Error(`not an instant: ${text}`);
  return instant;
}

function scale(value: number, unit: string | undefined): number {
  switch (unit) {
    case 'kWh':
    case 'kW':
    case 'kvar':
      return value * 1000;
    case 'Fahrenheit':
      return Math.round((((value + 459.67) * 5) / 9 - 273.15) * 1e9) / 1e9;
    case 'K':
      return Math.round((value - 273.15) * 1e9) / 1e9;
    default:
      return value;
  }
}

function put(acc: Acc | undefined, rank: number, phase: string | undefined, value: number): Acc | undefined {
  let target = acc;
  if (!target || rank < target.rank)
    target = { rank, total: undefined, l1: undefined, l2: undefined, l3: undefined, n1: undefined, n2: undefined, n3: undefined };
  else if (rank > target.rank) return target;
  switch (phase) {
    case undefined:
      target.total ??= value;
      break;
    case 'L1':
      target.l1 ??= value;
      break;
    case 'L2':
      target.l2 ??= value;
      break;
    case 'L3':
      target.l3 ??= value;
      break;
    case 'L1-N':
      target.n1 ??= value;
      break;
    case 'L2-N':
      target.n2 ??= value;
      break;
    case 'L3-N':
      target.n3 ??= value;
      break;
  }
  return target;
}

function clean(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * 1e6) / 1e6;
}

function combine(acc: Acc | undefined, rule: 'sum' | 'max' | 'mean'): number | undefined {
  if (!acc) return undefined;
  if (acc.total !== undefined) return Number.isNaN(acc.total) ? undefined : acc.total;
  const a = rule === 'mean' ? (acc.n1 ?? acc.l1) : (acc.l1 ?? acc.n1);
  const b = rule === 'mean' ? (acc.n2 ?? acc.l2) : (acc.l2 ?? acc.n2);
  const c = rule === 'mean' ? (acc.n3 ?? acc.l3) : (acc.l3 ?? acc.n3);
  let count = 0;
  let sum = 0;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of [a, b, c]) {
    if (value === undefined) continue;
    count++;
    sum += value;
    if (value > max) max = value;
  }
  if (count === 0 || Number.isNaN(sum)) return undefined;
  return rule === 'max' ? max : clean(rule === 'sum' ? sum : sum / count);
}

function sample(meterValue: { timestamp: string; sampledValue: Sampled[] }): Obj {
  const accs = new Map<string, Acc>();
  const signed: string[] = [];
  let best = 99;
  for (const sampled of meterValue.sampledValue) {
    if (sampled.format === 'SignedData') {
      signed.push(sampled.value);
      continue;
    }
    const measurand = sampled.measurand ?? 'Energy.Active.Import.Register';
    const context = contexts.indexOf(sampled.context ?? 'Sample.Periodic');
    if (context < 0) continue;
    const location = sampled.location ?? 'Outlet';
    const isSoc = measurand === 'SoC';
    if (isSoc ? location !== 'EV' && location !== 'Outlet' : location !== 'Outlet' && location !== 'Cable') continue;
    const second = isSoc ? location === 'Outlet' : location === 'Cable';
    const value = sampled.value.trim() === '' ? Number.NaN : Number(sampled.value);
    const acc = put(accs.get(measurand), context + (second ? 64 : 0), sampled.phase, scale(value, sampled.unit));
    if (acc) accs.set(measurand, acc);
    if (context < best) best = context;
  }
  const result: Obj = { at: utc(meterValue.timestamp) };
  if (best < 99) result['context'] = contexts[best];
  const set = (key: string, value: number | undefined): void => {
    if (value !== undefined) result[key] = value;
  };
  set('energyWh', combine(accs.get('Energy.Active.Import.Register'), 'sum'));
  set('energyExportWh', combine(accs.get('Energy.Active.Export.Register'), 'sum'));
  set('powerW', combine(accs.get('Power.Active.Import'), 'sum'));
  set('powerExportW', combine(accs.get('Power.Active.Export'), 'sum'));
  set('powerOfferedW', combine(accs.get('Power.Offered'), 'sum'));
  set('reactivePowerVar', combine(accs.get('Power.Reactive.Import'), 'sum'));
  set('currentA', combine(accs.get('Current.Import'), 'max'));
  set('currentOfferedA', combine(accs.get('Current.Offered'), 'max'));
  set('voltageV', combine(accs.get('Voltage'), 'mean'));
  set('socPct', accs.get('SoC')?.total);
  set('temperatureDegC', accs.get('Temperature')?.total);
  set('frequencyHz', accs.get('Frequency')?.total);
  if (signed.length > 0) result['signed'] = signed;
  return result;
}

type Resolve = (kind: string, key: readonly (string | number)[]) => string | undefined;

/** ocpp16.meter-values by hand. */
export function meterValues(msg: Obj, env: Obj, resolve: Resolve): JsonObject {
  const pointId = resolve('point', [env['stationId'] as string, msg['connectorId'] as number]);
  if (pointId === undefined) throw new Error('unknown point');
  const result: Obj = { pointId };
  const transactionId = msg['transactionId'] as number | undefined;
  if (transactionId !== undefined && transactionId !== -1) result['transactionId'] = String(transactionId);
  result['receivedAt'] = env['receivedAt'];
  result['samples'] = (msg['meterValue'] as { timestamp: string; sampledValue: Sampled[] }[]).map(sample);
  return result as JsonObject;
}

const phases = new Map([
  ['Available', undefined],
  ['Preparing', 'Preparing'],
  ['Charging', 'Charging'],
  ['SuspendedEVSE', 'SuspendedEVSE'],
  ['SuspendedEV', 'SuspendedEV'],
  ['Finishing', 'Finishing'],
  ['Reserved', undefined],
  ['Unavailable', undefined],
  ['Faulted', undefined],
]);

/** ocpp16.point-status by hand. */
export function pointStatus(msg: Obj, env: Obj, resolve: Resolve): JsonObject {
  const status = msg['status'] as string;
  const phase = phases.get(status);
  const pointId = resolve('point', [env['stationId'] as string, msg['connectorId'] as number]);
  if (pointId === undefined) throw new Error('unknown point');
  const result: Obj = { pointId, connectorId: msg['connectorId'], status: phase ? 'Occupied' : status };
  if (phase) result['phase'] = phase;
  result['at'] = utc((msg['timestamp'] ?? env['receivedAt']) as string);
  result['receivedAt'] = env['receivedAt'];
  return result as JsonObject;
}

/** vdv463-2.0.0.request by hand. */
export function request(cr: Obj): JsonObject {
  const data = cr['chargingRequestData'] as Obj;
  const result: Obj = { chargingRequestId: cr['chargingRequestId'], vehicleId: cr['vehicleId'] };
  if (cr['chargingPointId'] !== undefined) result['chargingPointId'] = cr['chargingPointId'];
  if (cr['chargingProcessId'] !== undefined) result['chargingProcessId'] = cr['chargingProcessId'];
  if (cr['priority'] !== undefined) result['priority'] = cr['priority'];
  result['minTargetSocPct'] = data['minTargetSoc'];
  result['maxTargetSocPct'] = data['maxTargetSoc'];
  if (data['expectedSocAtArrival'] !== undefined) result['expectedSocAtArrivalPct'] = data['expectedSocAtArrival'];
  const arrival = data['expectedArrivalTimeAtChargingPoint'] as string | undefined;
  if (arrival !== undefined) result['expectedArrivalAt'] = utc(arrival);
  const departure = data['requestedTimeForDeparture'] as string | undefined;
  if (departure !== undefined) result['departureAt'] = utc(departure);
  if (data['adHocCharging'] !== undefined) result['adHocCharging'] = data['adHocCharging'];
  const manual = cr['manualPreconditioning'] as Obj | undefined;
  if (manual) result['manualPreconditioning'] = preconditioning(manual);
  return result as JsonObject;
}

function preconditioning(mp: Obj): Obj {
  const result: Obj = {
    hvacPreconditioningStartAt: utc(mp['hvacPreconditioningStartTime'] as string),
    systemPreconditioningStartAt: utc(mp['systemPreconditioningStartTime'] as string),
  };
  if (mp['hvacAuxiliaryConsumerPower'] !== undefined)
    result['hvacAuxiliaryConsumerPowerW'] = (mp['hvacAuxiliaryConsumerPower'] as number) * 1000;
  if (mp['systemAuxiliaryConsumerPower'] !== undefined)
    result['systemAuxiliaryConsumerPowerW'] = (mp['systemAuxiliaryConsumerPower'] as number) * 1000;
  return result;
}

function evseStatus(ev: Obj): string {
  if (ev['withdrawn'] === true) return 'REMOVED';
  if (ev['ownFleetWindow'] === true) return 'INOPERATIVE';
  if (ev['linkState'] !== 'connected') return 'UNKNOWN';
  const status = ev['status'];
  if (ev['stationStatus'] === 'Faulted' || status === 'Faulted') return 'OUTOFORDER';
  if (ev['transactionOpen'] === true) return 'CHARGING';
  if (ev['stationStatus'] === 'Unavailable' || status === 'Unavailable') return 'INOPERATIVE';
  const phase = ev['phase'];
  if (status === 'Occupied')
    return phase === 'Charging' || phase === 'SuspendedEV' || phase === 'SuspendedEVSE' ? 'CHARGING' : 'BLOCKED';
  if (status === 'Reserved') return 'RESERVED';
  return status === 'Available' ? 'AVAILABLE' : 'UNKNOWN';
}

/** ocpi230.evse by hand. */
export function evse(ev: Obj): JsonObject {
  const connector = ev['connector'] as Obj;
  const result: Obj = { uid: ev['evseUid'], evse_id: ev['evseId'], status: evseStatus(ev) };
  if (ev['remoteStart'] === true) result['capabilities'] = ['REMOTE_START_STOP_CAPABLE'];
  const made: Obj = {
    id: connector['connectorId'],
    standard: connector['standard'],
    format: connector['format'],
    power_type: connector['powerType'],
    max_voltage: connector['maxVoltageV'],
    max_amperage: connector['maxCurrentA'],
  };
  if (connector['maxPowerW'] !== undefined) made['max_electric_power'] = connector['maxPowerW'];
  made['last_updated'] = connector['lastUpdated'];
  result['connectors'] = [made];
  result['last_updated'] = ev['lastUpdated'];
  return result as JsonObject;
}
