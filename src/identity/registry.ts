/**
 * Who is who: one registry, built from the configuration, resolves ids both ways between OCPP, VDV 463 and
 * OCPI. A registry never changes; a new configuration makes a new one, known by its `version`, which is
 * journalled, so that an old journal replays with the ids of its day.
 */
import { createHash } from 'node:crypto';
import type { OcpiConfig, PointConfig, StationConfig, VehicleConfig } from '../config/index.js';
import type { IdentityResolver, Json } from '../mapping/index.js';

/** The identifiers a table may ask for, with what its key holds. */
export const IDENTITY_KINDS = {
  station: 'OCPP identity → station id',
  point: 'station id, OCPP 1.6 connectorId or 2.x evseId → point id',
  vehicle: 'idTag, idToken or evccId → vehicle id',
  vin: 'VIN → vehicle id: the id itself (any case), or the vehicle with this token',
  'evse-uid': 'point id → OCPI evse_uid',
  'evse-id': 'point id → OCPI evse_id (eMI3); none without ocpi.party',
} as const;

export type IdentityKind = keyof typeof IDENTITY_KINDS;

export interface PointEntry {
  readonly point: PointConfig;
  readonly station: StationConfig;
  /** OCPI evse_uid: stable for the bay, whatever charger stands there. */
  readonly evseUid: string;
}

/** What a registry is built from. */
export interface IdentityFacts {
  readonly depots: readonly [{ readonly id: string; readonly stations: readonly StationConfig[] }];
  readonly vehicles: readonly VehicleConfig[];
  readonly ocpi?: { readonly party: OcpiParty };
}

export class IdentityRegistry implements IdentityResolver {
  readonly depotId: string;
  /** SHA-256 of everything this registry knows. */
  readonly version: string;
  readonly stations: ReadonlyMap<string, StationConfig>;
  readonly points: ReadonlyMap<string, PointEntry>;
  readonly vehicles: ReadonlyMap<string, VehicleConfig>;
  readonly #byOcppIdentity = new Map<string, StationConfig>();
  readonly #byConnector = new Map<string, string>();
  readonly #byToken = new Map<string, string>();
  readonly #byEvseUid = new Map<string, string>();
  readonly #party: OcpiParty | undefined;

  constructor(config: IdentityFacts) {
    const [depot] = config.depots;
    this.depotId = depot.id;
    this.stations = new Map(depot.stations.map((station) => [station.id, station]));
    this.vehicles = new Map(config.vehicles.map((vehicle) => [vehicle.id, vehicle]));
    this.#party = config.ocpi?.party;
    const points = new Map<string, PointEntry>();
    for (const station of depot.stations) {
      this.#byOcppIdentity.set(station.ocpp.identity, station);
      for (const point of station.points) {
        const evseUid = stableUuid(`${depot.id}/${point.id}`);
        points.set(point.id, { point, station, evseUid });
        this.#byEvseUid.set(evseUid, point.id);
        this.#byConnector.set(connectorKey(station.id, point.evse ?? point.connector), point.id);
      }
    }
    this.points = points;
    for (const vehicle of config.vehicles) {
      for (const token of vehicle.tokens ?? []) this.#byToken.set(tokenKey(token), vehicle.id);
      if (vehicle.evccId) this.#byToken.set(tokenKey(vehicle.evccId), vehicle.id);
    }
    const { facts } = this;
    this.version = hashOf({
      depotId: depot.id,
      stations: facts.depots[0].stations,
      vehicles: facts.vehicles,
      party: this.#party,
    });
  }

  /** All that it knows, without passwords: a registry built from it is this one. */
  get facts(): IdentityFacts {
    return {
      depots: [{ id: this.depotId, stations: [...this.stations.values()].map(withoutSecrets) }],
      vehicles: [...this.vehicles.values()],
      ...(this.#party ? { ocpi: { party: this.#party } } : {}),
    };
  }

  /** Our id for a foreign key, or undefined. Numbers and texts are the same key. */
  resolve(kind: string, key: readonly Json[]): string | undefined {
    const [first, second] = key;
    switch (kind as IdentityKind) {
      case 'station':
        return this.stationByOcppIdentity(String(first))?.id;
      case 'point':
        return this.#byConnector.get(connectorKey(String(first), Number(second)));
      case 'vehicle':
        return this.vehicleByToken(String(first));
      case 'vin':
        return this.#vehicleByVin(String(first));
      case 'evse-uid':
        return this.points.get(String(first))?.evseUid;
      case 'evse-id':
        return this.#party && this.points.has(String(first))
          ? evseIdOf(this.#party, String(first))
          : undefined;
      default:
        return undefined;
    }
  }

  stationByOcppIdentity(identity: string): StationConfig | undefined {
    return this.#byOcppIdentity.get(identity);
  }

  /** The vehicle of an idTag, idToken or EVCC id; written forms of one MAC address are one key. */
  vehicleByToken(token: string): string | undefined {
    return this.#byToken.get(tokenKey(token));
  }

  #vehicleByVin(vin: string): string | undefined {
    const upper = vin.trim().toUpperCase();
    for (const id of this.vehicles.keys()) if (id.toUpperCase() === upper) return id;
    return this.vehicleByToken(vin);
  }

  pointByEvseUid(evseUid: string): PointEntry | undefined {
    const pointId = this.#byEvseUid.get(evseUid.toLowerCase());
    return pointId ? this.points.get(pointId) : undefined;
  }
}

function connectorKey(stationId: string, number: number): string {
  return `${stationId}\u001f${number}`;
}

/** idTags are case-insensitive (OCPP 1.6 §4: CiString); a MAC may come as `VID:`, with `:`, `-` or bare. */
function tokenKey(token: string): string {
  const lower = token.trim().toLowerCase();
  const mac = lower.replace(/^vid:/, '').replaceAll(/[:-]/g, '');
  return /^[0-9a-f]{12}$/.test(mac) ? `mac:${mac}` : lower;
}

type OcpiParty = OcpiConfig['party'];

/** OCPI evse_id (eMI3, ISO 15118-2 annex H.2) of a charging point: it needs a party, and there is none without OCPI. */
export function evseIdOf({ countryCode, partyId }: OcpiParty, pointId: string): string {
  return `${countryCode}*${partyId}*E${alphanumeric(pointId)}`;
}

function alphanumeric(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '*')
    .slice(0, 30);
}

/** A UUID (RFC 9562, version 8) that depends on the name alone. */
function stableUuid(name: string): string {
  const hex = createHash('sha256').update(`depotbridge:${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function withoutSecrets(station: StationConfig): StationConfig {
  return { ...station, ocpp: { identity: station.ocpp.identity } };
}
