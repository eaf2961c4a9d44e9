/** What a schema cannot say of stations that have a CSMS of their own. */
import { attachOf, controlOf } from './attach.js';
import type { ConfigProblem } from './load.js';
import { isLoopback } from './loopback.js';
import type { Config } from './types.js';

type Path = ConfigProblem['path'];

/** Who keeps its own CSMS needs to be told where it is. */
export function csmsBehind(config: Config): ConfigProblem[] {
  return config.depots.flatMap((depot, d) =>
    depot.stations.flatMap((station, s): ConfigProblem[] => {
      const path: Path = ['depots', d, 'stations', s, 'ocpp'];
      const wrong = (message: string): ConfigProblem[] => [{ code: 'CONFIG_INVALID', message, path }];
      const attach = attachOf(config, station);
      if (attach === 'feed') return [];
      if (attach === 'proxy')
        return config.ocpp.csms
          ? []
          : wrong(
              `station ${station.id} keeps its CSMS (attach: proxy), but ocpp.csms.url does not say where`,
            );
      return station.ocpp.control === undefined
        ? []
        : wrong(
            `station ${station.id} has control, which is for attach: proxy and feed: the bridge is its CSMS`,
          );
    }),
  );
}

/** Stations of a CSMS that hands over frames: it must be able to, and to take commands if it is to. */
export function fed(config: Config): ConfigProblem[] {
  const { feed } = config.ocpp;
  return config.depots.flatMap((depot, d) =>
    depot.stations.flatMap((station, s): ConfigProblem[] => {
      if (attachOf(config, station) !== 'feed') return [];
      const path: Path = ['depots', d, 'stations', s, 'ocpp'];
      const wrong = (message: string): ConfigProblem[] => [{ code: 'CONFIG_INVALID', message, path }];
      if (!config.listen.feed)
        return wrong(
          `station ${station.id} is attached by a feed, but there is no listen.feed to hand frames to`,
        );
      const wished = station.ocpp.control ?? feed.control;
      return wished === controlOf(config, station)
        ? []
        : wrong(
            `station ${station.id} has control: ${wished}, but ocpp.feed.webhook does not say where commands go`,
          );
    }),
  );
}

/** What goes to a CSMS elsewhere is proved to be ours, and read by nobody on the way. */
export function webhook({ ocpp }: Config): ConfigProblem[] {
  const { webhook: hook } = ocpp.feed;
  if (!hook) return [];
  const path: Path = ['ocpp', 'feed', 'webhook'];
  const wrong = (message: string): ConfigProblem[] => [{ code: 'CONFIG_INVALID', message, path }];
  if (!URL.canParse(hook.url)) return wrong('ocpp.feed.webhook.url is no URL');
  const { protocol, hostname } = new URL(hook.url);
  const isHere = isLoopback(hostname.replace(/^\[|\]$/g, ''));
  return [
    ...(protocol === 'https:' || isHere
      ? []
      : wrong(`ocpp.feed.webhook.url leads to ${hostname}: it must begin with https:`)),
    ...(hook.token || hook.secret || isHere
      ? []
      : wrong('ocpp.feed.webhook has neither a secret nor a token: nobody could tell who sends commands')),
    ...(hook.token && hook.secret ? wrong('ocpp.feed.webhook has a secret and a token: choose one') : []),
  ];
}
