/** Builds the OCPI side and opens its listener. */
import type { AddressInfo } from 'node:net';
import { isLoopback, type OcpiConfig } from '../config/index.js';
import type { Running, Runtime, StationCommands } from '../depot/index.js';
import { BridgeError } from '../errors/index.js';
import type { Store } from '../store/index.js';
import { authorize } from './authorize.js';
import { addBills } from './bills.js';
import { CdrCourier } from './cdr-courier.js';
import { Cdrs, type HeldCdr } from './cdrs.js';
import { PartnerClient } from './client.js';
import { addCommands } from './commands.js';
import { type Course, Courses } from './courses.js';
import { addCredentials } from './credentials.js';
import { type Admission, Guests } from './guests.js';
import { addLocations } from './locations.js';
import { Maker } from './maker.js';
import { type Partner, type PartnerRecord, Partners } from './partners.js';
import { grantedTo } from './places.js';
import { Push } from './push.js';
import { Recorder } from './recorder.js';
import { type OpenCommand, Results } from './results.js';
import { Roaming } from './roaming.js';
import { OcpiServer } from './server.js';
import { addSessions } from './sessions.js';
import { Shelf } from './shelf.js';
import { tariffCouriers } from './tariff-courier.js';
import { tariffFacts } from './tariff-view.js';
import { TokenBook } from './token-book.js';
import { readTokenList } from './token-list.js';
import { addTokens } from './tokens.js';
import { addVersions } from './versions.js';
import { World } from './world.js';

export interface OcpiOptions {
  readonly store: Store;
  readonly commands: StationCommands;
}

export interface RunningOcpi extends Running {
  /** Whether this token is a roaming guest's that may charge at this station (at any, if none is named). */
  authorize(token: string, stationId?: string): Promise<boolean>;
  /** Sessions of guests that ended and cannot be billed, and why. */
  heldCdrs(): HeldCdr[];
}

/**
 * Starts to serve roaming partners.
 * @throws BridgeError OCPI_NOT_CONFIGURED, STORE_UNAVAILABLE; or the listener's error
 */
export async function startOcpi(runtime: Runtime, options: OcpiOptions): Promise<RunningOcpi> {
  const { ocpi } = runtime.config;
  if (!ocpi) throw new BridgeError('OCPI_NOT_CONFIGURED', 'the configuration has no `ocpi`');
  const parts = await openParts(runtime, ocpi, options);
  const { server, client, roaming, push, results, courses, cdrs } = parts;
  const { host, port } = runtime.config.listen.ocpi;
  const stop = async (withinMs: number) => {
    roaming.stop();
    courses.stop();
    cdrs.stop();
    push.stop();
    results.stop();
    await server.close(withinMs);
    await client.close();
  };
  try {
    await server.open();
    addModules(parts);
    courses.start();
    roaming.start();
    await server.app.listen({ host, port });
    push.start();
    cdrs.start();
    await results.resume();
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    host,
    port: portOf(server),
    authorize: (token, stationId) => authorize(token, stationId, parts),
    heldCdrs: () => cdrs.held(),
    stop,
  };
}

async function openParts(runtime: Runtime, ocpi: OcpiConfig, { store, commands }: OcpiOptions) {
  const { config, depot } = runtime;
  const { party } = ocpi;
  const listen = config.listen.ocpi;
  const partners = new Partners(ocpi.partners, await Shelf.open<PartnerRecord>(store, depot.id, 'partners'));
  const recorder = new Recorder(runtime);
  const maker = new Maker(runtime);
  const allowPrivate = allowsPrivate(ocpi, listen.publicUrl);
  const client = new PartnerClient({
    party,
    allowPrivate,
    recorder,
    metrics: runtime.metrics,
    log: runtime.log,
  });
  const tokens = await TokenBook.open(store, depot.id, partners.all);
  const guests = new Guests({
    identity: runtime.identity,
    admissions: await Shelf.open<Admission>(store, depot.id, 'admissions'),
    tokens,
    now: () => runtime.now().getTime(),
  });
  const worlds = await openWorlds(runtime, ocpi, partners, maker, store);
  const roaming = new Roaming({ runtime, worlds, guests });
  const open = await Shelf.open<OpenCommand>(store, depot.id, 'commands');
  const results = new Results({ runtime, partners, client, maker, open });
  const readTokens = (partner: Partner) => readTokenList(partner, { runtime, tokens, roaming, client });
  const { courses, cdrs } = await openBilling(runtime, ocpi, store, worlds, roaming);
  const couriers = [
    ...tariffCouriers({ party, client, maker }),
    new CdrCourier({ runtime, party, client, maker, cdrs }),
  ];
  const push = new Push({ runtime, party, partners, roaming, client, maker, couriers, readTokens });
  cdrs.events.on('made', (world, id) => push.put(world, 'cdr', id));
  const server = new OcpiServer({ runtime, listen, party, partners, recorder });
  const baseUrl = () => publicBase(listen.publicUrl, server);
  const shared = { runtime, ocpi, commands, allowPrivate, baseUrl };
  const kept = { partners, recorder, maker, client, tokens, guests, roaming, results, push, server };
  return { ...shared, ...kept, courses, cdrs };
}

