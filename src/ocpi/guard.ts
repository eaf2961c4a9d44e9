/**
 * Where the bridge goes when a partner says so. A URL of a partner (credentials, endpoints, response_url) is followed
 * only by https, to the host it registered with, at a public address that was resolved once and is then the one
 * connected to. Redirects are never followed.
 */
import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import { BridgeError } from '../errors/index.js';

/** Loopback and private networks: open only if the operator says so. */
const PRIVATE = blockList([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
]);

/** Nobody's servers, the link's own (clouds keep secrets there), and ways to write an IPv4 address in IPv6. */
const NEVER = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]);

function blockList(subnets: ReadonlyArray<readonly [string, number]>): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIP(net) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

/** Whether the bridge may connect to this address. */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  const plain = unmapped(address);
  const family = isIP(plain);
  if (family === 0) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (PRIVATE.check(plain, type)) return allowPrivate;
  return !NEVER.check(plain, type);
}

/** `::ffff:127.0.0.1` and `::ffff:7f00:1` are 127.0.0.1. */
function unmapped(address: string): string {
  const bare = address.replace(/%.*$/, '');
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (dotted) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(bare) ?? [];
  if (high === undefined || low === undefined) return bare;
  const bits = Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}

export interface GuardOptions {
  readonly allowPrivate: boolean;
  /** The host that the partner registered with: tokens go nowhere else. */
  readonly host?: string | undefined;
}

/**
 * What can be said of a URL before its name is resolved.
 * @throws BridgeError OCPI_ADDRESS_REFUSED
 */
export function checkUrl(text: string, { allowPrivate, host }: GuardOptions): URL {
  if (!URL.canParse(text) || text.length > 255) throw refused('it is no URL of at most 255 characters');
  const url = new URL(text);
  const secure = url.protocol === 'https:' || (allowPrivate && url.protocol === 'http:');
  if (!secure) throw refused(`${url.protocol} is not allowed, only https:`);
  if (url.username || url.password) throw refused('it carries a user or password');
  if (host !== undefined && url.hostname !== host) {
    throw refused('its host is not the one that the partner registered with');
  }
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) && !isAllowedAddress(literal, allowPrivate)) throw refused('its address is not public');
  return url;
}

/** A refusal as a line of the log: who wanted us to go where; nothing of a URL that could be a secret. */
export function logRefusal(
  log: Logger,
  { partner, action, url }: { readonly partner: string; readonly action: string; readonly url: string },
  { code, message }: BridgeError,
): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const to = parsed && `${parsed.protocol}//${parsed.host}`.slice(0, 200);
  log.warn(
    { code, partner, action, ...(to ? { to } : {}), reason: message },
    'a URL of a partner is not followed',
  );
}

/** A name lookup that knows only allowed addresses: what it gives is what is connected to. */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const refusedAt = addresses.find(({ address }) => !isAllowedAddress(address, allowPrivate));
      const [first] = addresses;
      if (refusedAt || !first)
        return callback(refused('its name leads to an address that is not public'), '', 0);
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function refused(reason: string): BridgeError {
  return new BridgeError('OCPI_ADDRESS_REFUSED', `the URL is refused: ${reason}`);
}
