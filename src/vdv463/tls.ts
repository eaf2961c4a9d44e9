/** TLS as VDV 463 mandates it: an ECDSA certificate that the mandated suite works with, proven before anybody calls. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { TlsConfig } from '../config/index.js';
import { BridgeError, type ErrorCode } from '../errors/index.js';

/** TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 in OpenSSL's words. */
export const MANDATED_SUITE = 'ECDHE-ECDSA-AES128-SHA256';

const SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  MANDATED_SUITE,
].join(':');

const PROOF_MS = 5_000;

/**
 * The options for a server, after everything that would fail at the first client was tried.
 *
 * @param now decides whether the certificate is valid
 * @throws BridgeError VDV463_TLS_UNREADABLE, _NOT_ECDSA, _EXPIRED or _SUITE
 */
export async function provenTls(config: TlsConfig, now: Date): Promise<SecureContextOptions> {
  checkCertificate(config, now);
  const options: SecureContextOptions = {
    key: config.key,
    cert: config.cert,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    honorCipherOrder: true,
    ecdhCurve: 'X25519:prime256v1:secp384r1:secp521r1',
    ciphers: SUITES,
    ...(config.clientCa ? { ca: config.clientCa } : {}),
  };
  await proveSuite({ key: config.key, cert: config.cert, ciphers: SUITES, minVersion: 'TLSv1.2' });
  return options;
}

function checkCertificate(config: TlsConfig, now: Date): void {
  let certificate: X509Certificate;
  let matches: boolean;
  try {
    certificate = new X509Certificate(config.cert);
    matches = certificate.checkPrivateKey(createPrivateKey(config.key));
  } catch (cause) {
    throw refused(
      'VDV463_TLS_UNREADABLE',
      `key or certificate is not PEM: ${(cause as Error).message}`,
      cause,
    );
  }
  const type = certificate.publicKey.asymmetricKeyType;
  if (type !== 'ec') {
    throw refused('VDV463_TLS_NOT_ECDSA', `the certificate of ${nameOf(certificate)} has an ${type} key`);
  }
  if (!matches) throw refused('VDV463_TLS_UNREADABLE', 'the key does not belong to the certificate');
  if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo)) {
    const span = `${certificate.validFrom} to ${certificate.validTo}`;
    throw refused('VDV463_TLS_EXPIRED', `the certificate of ${nameOf(certificate)} is valid from ${span}`);
  }
}

function nameOf(certificate: X509Certificate): string {
  return certificate.subject.replaceAll('\n', ', ');
}

function refused(code: ErrorCode, message: string, cause?: unknown): BridgeError {
  return new BridgeError(code, message, {}, cause === undefined ? undefined : { cause });
}

/** One handshake in memory by a client that offers nothing but the mandated suite on TLS 1.2. */
async function proveSuite(server: SecureContextOptions): Promise<void> {
  const [near, far] = duplexPair();
  const accepting = new TLSSocket(near, { isServer: true, secureContext: createSecureContext(server) });
  const calling = connect({
    socket: far,
    ciphers: MANDATED_SUITE,
    maxVersion: 'TLSv1.2',
    // The proof is of the suite; who trusts the certificate is the presystem's business.
    rejectUnauthorized: false,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the handshake did not end')), PROOF_MS);
      const end = (error?: Error) => {
        clearTimeout(late);
        if (error) reject(error);
        else resolve();
      };
      calling.once('secureConnect', () => end());
      calling.on('error', end);
      accepting.on('error', end);
    });
  } catch (cause) {
    const message = `a handshake with ${MANDATED_SUITE} fails: ${(cause as Error).message}`;
    throw refused('VDV463_TLS_SUITE', message, cause);
  } finally {
    calling.destroy();
    accepting.destroy();
  }
}
