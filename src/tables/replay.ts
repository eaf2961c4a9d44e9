/** What a recorded payload becomes through some generation of tables: for shadow replays and parked objects. */
import type { Runtime } from '../depot/index.js';
import type { DomainEvent } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation, JsonObject, MapFailure } from '../mapping/index.js';
import { replayCall, stationOf } from '../ocpp/index.js';
import { replayRequests } from '../vdv463/index.js';

/** The part of the bridge that a replay looks at; none of it is changed. */
export type ReplayWorld = Pick<Runtime, 'config' | 'depot' | 'identity'>;

export interface Replayed {
  /** The message's own word: `ocpp16.StatusNotification`, `ProvideChargingRequests`. */
  readonly message: string;
  readonly events: readonly DomainEvent[];
  readonly failures: readonly MapFailure[];
}

/**
 * Undefined: nothing that tables read on the way in (answers, heartbeats of a link, what was refused by protocol). What
 * is refused before any table reads it, such as a forbidden key, is a failure of the whole message.
 */
export function replayEntry(
  entry: JournalEntry,
  generation: Generation,
  world: ReplayWorld,
): Replayed | undefined {
  if (entry.direction !== 'in') return undefined;
  try {
    return replayByProtocol(entry, generation, world);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    const { code, message, where } = error;
    const path = where.path === undefined ? {} : { path: where.path };
    return {
      message: entry.action,
      events: [],
      failures: [{ code, mapping: entry.action, message, ...path }],
    };
  }
}

function replayByProtocol(
  entry: JournalEntry,
  generation: Generation,
  world: ReplayWorld,
): Replayed | undefined {
  if (entry.protocol.startsWith('ocpp')) return replayOcpp(entry, generation, world);
  if (entry.protocol === 'vdv463') return replayVdv463(entry, generation, world);
  return undefined;
}

function replayOcpp(entry: JournalEntry, generation: Generation, world: ReplayWorld): Replayed | undefined {
  const station = stationOf(entry, world.identity);
  if (!station) return undefined;
  const boot = world.depot.state.stations.get(station.id)?.boot?.value;
  const facts = {
    stationId: station.id,
    site: world.depot.id,
    vehicleData: world.config.ocpp.vehicleDataTransfer,
    ...(boot ? { boot } : {}),
  };
  const call = replayCall(entry, generation, world.identity, facts);
  if (!call) return undefined;
  const { message, issue, translation } = call;
  if (translation) return { message, events: translation.events, failures: translation.failures };
  const { path = '', message: reason = 'not valid' } = issue ?? {};
  return {
    message,
    events: [],
    failures: [{ code: 'OCPP_INVALID_PAYLOAD', mapping: message, path, message: reason }],
  };
}

function replayVdv463(entry: JournalEntry, generation: Generation, world: ReplayWorld): Replayed | undefined {
  const presystemId = entry.link.slice('vdv463:'.length);
  const upstream = world.config.upstreams.find((each) => each.presystemId === presystemId);
  const replayed = upstream && replayRequests(entry, generation, world.identity, upstream);
  if (!replayed) return undefined;
  return { message: entry.action, events: [replayed.event], failures: replayed.failures };
}

/** The payload of an event as plain JSON. */
export function payloadOf(event: DomainEvent): JsonObject {
  return event.payload as unknown as JsonObject;
}
