/** The routing headers OCPI-from and OCPI-to (2.2.1 transport §4.1.5). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Party } from './client.js';
import { sameCi } from './json.js';
import type { Partner } from './partners.js';
import { invalid } from './refusal.js';

/**
 * Peers that omit the headers are let through; who names a party that is not its own, or means another than us, is
 * not.
 * @throws BridgeError OCPI_INVALID
 */
export function checkRouting(
  { headers }: Pick<FastifyRequest, 'headers'>,
  partner: Partner,
  us: Party,
): void {
  const from = partyIn(headers, 'from');
  if (from && !partner.isParty(from.countryCode, from.partyId)) {
    throw invalid('OCPI-from is not a party of this connection');
  }
  const to = partyIn(headers, 'to');
  const isUs = !to || (sameCi(to.countryCode, us.countryCode) && sameCi(to.partyId, us.partyId));
  if (!isUs) throw invalid('OCPI-to is not a party of this connection');
}

function partyIn(headers: FastifyRequest['headers'], side: 'from' | 'to'): Party | undefined {
  const countryCode = headers[`ocpi-${side}-country-code`];
  const partyId = headers[`ocpi-${side}-party-id`];
  if (typeof countryCode !== 'string' || typeof partyId !== 'string') return undefined;
  return { countryCode, partyId };
}

const SWAPPED = [
  ['ocpi-from-country-code', 'ocpi-to-country-code'],
  ['ocpi-from-party-id', 'ocpi-to-party-id'],
] as const;

/** The answer goes back: from and to change places. */
export function swapRouting({ headers }: Pick<FastifyRequest, 'headers'>, reply: FastifyReply): void {
  for (const [from, to] of SWAPPED) {
    if (typeof headers[from] === 'string') reply.header(to, headers[from]);
    if (typeof headers[to] === 'string') reply.header(from, headers[to]);
  }
}
