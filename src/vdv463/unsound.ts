/** One bad value must not silence a whole presystem: the points that cannot be told are reduced to their status. */
import type { DepotView, PointView, StationView, UpstreamView } from '../domain/index.js';

/**
 * The view with every point that `isSound` refuses reduced to who it is and how it is, and which those were. The sum
 * of a station with such a point is left out, because it counts what cannot be told.
 */
export function withoutUnsound(
  view: UpstreamView,
  isSound: (view: UpstreamView) => boolean,
): { readonly view: UpstreamView; readonly pointIds: readonly string[] } {
  const pointIds: string[] = [];
  const alone = (
    depot: DepotView,
    { totalPowerW: _sum, ...station }: StationView,
    point: PointView,
  ): UpstreamView => ({
    depots: [{ ...depot, stations: [{ ...station, points: [point] }] }],
  });
  const depots = view.depots.map((depot) => ({
    ...depot,
    stations: depot.stations.map((station) => {
      const before = pointIds.length;
      const points = station.points.map((point) => {
        if (isSound(alone(depot, station, point))) return point;
        pointIds.push(point.pointId);
        return statusOf(point);
      });
      const { totalPowerW, ...rest } = station;
      const whole = pointIds.length === before && totalPowerW !== undefined;
      return { ...rest, ...(whole ? { totalPowerW } : {}), points };
    }),
  }));
  return { view: { ...view, depots: depots as UpstreamView['depots'] }, pointIds };
}

function statusOf({
  pointId,
  linkState,
  transactionOpen,
  status,
  stationStatus,
  phase,
}: PointView): PointView {
  return {
    pointId,
    linkState,
    transactionOpen,
    ...(status ? { status } : {}),
    ...(stationStatus ? { stationStatus } : {}),
    ...(phase ? { phase } : {}),
  };
}
