/**
 * One frame of a station through the tables: a pure function, the same for frames that come now, for frames that a
 * proxy or feed sees, and for replay.
 */
import type { VehicleDataConfig } from '../config/index.js';
import type { DomainEvent, JournalId, StationBooted, StationEvent } from '../domain/index.js';
import { instantAt } from '../domain/index.js';
import type {
  Generation,
  IdentityResolver,
  JsonObject,
  MapFailure,
  MapNote,
  Provenance,
  RunContext,
  Selector,
} from '../mapping/index.js';
import { type OcppProtocol, tableName } from './protocol.js';
import { vehicleData, vehicleIdentifiedBy } from './vehicle-data.js';

/** What is known of a frame beside its payload. */
export interface FrameFacts {
  readonly id: JournalId;
  /** Receipt, milliseconds since 1970. */
  readonly at: number;
  readonly action: string;
  readonly protocol: OcppProtocol;
  readonly stationId: string;
  /** The depot, for overlays of one site. */
  readonly site?: string;
  /** What the station last said of itself: selects overlays. */
  readonly boot?: Pick<StationBooted, 'vendor' | 'model' | 'firmware'> | undefined;
  /** Messages by which vehicles are named, as configured. */
  readonly vehicleData?: readonly VehicleDataConfig[];
  /** {@link selectorOf} these facts, where it is kept from frame to frame: what fits it is then found only once. */
  readonly select?: Selector | undefined;
}

export interface Translation {
  readonly events: readonly DomainEvent[];
  /** Objects that no table could make whole; the others of the frame stand. */
  readonly failures: readonly MapFailure[];
  readonly notes: readonly MapNote[];
}

const PEER_VERSIONS: Readonly<Record<OcppProtocol, string>> = {
  'ocpp1.6': '1.6',
  'ocpp2.0.1': '2.0.1',
  'ocpp2.1': '2.1',
};

/** The overlays that apply to a station: by what it said of itself, or of this message if it says so just now. */
export function selectorOf(facts: FrameFacts): Selector {
  const { boot, site, stationId, protocol, select } = facts;
  if (select) return select;
  return {
    station: stationId,
    peerVersion: PEER_VERSIONS[protocol],
    ...(site === undefined ? {} : { site }),
    ...(boot === undefined ? {} : { vendor: boot.vendor, model: boot.model }),
    ...(boot?.firmware === undefined ? {} : { firmware: boot.firmware }),
  };
}

/**
 * The boot facts in a BootNotification itself, unchecked: they select the overlays that may have to repair it.
 */
export function introductionOf(protocol: OcppProtocol, payload: JsonObject): FrameFacts['boot'] | undefined {
  const said = protocol === 'ocpp1.6' ? payload : payload['chargingStation'];
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined;
  const vendor = said[protocol === 'ocpp1.6' ? 'chargePointVendor' : 'vendorName'];
  const model = said[protocol === 'ocpp1.6' ? 'chargePointModel' : 'model'];
  const firmware = said['firmwareVersion'];
  if (typeof vendor !== 'string' || typeof model !== 'string') return undefined;
  return { vendor, model, ...(typeof firmware === 'string' ? { firmware } : {}) };
}

/** The envelope that tables read as `env`. */
function envelopeOf({ boot, stationId, protocol, at }: FrameFacts): JsonObject {
  const receivedAt = instantAt(at);
  if (boot === undefined) return { stationId, protocol, receivedAt };
  const { vendor, model, firmware } = boot;
  if (firmware === undefined) return { stationId, protocol, receivedAt, vendor, model };
  return { stationId, protocol, receivedAt, vendor, model, firmware };
}

/** `payload` is repaired and valid. Every event names the frame it came from and the rules that made it. */
export function translate(
  facts: FrameFacts,
  payload: JsonObject,
  generation: Generation,
  identity: IdentityResolver,
): Translation {
  const events: DomainEvent[] = [];
  const failures: MapFailure[] = [];
  const notes: MapNote[] = [];
  const context: RunContext = { identity, select: selectorOf(facts), passedOver: notes };
  const inputs = { msg: payload, env: envelopeOf(facts) };
  for (const mapping of generation.forMessage(tableName(facts.protocol, facts.action))) {
    for (const result of mapping.runAll(inputs, context)) {
      if (!result.ok) {
        failures.push(result.error);
        continue;
      }
      const { target, value, provenance } = result;
      if (result.notes) notes.push(...result.notes);
      events.push({
        // The compiler has checked that the value fits the target.
        type: eventNamed(target),
        stationId: facts.stationId,
        payload: value,
        raw: facts.id,
        ruleOf: (path: string) => ruleAt(provenance, path, mapping.name),
      } as unknown as StationEvent);
    }
  }
  const vehicle = vehicleNamed(facts, payload, identity);
  if (vehicle) events.push(vehicle);
  return { events: readingsLast(events), failures, notes };
}

const eventNames = new Map<string, string>();

/** `bridge.<Event>` without its space. There are as many as the tables have targets. */
function eventNamed(target: string): string {
  let name = eventNames.get(target);
  if (name === undefined) {
    name = target.slice('bridge.'.length);
    eventNames.set(target, name);
  }
  return name;
}

function vehicleNamed(
  { action, vehicleData: declared, stationId, at, id }: FrameFacts,
  payload: JsonObject,
  identity: IdentityResolver,
): DomainEvent | undefined {
  const found = action === 'DataTransfer' && declared ? vehicleData(declared, payload) : undefined;
  if (!found) return undefined;
  const identified = vehicleIdentifiedBy(found, identity, {
    stationId,
    receivedAt: instantAt(at),
  });
  if (!identified) return undefined;
  return {
    type: 'VehicleIdentified',
    stationId,
    payload: identified,
    raw: id,
    ruleOf: () => 'bridge/vehicle-data',
  };
}

/** Readings count towards the transaction that the same frame begins, so its beginning comes first. */
function readingsLast(events: readonly DomainEvent[]): readonly DomainEvent[] {
  if (events.length < 2) return events;
  const isReading = (event: DomainEvent) => event.type === 'MeterSampled';
  return [...events.filter((event) => !isReading(event)), ...events.filter(isReading)];
}

function ruleAt(provenance: Provenance, path: string, mapping: string): string {
  return path === '' ? mapping : (provenance.ruleOf(tablePath(path)) ?? mapping);
}

/** So many paths are remembered; the reducer asks for the same few again and again. */
const MOST_PATHS = 4_096;
const tablePaths = new Map<string, string>();

/** State names list elements `samples.0.powerW`, tables `samples[0].powerW`. */
function tablePath(path: string): string {
  const known = tablePaths.get(path);
  if (known !== undefined) return known;
  const written = path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]');
  if (tablePaths.size < MOST_PATHS) tablePaths.set(path, written);
  return written;
}
