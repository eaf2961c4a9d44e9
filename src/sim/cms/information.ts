import type {
  ChargingInformation,
  ChargingPointInfo,
  ChargingProcessInfo,
  ChargingRequest,
  ChargingStationInfo,
  Dialect,
  ScheduledChargingProcess,
} from '../bms/index.js';
import type { Depot, Point, Process } from './depot.js';

/** The depot as a presystem of this dialect sees it. */
export function informationOf(
  depot: Depot,
  depotId: string,
  presystemId: string,
  dialect: Dialect,
  now: Date,
): ChargingInformation {
  const rejected = [...depot.rejections(presystemId)].map(([chargingRequestId, reason]) => ({
    presystemId,
    chargingRequestId,
    reason,
  }));
  return {
    depotInfoList: [{ depotId, chargingStationInfoList: stationsOf(depot, dialect, now) }],
    ...(dialect === '2.0.0' && rejected.length > 0 ? { rejectedChargingRequestInfoList: rejected } : {}),
  };
}

function stationsOf(depot: Depot, dialect: Dialect, now: Date): ChargingStationInfo[] {
  const ids = [...new Set(depot.points.map(({ chargingStationId }) => chargingStationId))];
  return ids.map((chargingStationId) => ({
    chargingStationId,
    ...(dialect === '2.0.0' ? {} : { chargingStationStatus: 'Available' }),
    chargingPointInfoList: depot.points
      .filter((point) => point.chargingStationId === chargingStationId)
      .map((point) => pointInfo(depot, point, dialect, now)),
  }));
}

function pointInfo(depot: Depot, point: Point, dialect: Dialect, now: Date): ChargingPointInfo {
  const { chargingPointId, process } = point;
  const scheduled = depot.orders().flatMap(({ presystemId, request }) => {
    const { chargingRequestId } = request;
    const here = request.chargingPointId === chargingPointId;
    if (!here || depot.runningAt(presystemId, chargingRequestId)) return [];
    return [scheduledOf(presystemId, request, dialect, now)];
  });
  return {
    chargingPointId,
    chargingPointStatus: process ? 'Occupied' : 'Available',
    ...(process ? { chargingProcessInfo: processInfo(depot, process, dialect, now) } : {}),
    ...(scheduled.length > 0 ? { scheduledChargingProcessList: scheduled } : {}),
  };
}

function scheduledOf(
  presystemId: string,
  request: ChargingRequest,
  dialect: Dialect,
  now: Date,
): ScheduledChargingProcess {
  const { chargingRequestId, vehicleId } = request;
  return {
    presystemId,
    chargingRequestId,
    vehicleId,
    chargingPredictionData: prediction(request, dialect, now),
  };
}

function processInfo(depot: Depot, process: Process, dialect: Dialect, now: Date): ChargingProcessInfo {
  const { chargingProcessId, startTime, status, presystemId, chargingRequestId } = process;
  const request = depot
    .orders()
    .find(
      (order) => order.presystemId === presystemId && order.request.chargingRequestId === chargingRequestId,
    )?.request;
  const seconds = (now.getTime() - Date.parse(startTime)) / 1000;
  return {
    chargingProcessId,
    processStatus: status,
    startTime,
    ...(presystemId === undefined ? {} : { presystemId }),
    ...(chargingRequestId === undefined ? {} : { chargingRequestId }),
    chargingPredictionData: prediction(request, dialect, now),
    electricData: { chargingPower: status === 'Charging' ? 50 : 0 },
    deliveredEnergy: Math.round((seconds * 50_000) / 3600),
  };
}

/** Nothing is predicted here; 1.0.0 alone cannot say so and gets the request's own wish back. */
function prediction(
  request: ChargingRequest | undefined,
  dialect: Dialect,
  now: Date,
): Readonly<Record<string, unknown>> {
  if (dialect === '2.0.0') return { chargingPredictionDataStatus: 'Ongoing' };
  if (dialect !== '1.0.0') return {};
  const { minTargetSoc = 0, requestedTimeForDeparture = now.toISOString() } =
    request?.chargingRequestData ?? {};
  return {
    chargingPredictionDataMinSoc: {
      requestedMinSoc: minTargetSoc,
      predictedTime: requestedTimeForDeparture,
    },
  };
}
