/** Builds the parts from a configuration and wires them: the only file that knows them all. */
import type { Logger } from 'pino';
import { startAdmin, Troubles } from './admin/index.js';
import { type RunningCharging, startCharging } from './charging/index.js';
import type { Config } from './config/index.js';
import { Archive, Depot, Metrics, type Running, type Runtime } from './depot/index.js';
import type { JournalId } from './domain/index.js';
import { BridgeError } from './errors/index.js';
import { startHousekeeping } from './housekeeping.js';
import { IdentityRegistry } from './identity/index.js';
import { type Journal, openJournal } from './journal/index.js';
import { type RunningOcpi, readPartnerFacts, startOcpi } from './ocpi/index.js';
import { type RunningOcpp, startOcpp } from './ocpp/index.js';
import { startStatePoints } from './state-points.js';
import { openStore, type Store } from './store/index.js';
import { reportStore } from './store-report.js';
import { needsOf, Parked, type Reloaded, TableCounting, Tables, watchTables } from './tables/index.js';
import { startVdv463 } from './vdv463/index.js';

/** A bridge that serves. */
export interface Bridge {
  readonly runtime: Runtime;
  readonly store: Store;
  /** The ports really bound. */
  readonly ports: {
    readonly admin: number;
    readonly ocpp: number;
    readonly ocpi?: number;
    readonly vdv463: number;
    readonly feed?: number;
  };
  /** Reads all tables again; a bad table never replaces a good one. */
  reload(): Promise<Reloaded>;
  /** Takes the certificates of a configuration read again, without cutting anybody off. @throws BridgeError VDV463_TLS_* */
  renewCertificates(config: Config): Promise<void>;
  /** Ends everything in order: peers first, what they caused is stored, then the store. */
  stop(): Promise<void>;
}

const STOP_MS = 3_000;
/** How long chargers may take to answer what they were asked last. */
const ANSWERS_MS = 1_000;

/**
 * Starts a bridge. Whatever fails on the way undoes what had started.
 *
 * @throws BridgeError or AggregateError of them: STORE_*, MAP_*, OCPP_*, VDV463_*, OCPI_*
 */
export async function startBridge(
  config: Config,
  log: Logger,
  now: () => Date = () => new Date(),
): Promise<Bridge> {
  const [depotConfig] = config.depots;
  const tables = Tables.load(config.mappings, { needs: needsOf(config) });
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const store = await openStore(config.store, config.durability, log);
    undo.push(() => store.close());
    const journal = openJournal(store, depotConfig.id, { logger: log, now: () => now().getTime() });
    undo.push(() => journal.close());
    const identity = new IdentityRegistry(config);
    const stations = depotConfig.stations.map(({ id, points }) => ({
      stationId: id,
      pointIds: points.map((point) => point.id),
    }));
    const depot = await Depot.open(depotConfig.id, stations, store, journal);
    undo.push(() => depot.settled());
    const parked = await Parked.open(store, depot.id, log);
    const runtime: Runtime = {
      config,
      depot,
      identity,
      log,
      metrics: new Metrics(),
      now,
      tables: () => tables.current,
      park: (raw, failure, peer) => parked.park(raw, failure, peer),
    };
    await reportStore(config.store, { depot, parked }, log);
    const archive = new Archive(store, depot.id);
    await archive.keepIdentity(identity, await recordStart(journal, runtime));
    const points = await startStatePoints(runtime, archive);
    undo.push(() => points.stop());
    const edges = await startEdges(runtime, store, undo, { tables, parked, archive });
    return {
      runtime,
      store,
      ports: edges.ports,
      reload: () => tables.reload(runtime),
      renewCertificates: edges.renewCertificates,
      stop: () => unwind(undo, log),
    };
  } catch (error) {
    await unwind(undo, log);
    throw error;
  }
}

