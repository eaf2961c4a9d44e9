/** Charging points as people write them and as the bridge uses them. */
import type { ConfigProblem } from './load.js';
import type { Config } from './types.js';

/** The connector of an EVSE where only the EVSE is named: most have one. */
const ONLY_CONNECTOR = 1;

/** A point is found by its connector (1.6) or by its EVSE (2.x): one of both must be there. */
export function placelessPoints({ depots }: Config): ConfigProblem[] {
  return depots.flatMap((depot, d) =>
    depot.stations.flatMap((station, s) =>
      station.points.flatMap((point, p): ConfigProblem[] =>
        point.evse === undefined && point.connector === undefined
          ? [
              {
                code: 'CONFIG_INVALID',
                message: `point ${point.id} has neither connector (the connectorId of OCPP 1.6) nor evse (2.x)`,
                path: ['depots', d, 'stations', s, 'points', p],
              },
            ]
          : [],
      ),
    ),
  );
}

/** Fills in the connector of points that name only their EVSE. */
export function withConnectors(config: Config): Config {
  const [depot] = config.depots;
  const stations = depot.stations.map((station) => {
    const [first, ...others] = station.points;
    const filled = (point: typeof first) => ({ ...point, connector: point.connector ?? ONLY_CONNECTOR });
    return { ...station, points: [filled(first), ...others.map(filled)] as typeof station.points };
  });
  return { ...config, depots: [{ ...depot, stations }] };
}
