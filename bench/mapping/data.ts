/** Messages of the mapping benchmark: the same size and dialects as in the design's measurements. */
import type { Json, JsonObject } from '../../src/mapping/index.js';

export const env: JsonObject = { stationId: 'N1', receivedAt: '2026-01-01T00:10:00Z', protocol: 'ocpp1.6', vendor: 'Bench', model: 'One' };

const units: Record<string, string[]> = {
  'Energy.Active.Import.Register': ['Wh', 'kWh'],
  'Power.Active.Import': ['W', 'kW'],
  'Current.Import': ['A'],
  Voltage: ['V'],
  SoC: ['Percent'],
};

function sampled(dialect: number, i: number): Json[] {
  const value = (measurand: string, number: number, phase?: string): JsonObject => {
    const words = units[measurand] ?? [];
    const unit = words[dialect % words.length] ?? '';
    return {
      value: String(unit.startsWith('k') ? number / 1000 : number),
      context: 'Sample.Periodic',
      format: 'Raw',
      measurand,
      location: measurand === 'SoC' ? 'EV' : 'Outlet',
      unit,
      ...(phase ? { phase } : {}),
    };
  };
  const total = dialect < 2;
  return [
    value('Energy.Active.Import.Register', 1_234_000 + i),
    ...(total
      ? [value('Power.Active.Import', 42_500 + i), value('Current.Import', 61 + i), value('Voltage', 691)]
      : ['L1', 'L2', 'L3'].map((phase, n) => value('Power.Active.Import', 14_000 + n + i, phase))),
    ...(total ? ['L1-N', 'L2-N', 'L3-N'].map((phase, n) => value('Voltage', 229 + n, phase)) : ['L1', 'L2', 'L3'].map((phase, n) => value('Current.Import', 20 + n, phase))),
    value('SoC', 55),
  ].slice(0, 8);
}

/** 64 MeterValues in four station dialects, 3 elements of 8 readings each. */
export const meterValues: JsonObject[] = Array.from({ length: 64 }, (_, i) => ({
  connectorId: 1 + (i % 4),
  transactionId: 1000 + i,
  meterValue: [0, 1, 2].map((n) => ({ timestamp: `2026-01-01T00:0${n}:00Z`, sampledValue: sampled(i % 4, i) })),
}));

const words = ['Available', 'Preparing', 'Charging', 'SuspendedEVSE', 'SuspendedEV', 'Finishing', 'Reserved', 'Unavailable', 'Faulted'];

export const statuses: JsonObject[] = Array.from({ length: 63 }, (_, i) => ({
  connectorId: 1 + (i % 4),
  errorCode: 'NoError',
  status: words[i % words.length] ?? '',
  timestamp: '2026-01-01T00:00:00Z',
}));

export const requests: JsonObject[] = Array.from({ length: 64 }, (_, i) => ({
  vehicleId: `V${i}`,
  chargingRequestId: `R${i}`,
  chargingPointId: `N1-${i % 4}`,
  priority: i % 5,
  chargingRequestData: {
    minTargetSoc: 80,
    maxTargetSoc: 95,
    expectedSocAtArrival: 35.5,
    requestedTimeForDeparture: '2026-01-01T05:00:00Z',
    adHocCharging: false,
  },
  ...(i % 2 === 0
    ? {
        manualPreconditioning: {
          hvacPreconditioningStartTime: '2026-01-01T03:00:00Z',
          systemPreconditioningStartTime: '2026-01-01T03:10:00Z',
          hvacAuxiliaryConsumerPower: 12,
          systemAuxiliaryConsumerPower: 5,
        },
      }
    : {}),
}));

export const evses: JsonObject[] = Array.from({ length: 64 }, (_, i) => ({
  evseUid: `u${i}`,
  evseId: `DE*DPB*EN4*${i}`,
  status: ['Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted'][i % 5] ?? '',
  phase: 'Charging',
  linkState: i % 9 === 0 ? 'lost' : 'connected',
  transactionOpen: i % 3 === 0,
  ownFleetWindow: i % 7 === 0,
  remoteStart: true,
  lastUpdated: '2026-01-01T20:00:00.000Z',
  connector: {
    connectorId: '1',
    standard: 'IEC_62196_T2',
    format: 'SOCKET',
    powerType: 'AC_3_PHASE',
    maxVoltageV: 230,
    maxCurrentA: 32,
    maxPowerW: 22000,
    lastUpdated: '2026-01-01T20:00:00.000Z',
  },
}));
