/** A recorded call of a station once more, through whatever tables are asked for. */
import type { StationConfig } from '../config/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation, IdentityResolver, Json, JsonObject } from '../mapping/index.js';
import { type ValidationIssue, validatorOf } from '../schemas/index.js';
import { isAction, type OcppProtocol, schemaName, tableName } from './protocol.js';
import { type FrameFacts, introductionOf, selectorOf, type Translation, translate } from './translate.js';

/** What is known of the station that sent a recorded frame. */
export type StationFacts = Pick<FrameFacts, 'stationId' | 'site' | 'boot' | 'vehicleData'>;

/** A recorded call, through tables. */
export interface ReplayedCall {
  /** The name by which tables know the message: `ocpp16.StatusNotification`. */
  readonly message: string;
  readonly received: JsonObject;
  /** Repair rows that changed it. */
  readonly repairs: readonly string[];
  /** Why it is refused as a whole; there is no translation then. */
  readonly issue?: ValidationIssue;
  readonly translation?: Translation;
}

/** The station whose own words an entry is; undefined for those of its CSMS, and for identities that are not known. */
export function stationOf(
  { link }: Pick<JournalEntry, 'link'>,
  identity: Pick<IdentityRegistry, 'stationByOcppIdentity'>,
): StationConfig | undefined {
  return link.startsWith(LINK) ? identity.stationByOcppIdentity(link.slice(LINK.length)) : undefined;
}

const LINK = 'ocpp:';

/** The payload of a recorded call; undefined for answers, other protocols and what is no frame. */
export function recordedCall(
  entry: Pick<JournalEntry, 'protocol' | 'direction' | 'raw'>,
): { protocol: OcppProtocol; action: string; payload: JsonObject } | undefined {
  const { protocol, direction, raw } = entry;
  if (direction !== 'in' || !isOcpp(protocol)) return undefined;
  let frame: Json;
  try {
    frame = JSON.parse(raw) as Json;
  } catch {
    return undefined;
  }
  const [type, , action, payload] = Array.isArray(frame) ? frame : [];
  if (type !== 2 || typeof action !== 'string' || !isAction(protocol, action)) return undefined;
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  return { protocol, action, payload };
}

/**
 * Repairs, validates and translates a recorded call. Pure: nothing is journalled or applied.
 *
 * @throws BridgeError MAP_INPUT for a payload with a key that is never accepted
 */
export function replayCall(
  entry: JournalEntry,
  generation: Generation,
  identity: IdentityResolver,
  station: StationFacts,
): ReplayedCall | undefined {
  const call = recordedCall(entry);
  if (!call) return undefined;
  const { protocol, action, payload: received } = call;
  const boot = (action === 'BootNotification' && introductionOf(protocol, received)) || station.boot;
  const { stationId, site, vehicleData } = station;
  const facts: FrameFacts = {
    ...{ id: entry.id, at: entry.at, action, protocol, stationId },
    ...(site === undefined ? {} : { site }),
    ...(boot ? { boot } : {}),
    ...(vehicleData ? { vehicleData } : {}),
  };
  const message = tableName(protocol, action);
  const { payload, repairs } = generation.repair(message, received, selectorOf(facts));
  const [issue] = validatorOf(schemaName(protocol, action))(payload);
  if (issue) return { message, received, repairs, issue };
  return { message, received, repairs, translation: translate(facts, payload, generation, identity) };
}

function isOcpp(protocol: JournalEntry['protocol']): protocol is OcppProtocol {
  return protocol.startsWith('ocpp');
}
