/** Which charging points a partner may see, by its grants, and where they stand. Nothing else exists for it. */
import { createHash } from 'node:crypto';
import {
  type Config,
  controlOf,
  type DepotConfig,
  type OcpiConfig,
  type PartnerConfig,
  type PointConfig,
  type StationConfig,
} from '../config/index.js';
import type { ConnectorView, EvsePlace, LocationView } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { evseIdOf, type IdentityRegistry } from '../identity/index.js';

export interface GrantedPlace extends EvsePlace {
  readonly locationId: string;
  /** What guests of this partner pay here; absent: nobody said. */
  readonly tariffId?: string;
  readonly meterId?: string;
}

/** A location as one partner sees it, without its EVSEs. */
export type LocationFacts = Omit<LocationView, 'evses' | 'lastUpdated'>;

export interface Granted {
  readonly locations: readonly LocationFacts[];
  readonly places: readonly GrantedPlace[];
}

/**
 * The grants of a partner, resolved. Points granted with and without `publish` make two locations.
 * @throws BridgeError OCPI_NOT_CONFIGURED if a granted depot has no address
 */
export function grantedTo(
  partner: PartnerConfig,
  depot: DepotConfig,
  party: OcpiConfig['party'],
  identity: IdentityRegistry,
  config: Pick<Config, 'ocpp'>,
): Granted {
  const grants = partner.grants.filter((grant) => grant.depot === depot.id);
  const isMixed = new Set(grants.map(({ publish = false }) => publish)).size > 1;
  const locations = new Map<string, LocationFacts>();
  const places = new Map<string, GrantedPlace>();
  for (const { points, publish = false, tariff } of grants) {
    const locationId = locationIdOf(depot.id, isMixed && !publish);
    locations.set(locationId, locationFacts(depot, party, partner, locationId, publish));
    for (const pointId of points) {
      const entry = identity.points.get(pointId);
      if (!entry || places.has(pointId)) continue;
      places.set(pointId, {
        locationId,
        stationId: entry.station.id,
        pointId,
        evseUid: entry.evseUid,
        evseId: evseIdOf(party, pointId),
        connector: connectorOf(entry.point, entry.station, tariff),
        ...(tariff === undefined ? {} : { tariffId: tariff }),
        ...(entry.point.meterId === undefined ? {} : { meterId: entry.point.meterId }),
        // Whose station it is starts and stops there.
        remoteStart: controlOf(config, entry.station) === 'full',
      });
    }
  }
  return { locations: [...locations.values()], places: [...places.values()] };
}

/** The depot's id where OCPI can carry it (36 characters, one path segment), else a name made of it. */
function locationIdOf(depotId: string, isPrivate: boolean): string {
  const id = isPrivate ? `${depotId}-private` : depotId;
  return /^[A-Za-z0-9._*+-]{1,36}$/.test(id)
    ? id
    : createHash('sha256').update(id).digest('hex').slice(0, 36);
}

function locationFacts(
  depot: DepotConfig,
  party: OcpiConfig['party'],
  partner: PartnerConfig,
  locationId: string,
  publish: boolean,
): LocationFacts {
  const { address } = depot;
  if (!address) {
    const message = `depot ${depot.id} is granted to ${partner.id} but has no address`;
    throw new BridgeError('OCPI_NOT_CONFIGURED', message, { partner: partner.id });
  }
  const { countryCode, partyId, name } = party;
  return {
    countryCode,
    partyId,
    operatorName: name,
    locationId,
    publish,
    name: depot.name,
    street: address.street,
    ...(address.postalCode === undefined ? {} : { postalCode: address.postalCode }),
    city: address.city,
    country: address.country,
    latitude: sixDecimals(address.latitude),
    longitude: sixDecimals(address.longitude),
    timeZone: depot.timeZone,
  };
}

/** Six decimals (0.1 m) are what every version takes. */
function sixDecimals(degrees: string): string {
  return Number(degrees).toFixed(6);
}

function connectorOf(
  point: PointConfig,
  station: StationConfig,
  tariffId: string | undefined,
): EvsePlace['connector'] {
  const { standard, format, powerType, maxVoltage, maxAmperage, connector } = point;
  return {
    connectorId: String(connector),
    // A word that OCPI does not know is refused by the table when the EVSE is made.
    standard: standard as ConnectorView['standard'],
    format,
    powerType,
    maxVoltageV: maxVoltage,
    maxCurrentA: maxAmperage,
    ...(station.maxPowerKw === undefined ? {} : { maxPowerW: Math.round(station.maxPowerKw * 1000) }),
    ...(tariffId === undefined ? {} : { tariffId }),
  };
}
