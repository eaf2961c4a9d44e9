/** Tokens, as their receiver (2.2.1 tokens §2.1): partners tell us what their drivers are let in with. */
import type { Runtime } from '../depot/index.js';
import type { GuestToken } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { Json } from '../mapping/index.js';
import { validatorOf } from '../schemas/index.js';
import { isObject, type JsonRecord, sameCi, textIn } from './json.js';
import type { Partner } from './partners.js';
import { invalid, unknownObject } from './refusal.js';
import type { Roaming } from './roaming.js';
import type { Answer, Heard, OcpiServer } from './server.js';
import type { TokenBook, TokenKey } from './token-book.js';
import { mappingName, type OcpiVersion, schemaName } from './version.js';

export interface TokensContext {
  readonly runtime: Pick<Runtime, 'tables' | 'identity' | 'metrics'>;
  readonly tokens: TokenBook;
  readonly roaming: Roaming;
}

export function addTokens(server: OcpiServer, context: TokensContext): void {
  const add = (method: 'GET' | 'PUT' | 'PATCH', handler: (heard: Heard) => Answer | Promise<Answer>) =>
    server.route(method, '/:version/tokens/:country/:party/:uid', 'tokens', 'functional', handler);
  add('GET', (heard) => {
    const held = context.tokens.get(heard.partner, keyOf(heard));
    if (!held) throw unknownObject();
    return { data: held.object };
  });
  add('PUT', (heard) => store(heard, objectIn(heard), context));
  add('PATCH', (heard) => {
    const held = context.tokens.get(heard.partner, keyOf(heard));
    if (!held) throw unknownObject();
    const change = objectIn(heard);
    if (textIn(change, 'last_updated') === undefined) throw invalid('Token: a PATCH needs last_updated');
    return store(heard, { ...held.object, ...change }, context);
  });
}

async function store(heard: Heard, object: JsonRecord, context: TokensContext): Promise<Answer> {
  const { partner, version } = heard;
  const key = keyOf(heard);
  checkOwner(object, key);
  const isNew = context.tokens.get(partner, key) === undefined;
  await keepToken(object, key, version, partner, context);
  // A process whose token was unknown so far may be a guest's now.
  context.roaming.refresh(true);
  return { http: isNew ? 201 : 200 };
}

/**
 * Reads a token and keeps it.
 * @throws BridgeError OCPI_INVALID
 */
export async function keepToken(
  object: JsonRecord,
  key: TokenKey,
  version: OcpiVersion,
  partner: Partner,
  { runtime, tokens }: Pick<TokensContext, 'runtime' | 'tokens'>,
): Promise<void> {
  const guest = readToken(object, version, partner, key, runtime);
  await tokens.set(partner, key, { object, guest });
}

/**
 * What a token says, in the domain's words.
 * @throws BridgeError OCPI_INVALID if it does not fit its schema or a table cannot read it
 */
export function readToken(
  object: unknown,
  version: OcpiVersion,
  partner: Partner,
  party: { readonly countryCode: string; readonly partyId: string },
  { tables, identity, metrics }: TokensContext['runtime'],
): GuestToken {
  const [issue] = validatorOf(schemaName(version, 'Token'), 'inbound')(object);
  if (issue) throw invalid(`Token: ${issue.message}`);
  const mapping = tables().mapping(mappingName(version, 'token'));
  const { countryCode, partyId } = party;
  const result = mapping.run({ t: object as Json, party: { countryCode, partyId } }, { identity });
  if (!result?.ok) {
    const error = result?.error;
    metrics.unmapped.inc({ mapping: mapping.name, code: error?.code ?? 'MAP_NO_ROW' });
    throw new BridgeError('OCPI_INVALID', `Token: ${error?.message ?? 'it cannot be read'}`, {
      partner: partner.id,
    });
  }
  return result.value as unknown as GuestToken;
}

/** The path names the token: a party of this connection, the uid, and the type (RFID if it is left out). */
function keyOf({ partner, params, query }: Heard): TokenKey {
  const { country = '', party = '', uid = '' } = params;
  if (!partner.isParty(country, party)) throw unknownObject();
  return { countryCode: country, partyId: party, uid, type: query['type'] ?? 'RFID' };
}

function objectIn({ body }: Heard): JsonRecord {
  if (!isObject(body)) throw invalid('Token: the body must be an object');
  return body;
}

/** Path and body name one and the same token. */
function checkOwner(object: JsonRecord, { countryCode, partyId, uid, type }: TokenKey): void {
  const named: Readonly<Record<string, string>> = { country_code: countryCode, party_id: partyId, uid, type };
  for (const [member, expected] of Object.entries(named)) {
    const said = textIn(object, member);
    if (said !== undefined && !sameCi(said, expected))
      throw invalid(`Token: ${member} differs from the path`);
  }
}
