/** OCPI as a partner (eMSP) writes and reads it: only the members this side looks at are named. */

export type OcpiVersion = '2.1.1' | '2.2.1' | '2.3.0';

export interface Party {
  readonly countryCode: string;
  readonly partyId: string;
}

export interface CredentialsRole {
  readonly role: string;
  readonly country_code: string;
  readonly party_id: string;
  readonly business_details: { readonly name: string };
}

/** 2.2.1 on: `roles`. 2.1.1: the party itself. */
export interface Credentials {
  readonly token: string;
  readonly url: string;
  readonly roles?: readonly CredentialsRole[];
  readonly country_code?: string;
  readonly party_id?: string;
  readonly business_details?: { readonly name: string };
}

export interface VersionEntry {
  readonly version: string;
  readonly url: string;
}

export interface Endpoint {
  readonly identifier: string;
  /** Not in 2.1.1. */
  readonly role?: 'SENDER' | 'RECEIVER';
  readonly url: string;
}

/** Any OCPI object: what it is called depends on the module. */
export type OcpiObject = Readonly<Record<string, unknown>>;

/** Modules whose objects a CPO pushes to a partner. */
export type PushModule = 'locations' | 'sessions' | 'cdrs' | 'tariffs';

export type CommandType =
  | 'START_SESSION'
  | 'STOP_SESSION'
  | 'RESERVE_NOW'
  | 'CANCEL_RESERVATION'
  | 'UNLOCK_CONNECTOR';

/** The synchronous answer to a command or to a charging profile. */
export interface CommandResponse {
  readonly result: string;
  readonly timeout?: number;
}

/** What came of a command or charging profile, POSTed later. */
export interface CommandResult {
  readonly result: string;
  readonly profile?: unknown;
}

export interface ChargingProfile {
  readonly start_date_time?: string;
  /** s */
  readonly duration?: number;
  readonly charging_rate_unit: 'W' | 'A';
  readonly min_charging_rate?: number;
  readonly charging_profile_period?: readonly { readonly start_period: number; readonly limit: number }[];
}

export interface ChargingPreferences {
  readonly profile_type: 'CHEAP' | 'FAST' | 'GREEN' | 'REGULAR';
  readonly departure_time?: string;
  /** kWh */
  readonly energy_need?: number;
  readonly discharge_allowed?: boolean;
}