async function openBilling(
  runtime: Runtime,
  ocpi: OcpiConfig,
  store: Store,
  worlds: readonly World[],
  roaming: Roaming,
) {
  const courses = new Courses({
    runtime,
    shelf: await Shelf.open<Course>(store, runtime.depot.id, 'courses'),
    isGuest: (process) => roaming.isGuest(process),
  });
  await courses.keep(new Set(worlds.flatMap(({ shelves }) => shelves.sessions.entries().map(([id]) => id))));
  const cdrs = new Cdrs({ runtime, config: ocpi.cdrs, worlds, roaming, courses });
  return { courses, cdrs };
}

function addModules(parts: Awaited<ReturnType<typeof openParts>>): void {
  const { server, maker, baseUrl } = parts;
  addVersions(server, maker, baseUrl);
  addCredentials(server, parts);
  addLocations(server, parts);
  addSessions(server, parts);
  addBills(server, parts);
  addTokens(server, parts);
  addCommands(server, parts);
}

async function openWorlds(
  runtime: Runtime,
  ocpi: OcpiConfig,
  partners: Partners,
  maker: Maker,
  store: Store,
): Promise<World[]> {
  const { config, depot, identity, now } = runtime;
  const { keepDays } = config.journal;
  const { currency } = ocpi;
  return Promise.all(
    partners.all.map(async (partner) => {
      const granted = grantedTo(partner.config, config.depots[0], ocpi.party, identity, config);
      const shelves = {
        evses: await Shelf.open<never>(store, depot.id, 'evses', partner.id),
        locations: await Shelf.open<never>(store, depot.id, 'locations', partner.id),
        sessions: await Shelf.open<never>(store, depot.id, 'sessions', partner.id),
        tariffs: await Shelf.open<never>(store, depot.id, 'tariffs', partner.id),
        cdrs: await Shelf.open<never>(store, depot.id, 'cdrs', partner.id),
      };
      const ids = new Set(granted.places.flatMap(({ tariffId }) => tariffId ?? []));
      const tariffs = new Map(
        [...ids].flatMap((id) => {
          const facts = tariffFacts(ocpi, id);
          return facts ? [[id, facts] as const] : [];
        }),
      );
      const kept = { keepDays, keepCdrDays: ocpi.cdrs.keepDays };
      return new World({ partner, granted, shelves, maker, currency, tariffs, ...kept, now });
    }),
  );
}

/** Private addresses are for trying things out on one machine, unless the operator says more. */
function allowsPrivate(ocpi: OcpiConfig, publicUrl: string): boolean {
  return ocpi.allowPrivateAddresses ?? isLoopback(new URL(publicUrl).hostname.replace(/^\[|\]$/g, ''));
}

function portOf(server: OcpiServer): number {
  return (server.app.server.address() as AddressInfo).port;
}

/** Where partners reach us, with `/ocpi`; port 0 stands for the one really bound. */
function publicBase(publicUrl: string, server: OcpiServer): string {
  const url = new URL(publicUrl);
  if (url.port === '0') url.port = String(portOf(server));
  return `${url.href.replace(/\/+$/, '')}/ocpi`;
}
