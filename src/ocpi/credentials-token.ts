/**
 * Credentials tokens. A `serverToken` is what a partner presents to us (we are the server), a `clientToken` what we
 * present to it; "token A, B, C" means another one on each side and has been mixed up too often.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits in 43 characters of U+0021 to U+007E. */
export function newServerToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a serverToken. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Compares two hashes in a time that does not depend on them. */
export function sameHash(one: string, other: string | undefined): boolean {
  const a = Buffer.from(one, 'hex');
  const b = Buffer.from(other ?? '', 'hex');
  return a.length === b.length && a.length > 0 && timingSafeEqual(a, b);
}

const HEADER = /^token[ \t]+(\S+)[ \t]*$/i;
const WELL_FORMED = /^[\x21-\x7e]{1,64}$/;

/**
 * The tokens that an Authorization header may mean: as it stands (2.1.1, and peers that never encode), and decoded
 * from Base64 (since 2.2). The specification's own examples decode to a token and a newline, so white space at the
 * end is taken off; it is never part of a token.
 */
export function presentedTokens(header: string | undefined): string[] {
  const written = HEADER.exec(header ?? '')?.[1];
  if (written === undefined || written.length > 256) return [];
  const decoded = Buffer.from(written, 'base64').toString('utf8').trimEnd();
  return [...new Set([decoded, written])].filter((token) => WELL_FORMED.test(token));
}

/** The header of a request of ours. */
export function authorization(clientToken: string, raw: boolean): string {
  return `Token ${raw ? clientToken : Buffer.from(clientToken, 'utf8').toString('base64')}`;
}
