/** What a schema cannot say of a configuration: references, uniqueness, exposure. */
import { attachOf } from './attach.js';
import { csmsBehind, fed, webhook } from './check-attach.js';
import { tariffs } from './check-tariffs.js';
import type { ConfigProblem } from './load.js';
import { isLoopback } from './loopback.js';
import { placelessPoints } from './points.js';
import { secretFlaw } from './secrets.js';
import type { Config } from './types.js';

type Path = readonly (string | number)[];

/** All faults of a configuration that fits its schema. */
export function checkReferences(config: Config): ConfigProblem[] {
  return [
    ...duplicates(config),
    ...grants(config),
    ...tariffs(config),
    ...zones(config),
    ...exposure(config),
    ...placelessPoints(config),
    ...evses(config),
    ...profiles(config),
    ...csmsBehind(config),
    ...fed(config),
    ...webhook(config),
    ...passwords(config),
    ...vehicleData(config),
    ...beforePlugIn(config),
  ];
}

function duplicates(config: Config): ConfigProblem[] {
  const stations = config.depots.flatMap((depot, d) =>
    depot.stations.map((station, s) => ({ station, path: ['depots', d, 'stations', s] as Path })),
  );
  return [
    ...unique(
      'station id',
      stations.map(({ station, path }) => [station.id, [...path, 'id']]),
    ),
    ...unique(
      'OCPP identity',
      stations.map(({ station, path }) => [station.ocpp.identity, [...path, 'ocpp', 'identity']]),
    ),
    ...unique(
      'point id',
      stations.flatMap(({ station, path }) =>
        station.points.map((point, p): [string, Path] => [point.id, [...path, 'points', p, 'id']]),
      ),
    ),
    ...unique(
      'vehicle id',
      config.vehicles.map((vehicle, v) => [vehicle.id, ['vehicles', v, 'id']]),
    ),
    ...unique(
      'token',
      config.vehicles.flatMap((vehicle, v) =>
        (vehicle.tokens ?? []).map((token, t): [string, Path] => [
          token.toLowerCase(),
          ['vehicles', v, 'tokens', t],
        ]),
      ),
    ),
    ...unique(
      'presystemId',
      config.upstreams.map((upstream, u) => [upstream.presystemId, ['upstreams', u, 'presystemId']]),
    ),
    ...unique(
      'partner id',
      (config.ocpi?.partners ?? []).map((partner, p) => [partner.id, ['ocpi', 'partners', p, 'id']]),
    ),
    ...unique(
      'tokenA',
      (config.ocpi?.partners ?? []).map((partner, p) => [partner.tokenA, ['ocpi', 'partners', p, 'tokenA']]),
    ),
  ];
}

function unique(what: string, entries: readonly (readonly [string, Path])[]): ConfigProblem[] {
  const seen = new Set<string>();
  return entries
    .filter(([id]) => (seen.has(id) ? true : !seen.add(id)))
    .map(([id, path]) => ({
      code: 'CONFIG_REFERENCE' as const,
      message: what === 'tokenA' ? 'a tokenA is used twice' : `${what} ${id} is used twice`,
      path,
    }));
}

function grants(config: Config): ConfigProblem[] {
  const points = new Map(
    config.depots.map((depot) => [
      depot.id,
      depot.stations.flatMap((station) => station.points.map((point) => point.id)),
    ]),
  );
  return (config.ocpi?.partners ?? []).flatMap((partner, p) =>
    partner.grants.flatMap((grant, g): ConfigProblem[] => {
      const path: Path = ['ocpi', 'partners', p, 'grants', g];
      const known = points.get(grant.depot);
      if (!known)
        return [
          {
            code: 'CONFIG_REFERENCE',
            message: `depot ${grant.depot} is not configured`,
            path: [...path, 'depot'],
          },
        ];
      return grant.points.flatMap((point, i): ConfigProblem[] =>
        known.includes(point)
          ? []
          : [
              {
                code: 'CONFIG_REFERENCE',
                message: `${point} is not a charging point of ${grant.depot}; it has ${known.join(', ')}`,
                path: [...path, 'points', i],
              },
            ],
      );
    }),
  );
}

function zones(config: Config): ConfigProblem[] {
  return config.depots.flatMap((depot, d): ConfigProblem[] => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: depot.timeZone });
      return [];
    } catch {
      return [
        {
          code: 'CONFIG_INVALID',
          message: `timeZone ${depot.timeZone} is not an IANA time zone, such as Europe/Berlin`,
          path: ['depots', d, 'timeZone'],
        },
      ];
    }
  });
}

