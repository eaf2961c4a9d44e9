/** The versions of OCPI that we speak, and what the code must know of their differences; fields are the tables' affair. */
import { isObject } from './json.js';

export const VERSIONS = ['2.3.0', '2.2.1', '2.1.1'] as const;

/** A version that we speak, newest first in {@link VERSIONS}. */
export type OcpiVersion = (typeof VERSIONS)[number];

export interface VersionTraits {
  /** The token stands in the header as it is; since 2.2 in Base64. */
  readonly rawToken: boolean;
  /** Requests carry X-Request-ID, X-Correlation-ID and the routing headers; endpoints have a role. */
  readonly routed: boolean;
  /** Locations can say that they are not for everybody; without it only published ones go out. */
  readonly privateLocations: boolean;
  /** Credentials list roles; without them they are one party. */
  readonly roles: boolean;
  /** A CDR can take another one back. */
  readonly credits: boolean;
}

const SINCE_2_2: VersionTraits = {
  rawToken: false,
  routed: true,
  privateLocations: true,
  roles: true,
  credits: true,
};

const TRAITS: Readonly<Record<OcpiVersion, VersionTraits>> = {
  '2.3.0': SINCE_2_2,
  '2.2.1': SINCE_2_2,
  '2.1.1': { rawToken: true, routed: false, privateLocations: false, roles: false, credits: false },
};

export function traitsOf(version: OcpiVersion): VersionTraits {
  return TRAITS[version];
}

export function isOcpiVersion(text: unknown): text is OcpiVersion {
  return (VERSIONS as readonly unknown[]).includes(text);
}

/** `ocpi-2.2.1.EVSE` */
export function schemaName(version: OcpiVersion, className: string): string {
  return `ocpi-${version}.${className}`;
}

/** `ocpi221.evse` */
export function mappingName(version: OcpiVersion, name: string): string {
  return `ocpi${version.replaceAll('.', '')}.${name}`;
}

export interface Endpoint {
  readonly identifier: string;
  /** Not in 2.1.1. */
  readonly role?: string;
  readonly url: string;
}

/** Where the partner receives (or sends) a module, without trailing slashes. */
export function endpointUrl(
  endpoints: readonly Endpoint[],
  identifier: string,
  role: 'SENDER' | 'RECEIVER',
): string | undefined {
  const found = endpoints.find(
    (endpoint) => endpoint.identifier === identifier && (endpoint.role ?? role) === role,
  );
  return found?.url.replace(/\/+$/, '');
}

/** The endpoints of a VersionDetails body that was validated. */
export function endpointsOf(details: unknown): readonly Endpoint[] {
  if (!isObject(details) || !Array.isArray(details['endpoints'])) return [];
  return details['endpoints'].filter(isObject).map((endpoint) => ({
    identifier: String(endpoint['identifier']),
    ...(typeof endpoint['role'] === 'string' ? { role: endpoint['role'] } : {}),
    url: String(endpoint['url']),
  }));
}
