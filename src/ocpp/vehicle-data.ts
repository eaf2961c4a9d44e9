/**
 * Vehicles that a station names by DataTransfer (OCPP 1.6 §4.3, 2.0.1 P02): every vendor has its own message, so the
 * configuration declares where in it the vehicle stands; tables cannot read JSON inside of a text.
 */
import type { VehicleDataConfig } from '../config/index.js';
import type { StationState, VehicleIdentified } from '../domain/index.js';
import type { IdentityResolver, JsonObject } from '../mapping/index.js';

/** What a DataTransfer says of the vehicle that is plugged in. */
export interface VehicleData {
  readonly vin?: string;
  readonly evccId?: string;
  /** OCPP 1.6 connectorId, 2.x evseId. */
  readonly connector?: number;
  readonly transactionId?: string;
}

/** The status of the answer (1.6 §7.14, 2.0.1 DataTransferStatusEnumType), which both versions share. */
export type DataTransferStatus = 'Accepted' | 'Rejected' | 'UnknownMessageId' | 'UnknownVendorId';

/** What the answer says: whether the message is declared, and whether what it says was taken. */
export function dataTransferStatus(
  declared: readonly VehicleDataConfig[],
  payload: JsonObject,
  isTaken: boolean,
): DataTransferStatus {
  const ofVendor = declared.filter(({ vendorId }) => vendorId === payload['vendorId']);
  if (ofVendor.length === 0) return 'UnknownVendorId';
  if (!ofVendor.some((each) => isMeant(each, payload))) return 'UnknownMessageId';
  return isTaken && vehicleData(declared, payload) ? 'Accepted' : 'Rejected';
}

/** Whether the state can place a vehicle that was named: at a point, in a known transaction, or at the only point there is. */
export function hasPlace(
  { pointId, transactionId }: VehicleIdentified,
  station: Pick<StationState, 'points' | 'transactions'> | undefined,
): boolean {
  if (!station) return false;
  if (pointId !== undefined) return Object.hasOwn(station.points, pointId);
  if (transactionId !== undefined) return Object.hasOwn(station.transactions, transactionId);
  return Object.keys(station.points).length === 1;
}

/** The vehicle named in a valid DataTransfer; undefined if none is, or nobody declared the message. */
export function vehicleData(
  declared: readonly VehicleDataConfig[],
  payload: JsonObject,
): VehicleData | undefined {
  for (const each of declared) {
    if (!isMeant(each, payload)) continue;
    const at = (path: string | undefined) => (path === undefined ? undefined : textAt(payload['data'], path));
    const vin = at(each.vin);
    const evccId = hexOf(at(each.evccId));
    if (vin === undefined && evccId === undefined) continue;
    const connector = Number(at(each.connector));
    const transactionId = at(each.transactionId);
    return {
      ...(vin === undefined ? {} : { vin }),
      ...(evccId === undefined ? {} : { evccId }),
      ...(Number.isInteger(connector) ? { connector } : {}),
      ...(transactionId === undefined ? {} : { transactionId }),
    };
  }
  return undefined;
}

/**
 * The event for the model: VIN and EVCC id lead to a vehicle of the configuration, or to none. Nothing if the port it names
 * is not configured, or nobody is named who could be known later.
 */
export function vehicleIdentifiedBy(
  { vin, evccId, connector, transactionId }: VehicleData,
  identity: IdentityResolver,
  facts: { readonly stationId: string; readonly receivedAt: string },
): VehicleIdentified | undefined {
  const pointId =
    connector === undefined ? undefined : identity.resolve('point', [facts.stationId, connector]);
  const byVin = vin === undefined ? undefined : identity.resolve('vin', [vin]);
  const vehicleId = byVin ?? (evccId === undefined ? undefined : identity.resolve('vehicle', [evccId]));
  const isLost = connector !== undefined && pointId === undefined && transactionId === undefined;
  if (isLost || (vehicleId === undefined && evccId === undefined)) return undefined;
  return {
    ...(pointId === undefined ? {} : { pointId }),
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(vehicleId === undefined ? {} : { vehicleId }),
    ...(evccId === undefined ? {} : { evccId }),
    receivedAt: facts.receivedAt,
  };
}

function isMeant({ vendorId, messageId }: VehicleDataConfig, payload: JsonObject): boolean {
  return vendorId === payload['vendorId'] && (messageId === undefined || messageId === payload['messageId']);
}

/** The text or number at a path (`data` is the data itself, `data.vehicle.vin` inside of it); JSON in a text is read. */
function textAt(data: unknown, path: string): string | undefined {
  const [, ...steps] = path.split('.');
  let value = steps.length > 0 && typeof data === 'string' ? parsed(data) : data;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).trim() || undefined;
}

/** Undefined for what is no JSON: such a message names no vehicle. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An EVCC id as the model writes it; undefined for what is none. */
function hexOf(text: string | undefined): string | undefined {
  const hex = text?.replace(/^VID:/i, '').replaceAll(/[:-]/g, '').toUpperCase();
  return hex && /^([0-9A-F]{2})+$/.test(hex) ? hex : undefined;
}
