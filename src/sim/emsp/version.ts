import type { Endpoint, OcpiVersion } from './messages.js';

/** What distinguishes the versions on the wire, as far as a partner meets it. */
export interface VersionTraits {
  /** The token stands in the header as it is, not in Base64. */
  readonly rawToken: boolean;
  /** Messages carry X-Request-ID and the routing headers, endpoints a role. */
  readonly routed: boolean;
  /** Class of the body that tells what came of a command. */
  readonly commandResultClass: string;
  readonly chargingProfiles: boolean;
}

const OLD: VersionTraits = {
  rawToken: true,
  routed: false,
  commandResultClass: 'CommandResponse',
  chargingProfiles: false,
};
const NEW: VersionTraits = {
  rawToken: false,
  routed: true,
  commandResultClass: 'CommandResult',
  chargingProfiles: true,
};

const TRAITS: Readonly<Record<OcpiVersion, VersionTraits>> = { '2.1.1': OLD, '2.2.1': NEW, '2.3.0': NEW };

export function traitsOf(version: OcpiVersion): VersionTraits {
  return TRAITS[version];
}

export function isOcpiVersion(text: string): text is OcpiVersion {
  return text in TRAITS;
}

/** The highest version of ours that the other side lists too (they compare as text). */
export function highestMutual(
  ours: readonly OcpiVersion[],
  theirs: readonly string[],
): OcpiVersion | undefined {
  return ours
    .filter((version) => theirs.includes(version))
    .sort()
    .at(-1);
}

/** The endpoints a partner announces: it receives what a CPO pushes and sends its tokens and commands. */
export function partnerEndpoints(version: OcpiVersion, baseUrl: string): readonly Endpoint[] {
  const { routed, chargingProfiles } = traitsOf(version);
  const receiver = ['locations', 'sessions', 'cdrs', 'tariffs'];
  const sender = ['credentials', 'tokens', 'commands', ...(chargingProfiles ? ['chargingprofiles'] : [])];
  const endpoint = (role: 'SENDER' | 'RECEIVER') => (identifier: string) => ({
    identifier,
    ...(routed ? { role } : {}),
    url: `${baseUrl}/${version}/${identifier}`,
  });
  return [...sender.map(endpoint('SENDER')), ...receiver.map(endpoint('RECEIVER'))];
}
