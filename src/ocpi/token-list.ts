/** The whole list of a partner's tokens, read from its sender (2.2.1 tokens §2.2.1): what it PUT before we knew it. */
import type { Runtime } from '../depot/index.js';
import { BridgeError } from '../errors/index.js';
import type { CallAnswer, PartnerClient } from './client.js';
import { isObject, type JsonRecord, textIn } from './json.js';
import type { PushOutcome } from './out-box.js';
import type { Partner, Registration } from './partners.js';
import type { Roaming } from './roaming.js';
import type { TokenBook } from './token-book.js';
import { keepToken } from './tokens.js';
import { endpointUrl } from './version.js';

export interface TokenListContext {
  readonly runtime: Pick<Runtime, 'tables' | 'identity' | 'metrics' | 'log'>;
  readonly tokens: TokenBook;
  readonly roaming: Roaming;
  readonly client: PartnerClient;
}

const MAX_PAGES = 10_000;

/**
 * Reads every page and keeps every token on it; one that cannot be read is logged and left out.
 * @throws BridgeError OCPI_PEER_FAILED, OCPI_ADDRESS_REFUSED
 */
export async function readTokenList(partner: Partner, context: TokenListContext): Promise<PushOutcome> {
  const registration = partner.settled;
  const endpoint = registration && endpointUrl(registration.endpoints, 'tokens', 'SENDER');
  if (!registration || !endpoint) return 'done';
  let url: string | undefined = endpoint;
  for (let page = 0; url !== undefined && page < MAX_PAGES; page++) {
    const answer = await ask(url, registration, partner, context);
    for (const object of Array.isArray(answer.data) ? answer.data : []) {
      await keep(object, registration, partner, context);
    }
    url = nextOf(answer, url);
  }
  context.roaming.refresh(true);
  return 'done';
}

function ask(
  url: string,
  { version, clientToken }: Registration,
  partner: Partner,
  { client }: TokenListContext,
): Promise<CallAnswer> {
  return client.ask({
    partnerId: partner.id,
    method: 'GET',
    url,
    host: partner.host,
    clientToken,
    version,
    action: 'GET tokens',
    lineage: { causes: [] },
    to: partner.mainParty,
  });
}

async function keep(
  object: unknown,
  { version }: Registration,
  partner: Partner,
  context: TokenListContext,
): Promise<void> {
  const token: JsonRecord = isObject(object) ? object : {};
  const { countryCode = '', partyId = '' } = partner.mainParty ?? {};
  const key = {
    countryCode: textIn(token, 'country_code') ?? countryCode,
    partyId: textIn(token, 'party_id') ?? partyId,
    uid: textIn(token, 'uid') ?? '',
    type: textIn(token, 'type') ?? 'RFID',
  };
  try {
    if (!partner.isParty(key.countryCode, key.partyId)) {
      throw new BridgeError('OCPI_INVALID', 'Token: it is of a party that is not this connection’s');
    }
    await keepToken(token, key, version, partner, context);
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'OCPI_INVALID') throw error;
    context.runtime.log.warn({ err: error, partner: partner.id }, 'a token of a partner was left out');
  }
}

/** The next page, on whatever host it is: the guard of the client lets only the partner's own pass. */
function nextOf({ link }: CallAnswer, current: string): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1];
  return target !== undefined && URL.canParse(target, current) ? new URL(target, current).href : undefined;
}
