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

/** An AuthorizationKey of OCPP 1.6 stands for so many bytes. */
const [SHORTEST_KEY, LONGEST_KEY] = [16, 20];

/**
 * The passwords that may be configured here for a station that sends these bytes: they themselves; or hexadecimal digits, by
 * which the AuthorizationKey of a 1.6 station is set (OCPP-J 1.6 §6.2, security white paper A00.FR.205), while it sends what
 * they stand for. Some stations send the digits: then they themselves are meant.
 */
export function passwordsMeant(sent: Buffer): readonly (Buffer | string)[] {
  if (sent.length < SHORTEST_KEY || sent.length > LONGEST_KEY) return [sent];
  const digits = sent.toString('hex');
  return [sent, digits, digits.toUpperCase()];
}
