/** Puts the parts of the feed together. */
import { attachOf } from '../../config/index.js';
import type { Running, Runtime } from '../../depot/index.js';
import type { Instant } from '../../domain/index.js';
import { depotKey, type Store } from '../../store/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { Station } from '../station/index.js';
import { CommandDesk } from './command-desk.js';
import { takeUp } from './earlier.js';
import { FedStation, type HeldLink } from './fed-station.js';
import { Intake } from './intake.js';
import { Liveness } from './liveness.js';
import type { Gap } from './sequence.js';
import { FeedServer } from './server.js';
import { Taken } from './taken.js';
import { Webhook } from './webhook.js';

/** What is known of the feed. */
export interface FeedStatus {
  readonly port: number;
  readonly stations: number;
  readonly connected: number;
  /** What may be sent to its stations: nothing, or what control allows, by the webhook. */
  readonly commands: 'none' | 'webhook';
  readonly lastSign?: Instant;
  readonly silentSince?: Instant;
  /** How late the newest item was. */
  readonly lagSeconds?: number;
  /** Since the start. */
  readonly items: { readonly accepted: number; readonly duplicate: number; readonly rejected: number };
  readonly gaps: readonly Gap[];
}

export interface RunningFeed extends Running {
  status(): FeedStatus;
  /** Why nobody knows how a station is; undefined: it is known, or the station is not fed. */
  silenceOf(stationId: string): { readonly message: string; readonly at: Instant } | undefined;
}

export interface FeedOptions {
  readonly store: Store;
  readonly maxFrameBytes: number;
  /** Somebody of whom frames come, and whom nobody configured. */
  readonly stranger: (identity: string, remoteAddress: string, protocol: OcppProtocol) => void;
}

/**
 * Starts to take what the CSMS of a depot hands over.
 *
 * @throws BridgeError FEED_LISTEN, FEED_TLS, STORE_UNAVAILABLE
 */
export async function startFeed(
  runtime: Runtime,
  stations: ReadonlyMap<string, Station>,
  options: FeedOptions,
): Promise<RunningFeed> {
  const { config, depot } = runtime;
  const { feed } = config.ocpp;
  const { store } = options;
  const webhook = feed.webhook && new Webhook(feed.webhook);
  const desk = new CommandDesk(runtime, webhook);
  const fed = new Map<string, FedStation>();
  const silenceMs = feed.silenceSeconds * 1000;
  const liveness = new Liveness({
    ...{ runtime, silenceMs },
    back: () => each(fed, (station) => station.resume()),
    silent: (reason) => each(fed, (station) => station.pause(reason)),
    look: () => each(fed, (station) => station.watch()),
  });
  const links = depotKey(depot.id, 'feed-links');
  const held = await store.hashGetAll(links);
  const shared = {
    desk,
    nowMs: () => runtime.now().getTime(),
    freshMs: silenceMs,
    stationSilenceMs: feed.stationSilenceSeconds * 1000,
    isFeedAlive: () => liveness.isAlive,
    isHeldConnected: (stationId: string) => depot.state.stations.get(stationId)?.link.value === 'connected',
    changed: (identity: string, link: HeldLink) =>
      void store.hashSet(links, identity, JSON.stringify(link)).catch(() => undefined),
  };
  for (const station of stations.values()) {
    const { identity } = station.config.ocpp;
    if (attachOf(config, station.config) !== 'feed') continue;
    const link = held[identity] === undefined ? undefined : (JSON.parse(held[identity]) as HeldLink);
    fed.set(identity, new FedStation(station, shared, link));
  }
  const taken = await Taken.open(store, depot.id);
  const unmarked = await takeUp({ journal: depot.journal, stations: fed, desk, marked: taken.newest });
  const intake = new Intake({
    ...{ runtime, fed, taken, unmarked, maxFrameBytes: options.maxFrameBytes },
    stranger: ({ station, protocol }, address) => options.stranger(station, address, protocol),
  });
  const server = new FeedServer({ runtime, intake, desk, sign: () => liveness.sign() });
  const stop = async (withinMs: number) => {
    liveness.stop();
    await server.stop(withinMs);
    await webhook?.close();
  };
  let port: number;
  try {
    port = await server.start();
  } catch (error) {
    await stop(0);
    throw error;
  }
  runtime.log.info(
    { stations: fed.size, port, commands: webhook ? 'webhook' : 'none' },
    webhook
      ? 'a CSMS hands over frames; it is sent commands as ocpp.feed.control allows'
      : 'a CSMS hands over frames; the bridge only observes, since ocpp.feed has no webhook',
  );
  const { silenceOf, status } = reports({ fed, intake, liveness, commands: webhook ? 'webhook' : 'none' });
  return {
    host: config.listen.feed?.host ?? '',
    port,
    stop,
    status: () => ({ port, ...status() }),
    silenceOf,
  };
}

function each(stations: ReadonlyMap<string, FedStation>, act: (station: FedStation) => void): void {
  for (const station of stations.values()) act(station);
}

interface Reported {
  readonly fed: ReadonlyMap<string, FedStation>;
  readonly intake: Intake;
  readonly liveness: Liveness;
  readonly commands: FeedStatus['commands'];
}

function reports({ fed, intake, liveness, commands }: Reported) {
  return {
    status(): Omit<FeedStatus, 'port'> {
      const { lastSign, silentSince } = liveness;
      const { lagMs, counts, gaps } = intake;
      return {
        stations: fed.size,
        connected: [...fed.values()].filter(({ isConnected }) => isConnected).length,
        commands,
        ...(lastSign === undefined ? {} : { lastSign }),
        ...(silentSince === undefined ? {} : { silentSince }),
        ...(lagMs === undefined ? {} : { lagSeconds: Math.round(lagMs / 1000) }),
        items: { ...counts },
        gaps,
      };
    },
    silenceOf(stationId: string) {
      const { silentSince } = liveness;
      const isFed = [...fed.values()].some(({ station }) => station.config.id === stationId);
      if (!isFed || silentSince === undefined) return undefined;
      return { message: `nothing came from the CSMS since ${silentSince}`, at: silentSince };
    },
  };
}