function exposure(config: Config): ConfigProblem[] {
  const { admin, ocpp, ocpi, vdv463, feed } = config.listen;
  const problems: ConfigProblem[] = [];
  const open = (name: string, host: string, why: string) =>
    problems.push({
      code: 'CONFIG_EXPOSED',
      message: `listen.${name} is on ${host} ${why}`,
      path: ['listen', name, 'host'],
    });
  if (!isLoopback(admin.host) && !admin.token) open('admin', admin.host, 'without a token');
  if (!isLoopback(admin.host) && !admin.tls) open('admin', admin.host, 'without tls');
  if (!isLoopback(vdv463.host) && !vdv463.tls)
    open('vdv463', vdv463.host, 'without tls, which VDV 463 demands');
  if (!isLoopback(ocpi.host) && !ocpi.tls && !ocpi.publicUrl.startsWith('https:'))
    open('ocpi', ocpi.host, 'without tls or an https publicUrl');
  if (feed && !isLoopback(feed.host)) {
    if (!feed.token && !feed.tls?.clientCa) open('feed', feed.host, 'without a token or tls.clientCa');
    if (!feed.tls) open('feed', feed.host, 'without tls');
  }
  if (!isLoopback(ocpp.host)) {
    for (const [d, depot] of config.depots.entries()) {
      for (const [s, station] of depot.stations.entries()) {
        if (station.ocpp.password || ocpp.tls?.clientCa) continue;
        const attach = attachOf(config, station);
        if (attach === 'feed' || (attach === 'proxy' && config.ocpp.csms?.checksLogins)) continue;
        problems.push({
          code: 'CONFIG_EXPOSED',
          message: `station ${station.id} has no password and listen.ocpp is on ${ocpp.host}`,
          path: ['depots', d, 'stations', s, 'ocpp'],
        });
      }
    }
  }
  return problems;
}

/** Points of one station are told apart by evse (2.x) or connector (1.6); both must be unambiguous. */
function evses(config: Config): ConfigProblem[] {
  return config.depots.flatMap((depot, d) =>
    depot.stations.flatMap((station, s) =>
      unique(
        `a point of station ${station.id} with`,
        station.points.map((point, p): [string, Path] => [
          point.evse === undefined ? `connector ${point.connector}` : `evse ${point.evse}`,
          ['depots', d, 'stations', s, 'points', p],
        ]),
      ),
    ),
  );
}

/** What a station is configured for must be what the listener does. */
function profiles({ listen, depots }: Config): ConfigProblem[] {
  const { tls } = listen.ocpp;
  const flawOf = ({ ocpp }: Config['depots'][0]['stations'][0]): string | undefined => {
    if (ocpp.securityProfile === 1 && tls) return 'listen.ocpp has tls: nobody connects without';
    if (ocpp.securityProfile === 2 && tls?.clientCa && !ocpp.password)
      return 'without a certificate the station needs a password';
    if (ocpp.securityProfile === 3 && !tls?.clientCa) return 'listen.ocpp.tls has no clientCa';
    return undefined;
  };
  return depots.flatMap((depot, d) =>
    depot.stations.flatMap((station, s): ConfigProblem[] => {
      const flaw = flawOf(station);
      const path = ['depots', d, 'stations', s, 'ocpp', 'securityProfile'];
      const message = `station ${station.id} has securityProfile ${station.ocpp.securityProfile}, but ${flaw}`;
      return flaw ? [{ code: 'CONFIG_INVALID', message, path }] : [];
    }),
  );
}

/** What looks hashed must be whole: else nobody could ever log in, and nobody would know why. */
function passwords(config: Config): ConfigProblem[] {
  const stations = config.depots.flatMap((depot, d) =>
    depot.stations.map(({ ocpp }, s) => ({
      password: ocpp.password,
      path: ['depots', d, 'stations', s, 'ocpp', 'password'] as Path,
    })),
  );
  const upstreams = config.upstreams.map(({ password }, u) => ({
    password,
    path: ['upstreams', u, 'password'] as Path,
  }));
  const feed = { password: config.listen.feed?.token, path: ['listen', 'feed', 'token'] as Path };
  return [...stations, ...upstreams, feed].flatMap(({ password, path }): ConfigProblem[] => {
    const message = password === undefined ? undefined : secretFlaw(password);
    return message === undefined ? [] : [{ code: 'CONFIG_PASSWORD', message, path }];
  });
}

function vehicleData({ ocpp }: Config): ConfigProblem[] {
  return ocpp.vehicleDataTransfer.flatMap(({ vin, evccId }, index): ConfigProblem[] =>
    vin === undefined && evccId === undefined
      ? [
          {
            code: 'CONFIG_INVALID',
            message: 'vehicleDataTransfer says neither where the vin stands nor the evccId',
            path: ['ocpp', 'vehicleDataTransfer', index],
          },
        ]
      : [],
  );
}

/** A limit before plug-in that nothing would set, or that no grid limit could hold. */
function beforePlugIn(config: Config): ConfigProblem[] {
  return config.depots.flatMap(({ charging, gridLimitKw, stations }, d): ConfigProblem[] => {
    const { policy, beforePlugIn: wish } = charging;
    const path: Path = ['depots', d, 'charging', 'beforePlugIn'];
    const wrong = (message: string): ConfigProblem[] => [{ code: 'CONFIG_INVALID', message, path }];
    if (wish === undefined || wish === 'none') return [];
    if (policy === 'forward')
      return wrong('policy forward sets no limits, not even before plug-in: use asap or deadline, or none');
    if ('share' in wish)
      return gridLimitKw === undefined ? wrong('a share is one of gridLimitKw, which is not set') : [];
    const points = stations.reduce((count, station) => count + station.points.length, 0);
    const sumKw = points * wish.limitKw;
    return gridLimitKw !== undefined && sumKw > gridLimitKw
      ? wrong(`${points} points at ${wish.limitKw} kW are ${sumKw} kW; gridLimitKw is ${gridLimitKw}`)
      : [];
  });
}
