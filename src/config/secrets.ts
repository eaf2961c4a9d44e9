/** Passwords of peers: configured in clear or hashed, held as digests, compared in constant time. */
import { createHash, createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { BridgeError } from '../errors/index.js';
import { scryptHash } from './scrypt.js';

/** Says whether a password given is the right one; takes the same time whatever is wrong with it. */
export type SecretTest = (given: string | Buffer) => Promise<boolean>;

const SHA256 = /^sha256:([0-9a-f]{64})$/i;
const SCRYPT = /^scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/;
const SCRYPT_MAX_BYTES = 256 * 1024 * 1024;

/**
 * A password that was right once is known again by its digest under this key, which no other process has: a thousand chargers
 * that come back in one moment would else wait for a minute of scrypt. A wrong one costs scrypt each time.
 */
const PROCESS_KEY = randomBytes(32);

type Parsed =
  | { readonly kind: 'digest'; readonly expected: Buffer }
  | {
      readonly kind: 'scrypt';
      readonly salt: Buffer;
      readonly expected: Buffer;
      readonly options: { readonly N: number; readonly r: number; readonly p: number };
    };

/** What is wrong with a password that looks hashed; undefined if it can be used. */
export function secretFlaw(configured: string): string | undefined {
  const parsed = parse(configured);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** Whether a configured password is only known by its hash. */
export function isHashed(configured: string): boolean {
  return configured.startsWith('sha256:') || configured.startsWith('scrypt:');
}

/**
 * Makes the test of a configured password: `sha256:<hex>`, `scrypt:<N>:<r>:<p>:<salt>:<hash>` (base64), or plain text.
 *
 * @param whose for the message of the error
 * @throws BridgeError CONFIG_PASSWORD if it looks hashed and is malformed
 */
export function secretTest(configured: string, whose: string): SecretTest {
  const parsed = parse(configured);
  if (typeof parsed === 'string')
    throw new BridgeError('CONFIG_PASSWORD', `the password of ${whose} is malformed: ${parsed}`);
  const { expected } = parsed;
  if (parsed.kind === 'digest') return async (given) => timingSafeEqual(sha256(given), expected);
  const { salt } = parsed;
  const options = { ...parsed.options, maxmem: SCRYPT_MAX_BYTES * 2 };
  let known: Buffer | undefined;
  return async (given) => {
    const password = typeof given === 'string' ? Buffer.from(given) : given;
    const seen = createHmac('sha256', PROCESS_KEY).update(password).digest();
    if (known && timingSafeEqual(seen, known)) return true;
    const hash = await scryptHash({ password, salt, length: expected.length, options });
    const right = timingSafeEqual(hash, expected);
    if (right) known = seen;
    return right;
  };
}

/**
 * A password as it may stand in a configuration. `scrypt` for passwords that people choose; `sha256` is enough for
 * random ones, and costs nothing at each login.
 *
 * @param N the cost of scrypt, a power of two
 */
export function hashSecret(password: string, kind: 'scrypt' | 'sha256', N = 16_384): string {
  if (kind === 'sha256') return `sha256:${sha256(password).toString('hex')}`;
  const [r, p] = [8, 1];
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, { N, r, p });
  return ['scrypt', N, r, p, salt.toString('base64'), hash.toString('base64')].join(':');
}

/** The parts, or what is wrong. */
function parse(configured: string): Parsed | string {
  if (configured.startsWith('sha256:')) {
    const [, hex] = SHA256.exec(configured) ?? [];
    if (!hex) return 'after sha256: there must be 64 hex digits';
    return { kind: 'digest', expected: Buffer.from(hex, 'hex') };
  }
  if (!configured.startsWith('scrypt:')) return { kind: 'digest', expected: sha256(configured) };
  const [, n, blockSize, parallel, salt, hash] = SCRYPT.exec(configured) ?? [];
  if (!salt || !hash) return 'scrypt needs N, r, p, salt and hash';
  const [N, r, p] = [Number(n), Number(blockSize), Number(parallel)];
  const isPower = N > 1 && Number.isSafeInteger(N) && (N & (N - 1)) === 0;
  if (!isPower || r < 1 || p < 1 || 128 * N * r > SCRYPT_MAX_BYTES)
    return 'N must be a power of two, and 128·N·r at most 256 MiB';
  const [saltBytes, expected] = [Buffer.from(salt, 'base64'), Buffer.from(hash, 'base64')];
  return { kind: 'scrypt', salt: saltBytes, expected, options: { N, r, p } };
}

function sha256(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
