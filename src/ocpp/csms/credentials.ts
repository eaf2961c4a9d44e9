/** HTTP Basic as stations send it. */

/** What an Authorization header says. The password may hold any bytes; the user holds no colon of its own. */
export interface BasicLogin {
  readonly user: string;
  readonly password: Buffer;
}

/**
 * Reads HTTP Basic. The user of OCPP is the identity, which may hold a colon: what stands before the password is
 * compared as a whole, so `identity` decides where the password begins.
 */
export function basicLogin(header: string | undefined, identity: string): BasicLogin | undefined {
  const encoded = /^\s*basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header ?? '')?.[1];
  if (!encoded) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const user = Buffer.from(`${identity}:`);
  if (!bytes.subarray(0, user.length).equals(user)) {
    const colon = bytes.indexOf(0x3a);
    if (colon < 0) return undefined;
    return { user: bytes.subarray(0, colon).toString('utf8'), password: bytes.subarray(colon + 1) };
  }
  return { user: identity, password: bytes.subarray(user.length) };
}
