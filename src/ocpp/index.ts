/** The charger side: OCPP 1.6J, 2.0.1, and 2.1 as far as it shares the messages of 2.0.1. */
import type { OcppConfig } from '../config/index.js';
import type { Running, Runtime } from '../depot/index.js';
import { OcppCommands, OrderKeys, Orders } from './commands/index.js';
import { CsmsServer, type Stranger } from './csms/index.js';
import { type RunningFeed, startFeed } from './feed/index.js';
import { DEFAULT_LIMITS, type OcppLimits, type OcppOptions } from './options.js';
import { learnPasswords, PasswordChanges, StationPasswords } from './passwords/index.js';
import type { RelayStatus } from './proxy/index.js';
import { admitWith, FrameTallies, Station } from './station/index.js';

export type { Abilities, Call, Composite, Order, OrderAnswered, Reply, Survey } from './commands/index.js';
export { NoReply, OcppCommands } from './commands/index.js';
export type { Introduction, Stranger } from './csms/index.js';
export { type FeedStatus, feedOpenApi, type RunningFeed } from './feed/index.js';
export { HIDING_RULE } from './hidden.js';
export { DEFAULT_LIMITS, type Metering, type OcppLimits, type OcppOptions } from './options.js';
export type { PasswordChanged, PasswordOrder, PasswordStatus } from './passwords/index.js';
export type { OcppProtocol } from './protocol.js';
export type { RelayStatus } from './proxy/index.js';
export { type ReplayedCall, recordedCall, replayCall, type StationFacts, stationOf } from './replay.js';
export { type HeardCall, StationReplay } from './station-replay.js';
export { type FrameFacts, introductionOf, selectorOf, type Translation, translate } from './translate.js';

export interface RunningOcpp extends Running {
  readonly commands: OcppCommands;
  /** What people order by name. */
  readonly orders: Orders;
  /** Passwords of stations, changed through the bridge. */
  readonly passwords: PasswordChanges;
  /** Where a CSMS hands over frames; absent: nowhere. */
  readonly feed?: RunningFeed;
  /** Identities that knocked without being configured, newest last. */
  strangers(): readonly Stranger[];
  /** The way of a station to its own CSMS; undefined if the bridge is not between them. */
  relayOf(stationId: string): RelayStatus | undefined;
  /** Lets one of them introduce itself when it knocks next; undefined if it never knocked. */
  invite(identity: string): Stranger | undefined;
}

/**
 * Starts the terminating server for all stations of the configuration.
 *
 * @throws BridgeError OCPP_LISTEN, OCPP_TLS, CONFIG_PASSWORD, STORE_UNAVAILABLE, FEED_LISTEN, FEED_TLS
 */
export async function startOcpp(runtime: Runtime, options: OcppOptions = {}): Promise<RunningOcpp> {
  const limits = { ...DEFAULT_LIMITS, ...configuredLimits(runtime.config.ocpp), ...options.limits };
  const metering = options.metering === undefined ? runtime.config.ocpp.metering : options.metering;
  const tallies = new FrameTallies(runtime.metrics);
  const shared = { runtime, limits, tallies, admit: admitWith(runtime, options.authorize) };
  const stations = new Map(
    [...runtime.identity.stations.values()].map((config) => [config.id, new Station(config, shared)]),
  );
  const commands = new OcppCommands(runtime, stations, {
    metering,
    bootWaitMs: options.bootWaitMs ?? 3_000,
    readingWaitMs: options.readingWaitMs ?? 4_000,
  });
  const { store } = options;
  const keys = store && new OrderKeys(store, runtime.depot.id, () => runtime.now().getTime());
  const passwords = await StationPasswords.open(runtime, store);
  learnPasswords(runtime, stations.values(), passwords);
  const server = new CsmsServer(runtime, stations, passwords, limits);
  const port = await server.start();
  const feed = await feedOf(runtime, stations, server, limits, store).catch(async (error: unknown) => {
    await server.stop(0);
    throw error;
  });
  return {
    host: runtime.config.listen.ocpp.host,
    port,
    commands,
    orders: new Orders(runtime, stations, commands, keys),
    passwords: new PasswordChanges({ runtime, stations, commands, passwords }),
    strangers: () => server.strangers.list(),
    relayOf: (stationId) => server.relayOf(stationId),
    invite: (identity) => server.strangers.invite(identity, runtime.now()),
    ...(feed ? { feed } : {}),
    async stop(withinMs) {
      // What has been handed over is taken before its stations end.
      await feed?.stop(withinMs);
      await server.stop(withinMs);
    },
  };
}

async function feedOf(
  runtime: Runtime,
  stations: ReadonlyMap<string, Station>,
  { strangers }: CsmsServer,
  { maxPayload }: OcppLimits,
  store: OcppOptions['store'],
): Promise<RunningFeed | undefined> {
  if (!runtime.config.listen.feed || !store) return undefined;
  return startFeed(runtime, stations, {
    ...{ store, maxFrameBytes: maxPayload },
    stranger: (identity, address, protocol) => strangers.seen(identity, address, protocol, runtime.now()),
  });
}

function configuredLimits({ limits }: OcppConfig): Partial<OcppLimits> {
  const { maxFrameBytes, ...rest } = limits;
  return { maxPayload: maxFrameBytes, ...rest };
}
