/** Looks at a partner's versions and version details with the token it gave us. */
import type { JournalId } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { validatorOf } from '../schemas/index.js';
import type { PartnerClient } from './client.js';
import { isObject, textIn } from './json.js';
import { type Endpoint, endpointsOf, type OcpiVersion, schemaName } from './version.js';

export interface Peer {
  readonly partnerId: string;
  readonly versionsUrl: string;
  readonly clientToken: string;
  /** The version whose credentials endpoint the partner chose. */
  readonly version: OcpiVersion;
  /** The request that asks for it. */
  readonly cause: JournalId;
}

/**
 * The partner's endpoints of this version.
 * @throws BridgeError OCPI_PEER_UNUSABLE (3001), OCPI_NO_MUTUAL_VERSION (3002), OCPI_NO_ENDPOINT (3003),
 * OCPI_ADDRESS_REFUSED
 */
export async function discover(client: PartnerClient, peer: Peer): Promise<readonly Endpoint[]> {
  const { version } = peer;
  const versions = await get(client, peer, peer.versionsUrl, undefined, 'versions');
  const known = Array.isArray(versions) ? versions : [];
  const entry = known.find((candidate) => isObject(candidate) && candidate['version'] === version);
  if (!entry) throw new BridgeError('OCPI_NO_MUTUAL_VERSION', `the partner does not list version ${version}`);
  const host = new URL(peer.versionsUrl).hostname;
  const details = await get(client, peer, textIn(entry, 'url') ?? '', host, 'version_details');
  const [issue] = validatorOf(schemaName(version, 'VersionDetails'), 'inbound')(details);
  if (issue) throw unusable(`its version details are invalid: ${issue.message}`);
  const endpoints = endpointsOf(details);
  if (!endpoints.some(({ identifier }) => identifier === 'credentials')) {
    throw new BridgeError('OCPI_NO_ENDPOINT', 'the partner announces no credentials endpoint');
  }
  return endpoints;
}

async function get(
  client: PartnerClient,
  { partnerId, clientToken, version, cause }: Peer,
  url: string,
  host: string | undefined,
  action: string,
): Promise<unknown> {
  try {
    const lineage = { causes: [cause] };
    const call = {
      partnerId,
      url,
      host,
      clientToken,
      version,
      lineage,
      method: 'GET',
      action: `GET ${action}`,
    } as const;
    return (await client.ask(call)).data;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'OCPI_ADDRESS_REFUSED') throw error;
    throw unusable(`its ${action} could not be read`, error);
  }
}

function unusable(message: string, cause?: unknown): BridgeError {
  return new BridgeError('OCPI_PEER_UNUSABLE', `the partner's API cannot be used: ${message}`, {}, { cause });
}
