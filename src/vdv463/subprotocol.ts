/** Which subprotocol a connection speaks (rules 2, 3). */
import type { DialectProfile } from './dialect.js';

/** The subprotocols a client offers, in its order. */
export function offeredSubprotocols(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The highest one both sides speak; undefined if there is none. */
export function commonSubprotocol(profile: DialectProfile, offered: readonly string[]): string | undefined {
  return profile.subprotocols.find((name) => offered.includes(name));
}
