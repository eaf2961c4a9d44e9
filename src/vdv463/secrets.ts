/** Passwords of presystems: in clear or hashed, compared in constant time. */
import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { BridgeError } from '../errors/index.js';

/** Says whether a password given is the right one; takes the same time whatever is wrong with it. */
export type SecretTest = (given: string) => Promise<boolean>;

const SHA256 = /^sha256:([0-9a-f]{64})$/i;
const SCRYPT = /^scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/;
const SCRYPT_MAX_BYTES = 256 * 1024 * 1024;

/**
 * Makes the test of a configured password: `sha256:<hex>`, `scrypt:<N>:<r>:<p>:<salt>:<hash>` (base64), or plain text.
 *
 * @throws BridgeError VDV463_SECRET if it looks hashed and is malformed
 */
export function secretTest(configured: string, presystem: string): SecretTest {
  if (configured.startsWith('sha256:')) {
    const [, hex] = SHA256.exec(configured) ?? [];
    if (!hex) throw malformed(presystem, 'after sha256: there must be 64 hex digits');
    const expected = Buffer.from(hex, 'hex');
    return async (given) => timingSafeEqual(sha256(given), expected);
  }
  if (configured.startsWith('scrypt:')) return scryptTest(configured, presystem);
  const expected = sha256(configured);
  return async (given) => timingSafeEqual(sha256(given), expected);
}

function scryptTest(configured: string, presystem: string): SecretTest {
  const [, n, r, p, salt, hash] = SCRYPT.exec(configured) ?? [];
  if (!salt || !hash) throw malformed(presystem, 'scrypt needs N, r, p, salt and hash');
  const [N, blockSize, parallelization] = [Number(n), Number(r), Number(p)];
  const isPower = N > 1 && Number.isSafeInteger(N) && (N & (N - 1)) === 0;
  if (!isPower || blockSize < 1 || parallelization < 1 || 128 * N * blockSize > SCRYPT_MAX_BYTES) {
    throw malformed(presystem, 'N must be a power of two, and 128·N·r at most 256 MiB');
  }
  const expected = Buffer.from(hash, 'base64');
  const options = { N, r: blockSize, p: parallelization, maxmem: SCRYPT_MAX_BYTES * 2 };
  return (given) =>
    new Promise((resolve, reject) => {
      scrypt(given, Buffer.from(salt, 'base64'), expected.length, options, (error, key) => {
        if (error) reject(error);
        else resolve(timingSafeEqual(key, expected));
      });
    });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function malformed(presystem: string, message: string): BridgeError {
  return new BridgeError('VDV463_SECRET', `the password of ${presystem} is malformed: ${message}`, {
    presystem,
  });
}
