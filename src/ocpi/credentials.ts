/** Credentials (2.2.1 credentials module): how a partner registers, renews and ends. */
import type { OcpiConfig } from '../config/index.js';
import type { Runtime } from '../depot/index.js';
import { BridgeError } from '../errors/index.js';
import { validatorOf } from '../schemas/index.js';
import type { PartnerClient } from './client.js';
import { hashOf, newServerToken } from './credentials-token.js';
import { discover } from './discover.js';
import { isObject, textIn } from './json.js';
import type { Maker } from './maker.js';
import type { Partner, Partners, Registration } from './partners.js';
import { invalid } from './refusal.js';
import type { Answer, Heard, OcpiServer } from './server.js';
import { type OcpiVersion, schemaName, traitsOf } from './version.js';

export interface CredentialsContext {
  readonly runtime: Runtime;
  readonly ocpi: OcpiConfig;
  readonly partners: Partners;
  readonly client: PartnerClient;
  readonly maker: Maker;
  readonly baseUrl: () => string;
}

export function addCredentials(server: OcpiServer, context: CredentialsContext): void {
  const path = '/:version/credentials';
  const inTurn = turns();
  const add = (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    handler: (heard: Heard) => Answer | Promise<Answer>,
  ) => server.route(method, path, 'credentials', 'configuration', handler);
  // Only a hash of our token is kept; the one just presented is the one to give back.
  add('GET', ({ version, presented }) => ({ data: credentialsOf(version, presented.token, context) }));
  add('POST', (heard) => {
    if (heard.presented.kind !== 'registration') throw notAllowed('this partner is registered already');
    return inTurn(heard.partner.id, () => agree(heard, context));
  });
  add('PUT', (heard) => {
    requireRegistered(heard);
    return inTurn(heard.partner.id, () => agree(heard, context));
  });
  add('DELETE', async (heard) => {
    requireRegistered(heard);
    await heard.partner.unregister();
    return {};
  });
}

function requireRegistered({ partner, presented }: Heard): void {
  if (presented.kind !== 'server' || !partner.registration)
    throw notAllowed('this partner is not registered');
}

function notAllowed(message: string): BridgeError {
  return new BridgeError('OCPI_NOT_ALLOWED', message);
}

/**
 * The handshake as the one who is asked: look at the partner's versions with its token, store, answer with a new
 * token of ours. Nothing is stored unless all of it worked.
 */
async function agree(heard: Heard, context: CredentialsContext): Promise<Answer> {
  const { partner, presented, version, body, entry } = heard;
  const { runtime, partners, client } = context;
  const before = partner.registration;
  if (presented.kind === 'registration' && before && !before.pending) {
    throw notAllowed('this partner is registered already');
  }
  const [issue] = validatorOf(schemaName(version, 'Credentials'), 'inbound')(body);
  if (issue) throw invalid(`Credentials: ${issue.message}`);
  const versionsUrl = textIn(body, 'url') ?? '';
  const clientToken = textIn(body, 'token') ?? '';
  if (!/^[\x21-\x7e]{1,64}$/.test(clientToken))
    throw invalid('Credentials: token must be 1 to 64 of U+0021 to U+007E');
  checkRoles(body, version, partner);
  const peer = { partnerId: partner.id, versionsUrl, clientToken, version, cause: entry };
  const endpoints = await discover(client, peer);
  const serverToken = newServerToken();
  const registration: Registration = {
    version,
    clientToken,
    serverTokenHash: hashOf(serverToken),
    versionsUrl,
    endpoints,
    at: runtime.now().toISOString(),
    pending: { tokenHash: hashOf(presented.token), kind: presented.kind },
  };
  await partner.register(registration, presented.kind === 'registration' ? presented.token : undefined);
  runtime.log.info({ partner: partner.id, version }, 'a roaming partner registered');
  return {
    data: credentialsOf(version, serverToken, context),
    delivered: () => partners.delivered(partner, registration.serverTokenHash),
  };
}

/** Handshakes of one partner follow each other: two at once would leave it with a token that is no longer good. */
function turns(): <T>(partnerId: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (partnerId, work) => {
    const turn = (last.get(partnerId) ?? Promise.resolve()).then(work, work);
    last.set(
      partnerId,
      turn.catch(() => undefined),
    );
    return turn;
  };
}

/** The parties were agreed on outside of OCPI: nobody adds one by writing it into its credentials. */
function checkRoles(body: unknown, version: OcpiVersion, partner: Partner): void {
  const listed = isObject(body) ? body['roles'] : undefined;
  const roles = traitsOf(version).roles && Array.isArray(listed) ? listed : [body];
  const foreign = roles.find(
    (role) => !partner.isParty(textIn(role, 'country_code') ?? '', textIn(role, 'party_id') ?? ''),
  );
  if (foreign !== undefined)
    throw invalid('Credentials: a role is not one that was agreed on with this partner');
}

function credentialsOf(version: OcpiVersion, token: string, context: CredentialsContext): unknown {
  const { ocpi, baseUrl, maker } = context;
  const { countryCode, partyId, name } = ocpi.party;
  const party = { country_code: countryCode, party_id: partyId, business_details: { name } };
  const common = { token, url: `${baseUrl()}/versions` };
  const credentials = traitsOf(version).roles
    ? { ...common, roles: [{ role: 'CPO', ...party }] }
    : { ...common, ...party };
  maker.check(schemaName(version, 'Credentials'), credentials, 'credentials');
  return credentials;
}