async function startEdges(
  runtime: Runtime,
  store: Store,
  undo: (() => Promise<unknown>)[],
  {
    tables,
    parked,
    archive,
  }: { readonly tables: Tables; readonly parked: Parked; readonly archive: Archive },
) {
  const { config } = runtime;
  const started = <T extends Running>(edge: T): T => {
    undo.push(() => edge.stop(STOP_MS));
    return edge;
  };
  const counting = new TableCounting(runtime, tables, parked);
  undo.push(async () => counting.stop());
  let charging: RunningCharging | undefined;
  let stations:
    | Pick<RunningOcpp, 'strangers' | 'invite' | 'relayOf' | 'orders' | 'commands' | 'passwords' | 'feed'>
    | undefined;
  const troubles = new Troubles(runtime, {
    parked: () => parked.tallies(),
    refusals: (stationId) => stations?.commands.refusalsOf(stationId) ?? [],
    settings: (stationId) => stations?.commands.settingsWritten(stationId),
    way: (stationId) => stations?.relayOf(stationId),
    limitsNotHeld: (stationId) => charging?.limitsNotHeld(stationId) ?? [],
    feedSilence: (stationId) => stations?.feed?.silenceOf(stationId),
  });
  undo.push(async () => troubles.stop());
  const admin = started(
    await startAdmin(runtime, {
      store,
      tables: {
        reload: () => tables.reload(runtime),
        counters: () => counting.counters(),
        list: (wanted) => parked.list(wanted),
        tallies: () => parked.tallies(),
        show: (raw) => parked.find(raw),
        rerun: (options) => parked.rerun(runtime, options),
        remove: (raw) => parked.remove(raw),
      },
      stations: {
        strangers: () => (stations?.strangers() ?? []).map((stranger) => ({ ...stranger })),
        invite: (identity) => {
          const invited = stations?.invite(identity);
          return invited && { ...invited };
        },
      },
      troubles,
      feed: () => stations?.feed?.status(),
      heldCdrs: () => roaming?.heldCdrs() ?? [],
      past: { archive, partners: () => readPartnerFacts(store, runtime.depot.id, config.ocpi) },
      passwords: {
        change: async (order) => {
          if (stations) return stations.passwords.change(order);
          throw new BridgeError('OCPP_NOT_CONNECTED', 'the bridge is starting');
        },
        status: (stationId) => {
          if (stations) return stations.passwords.status(stationId);
          throw new BridgeError('OCPP_NOT_CONNECTED', 'the bridge is starting');
        },
      },
      commands: {
        send: async (order) => {
          if (stations) return stations.orders.send(order);
          throw new BridgeError('OCPP_NOT_CONNECTED', 'the bridge is starting');
        },
      },
    }),
  );
  let roaming: RunningOcpi | undefined;
  let authorize: ((token: string, stationId?: string) => Promise<boolean>) | undefined;
  const ocpp = started(
    await startOcpp(runtime, {
      store,
      authorize: async (token, stationId) => (authorize ? authorize(token, stationId) : false),
    }),
  );
  stations = ocpp;
  const vdv463 = started(await startVdv463(runtime));
  const ocpi = config.ocpi
    ? started(await startOcpi(runtime, { store, commands: ocpp.commands }))
    : undefined;
  roaming = ocpi;
  authorize = ocpi?.authorize;
  const planning = startCharging(runtime, ocpp.commands);
  charging = planning;
  undo.push(() => planning.stop(ANSWERS_MS));
  if (runtime.config.tables.watch) {
    const watch = watchTables(tables.folders, () => tables.reload(runtime), { log: runtime.log });
    undo.push(() => watch.stop());
  }
  const housekeeping = startHousekeeping(runtime, archive);
  undo.push(() => housekeeping.stop());
  return {
    async renewCertificates({ listen }: Config) {
      if (listen.vdv463.tls) await vdv463.reloadTls(listen.vdv463.tls);
    },
    ports: {
      ...{ admin: admin.port, ocpp: ocpp.port, vdv463: vdv463.port },
      ...(ocpi ? { ocpi: ocpi.port } : {}),
      ...(ocpp.feed ? { feed: ocpp.feed.port } : {}),
    },
  };
}

/** From here on, the journal knows with which tables and identities it was written. */
async function recordStart(journal: Journal, runtime: Runtime): Promise<JournalId> {
  const { id } = await journal.append({
    depotId: runtime.depot.id,
    link: 'bridge',
    protocol: 'bridge',
    direction: 'internal',
    action: 'BridgeStarted',
    raw: JSON.stringify({ identityVersion: runtime.identity.version, generation: runtime.tables().id }),
    causes: [],
    generation: runtime.tables().id,
  });
  return id;
}

/** Undoes in reverse order; one failure does not keep the rest from ending. */
async function unwind(undo: (() => Promise<unknown>)[], log: Logger): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      log.error({ err: error }, 'a part did not end cleanly');
    }
  }
}
