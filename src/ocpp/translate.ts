/**
 * One frame of a station through the tables: a pure function, the same for frames that come now, for frames that a
 * proxy or feed sees, and for replay.
 */
import type { VehicleDataConfig } from '../config/index.js';
import type { DomainEvent, JournalId, StationBooted, StationEvent } from '../domain/index.js';
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
  readonly boot?: Pick<StationBooted, 'vendor' | 'model' | 'firmware'>;
  /** Messages by which vehicles are named, as configured. */
  readonly vehicleData?: readonly VehicleDataConfig[];
}

export interface Translation {
  readonly events: readonly DomainEvent[];
  /** Objects that no table could make whole; the others of the frame stand. */
  readonly failures: readonly MapFailure[];
  readonly notes: readonly MapNote[];
  /** Rules that took part. */
  readonly rules: readonly string[];
}

const PEER_VERSIONS: Readonly<Record<OcppProtocol, string>> = {
  'ocpp1.6': '1.6',
  'ocpp2.0.1': '2.0.1',
  'ocpp2.1': '2.1',
};

/** The overlays that apply to a station: by what it said of itself, or of this message if it says so just now. */
export function selectorOf(facts: FrameFacts): Selector {
  const { boot, site, stationId, protocol } = facts;
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
function envelopeOf(facts: FrameFacts): JsonObject {
  const { boot, stationId, protocol, at } = facts;
  return {
    stationId,
    protocol,
    receivedAt: new Date(at).toISOString(),
    ...(boot === undefined ? {} : { vendor: boot.vendor, model: boot.model }),
    ...(boot?.firmware === undefined ? {} : { firmware: boot.firmware }),
  };
}

/** `payload` is repaired and valid. Every event names the frame it came from and the rules that made it. */
export function translate(
  facts: FrameFacts,
  payload: JsonObject,
  generation: Generation,
  identity: IdentityResolver,
): Translation {
  const context: RunContext = { identity, select: selectorOf(facts) };
  const events: DomainEvent[] = [];
  const failures: MapFailure[] = [];
  const notes: MapNote[] = [];
  const rules = new Set<string>();
  const inputs = { msg: payload, env: envelopeOf(facts) };
  for (const mapping of generation.forMessage(tableName(facts.protocol, facts.action))) {
    for (const result of mapping.runAll(inputs, context)) {
      if (!result.ok) {
        failures.push(result.error);
        continue;
      }
      const { target, value, provenance } = result;
      for (const rule of provenance.rules()) rules.add(rule);
      notes.push(...(result.notes ?? []));
      events.push({
        // A target is `bridge.<Event>`: the compiler has checked that the value fits it.
        type: target.slice('bridge.'.length),
        stationId: facts.stationId,
        payload: value,
        raw: facts.id,
        ruleOf: (path: string) => ruleAt(provenance, path, mapping.name),
      } as unknown as StationEvent);
    }
  }
  const vehicle = vehicleNamed(facts, payload, identity);
  if (vehicle) events.push(vehicle);
  return { events: readingsLast(events), failures, notes, rules: [...rules] };
}

function vehicleNamed(
  { action, vehicleData: declared, ...facts }: FrameFacts,
  payload: JsonObject,
  identity: IdentityResolver,
): DomainEvent | undefined {
  const found = action === 'DataTransfer' && declared ? vehicleData(declared, payload) : undefined;
  if (!found) return undefined;
  const { stationId, at, id } = facts;
  return {
    type: 'VehicleIdentified',
    stationId,
    payload: vehicleIdentifiedBy(found, identity, { stationId, receivedAt: new Date(at).toISOString() }),
    raw: id,
    ruleOf: () => 'bridge/vehicle-data',
  };
}

/** Readings count towards the transaction that the same frame begins, so its beginning comes first. */
function readingsLast(events: readonly DomainEvent[]): DomainEvent[] {
  const isReading = (event: DomainEvent) => event.type === 'MeterSampled';
  return [...events.filter((event) => !isReading(event)), ...events.filter(isReading)];
}

/** State names list elements `samples.0.powerW`, tables `samples[0].powerW`. */
function ruleAt(provenance: Provenance, path: string, mapping: string): string {
  if (path === '') return mapping;
  return provenance.ruleOf(path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]')) ?? mapping;
}
