/** Whether a token that was swiped at a charger lets a roaming guest charge (2.2.1 tokens §2.2.2, whitelist types). */
import type { Runtime } from '../depot/index.js';
import { issuesOf } from '../schemas/index.js';
import type { PartnerClient } from './client.js';
import type { Guests } from './guests.js';
import { identityOf } from './guests.js';
import { textIn } from './json.js';
import type { Maker } from './maker.js';
import type { Partner } from './partners.js';
import type { Roaming } from './roaming.js';
import type { HeldToken } from './token-book.js';
import { endpointUrl, schemaName } from './version.js';

export interface AuthorizeContext {
  readonly runtime: Pick<Runtime, 'log' | 'now'>;
  readonly guests: Guests;
  readonly roaming: Roaming;
  readonly client: PartnerClient;
  readonly maker: Maker;
}

interface Candidate {
  readonly partner: Partner;
  readonly held: HeldToken;
}

/**
 * True if the token is a guest's that may charge: let in by a command of the last 15 minutes, on a partner's list,
 * or allowed by the partner now, as its whitelist type asks for. A partner counts only where it has a grant: at the
 * station named, or at any. A uid on the lists of several such partners is nobody's.
 */
export async function authorize(
  token: string,
  stationId: string | undefined,
  context: AuthorizeContext,
): Promise<boolean> {
  const { guests, runtime } = context;
  if (guests.isOwnFleet(token)) return false;
  const now = runtime.now().getTime();
  if (guests.admission(token, now)?.authMethod === 'command') return true;
  const candidates = guests.held(token).filter(({ partner }) => isGranted(partner, stationId, context));
  const [first] = candidates;
  if (!first) return false;
  if (candidates.some(({ partner }) => partner !== first.partner)) {
    runtime.log.warn(
      { partners: candidates.map(({ partner }) => partner.id) },
      'several partners know a token',
    );
    return false;
  }
  return decide(token, preferred(candidates, first), stationId, context);
}

function isGranted(partner: Partner, stationId: string | undefined, { roaming }: AuthorizeContext): boolean {
  const { places } = roaming.worldOf(partner);
  return places.some((place) => stationId === undefined || place.stationId === stationId);
}

/** A charger reads cards: an RFID token goes before others of the same uid. */
function preferred(candidates: readonly Candidate[], first: Candidate): Candidate {
  return candidates.find(({ held }) => held.guest.type === 'RFID') ?? first;
}

async function decide(
  token: string,
  candidate: Candidate,
  stationId: string | undefined,
  context: AuthorizeContext,
): Promise<boolean> {
  const { partner, held } = candidate;
  const { guest } = held;
  const mustAsk = guest.whitelist === 'never' || guest.whitelist === 'allowed-offline';
  const asked = mustAsk ? await ask(candidate, stationId, context) : undefined;
  const onOutage = guest.whitelist !== 'never' && guest.valid;
  const isIn = asked ? asked.allowed : onOutage;
  if (!isIn) return false;
  await context.guests.admit(token, {
    partnerId: partner.id,
    token: identityOf(guest),
    authMethod: asked ? 'asked' : 'listed',
    ...(asked?.reference === undefined ? {} : { authorizationReference: asked.reference }),
    at: context.runtime.now().getTime(),
  });
  return true;
}

/** The partner's word, or undefined if there is none to be had. */
async function ask(
  { partner, held }: Candidate,
  stationId: string | undefined,
  { roaming, client, runtime, maker }: AuthorizeContext,
): Promise<{ readonly allowed: boolean; readonly reference?: string } | undefined> {
  const { registration } = partner;
  const endpoint = registration && endpointUrl(registration.endpoints, 'tokens', 'SENDER');
  if (!registration || !endpoint) return undefined;
  const { version, clientToken } = registration;
  const places = roaming
    .worldOf(partner)
    .places.filter((place) => stationId === undefined || place.stationId === stationId);
  const [place] = places;
  const location = place && {
    location_id: place.locationId,
    evse_uids: places
      .filter(({ locationId }) => locationId === place.locationId)
      .map(({ evseUid }) => evseUid),
  };
  const type = textIn(held.object, 'type') ?? 'RFID';
  const url = `${endpoint}/${encodeURIComponent(held.guest.uid)}/authorize?type=${encodeURIComponent(type)}`;
  try {
    if (location) maker.check(schemaName(version, 'LocationReferences'), location, 'authorize');
    const { data } = await client.ask({
      partnerId: partner.id,
      method: 'POST',
      url,
      host: partner.host,
      clientToken,
      version,
      action: 'POST tokens authorize',
      body: location,
      lineage: { causes: [] },
      to: { countryCode: held.guest.countryCode, partyId: held.guest.partyId },
    });
    const problems = issuesOf(schemaName(version, 'AuthorizationInfo'), data, 'inbound');
    if (problems.length > 0) return undefined;
    const reference = textIn(data, 'authorization_reference');
    return {
      allowed: textIn(data, 'allowed') === 'ALLOWED',
      ...(reference === undefined ? {} : { reference }),
    };
  } catch (error) {
    runtime.log.warn({ err: error, partner: partner.id }, 'a partner could not be asked about a token');
    return undefined;
  }
}
