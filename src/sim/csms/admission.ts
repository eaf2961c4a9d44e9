import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CSMS_PROTOCOLS, type CsmsOptions, type CsmsProtocol } from './options.js';

/** An upgrade request as it came, and what became of it. */
export interface CsmsHandshake {
  /** The request target as it stood. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly identity: string | undefined;
  /** Subprotocols that were offered. */
  readonly offered: readonly string[];
  /** Common name of the client's certificate. */
  readonly certificate: string | undefined;
  /** 101 or the HTTP status of the refusal; 0: cut or never answered. */
  readonly status: number;
  readonly at: number;
}

export type Admission =
  | {
      readonly status: 101;
      readonly identity: string;
      /** What is spoken. */
      readonly protocol: CsmsProtocol;
      /** What the upgrade says; undefined: none was offered. */
      readonly subprotocol: CsmsProtocol | undefined;
    }
  | { readonly status: number; readonly identity: string | undefined; readonly why: string };

export function isAdmitted(admission: Admission): admission is Extract<Admission, { protocol: unknown }> {
  return 'protocol' in admission;
}

/** Whether a request may become a connection. `password` is the one that counts for an identity. */
export function admissionOf(
  request: IncomingMessage,
  options: CsmsOptions,
  passwordOf: (identity: string) => string | null | undefined,
): Admission {
  const identity = identityOf(request.url ?? '', options.path ?? '/ocpp');
  if (identity === undefined) return { status: 404, identity, why: 'another path' };
  const password = passwordOf(identity);
  if (password === undefined) return { status: 404, identity, why: 'an unknown station' };
  if (password !== null && !isAuthorized(request, options.user ?? identity, password)) {
    return { status: 401, identity, why: 'wrong or no credentials' };
  }
  const offered = offeredBy(request);
  if (offered.length === 0) {
    const { withoutSubprotocol: protocol } = options;
    if (!protocol) return { status: 400, identity, why: 'no subprotocol was offered' };
    return { status: 101, identity, protocol, subprotocol: undefined };
  }
  const protocol = (options.protocols ?? CSMS_PROTOCOLS).find((each) => offered.includes(each));
  if (!protocol) return { status: 400, identity, why: `none of ${offered.join(', ')} is spoken here` };
  return { status: 101, identity, protocol, subprotocol: protocol };
}

export function offeredBy({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol'] ?? '';
  return offered
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}

/** The last segment of a path below the prefix, decoded. */
function identityOf(url: string, prefix: string): string | undefined {
  const [path = ''] = url.split('?');
  const below = `${prefix.replace(/\/+$/, '')}/`;
  const segment = path.startsWith(below) ? path.slice(below.length) : '';
  if (segment === '' || segment.includes('/')) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** 1.6: an AuthorizationKey in hexadecimal is sent as the bytes it stands for. */
function isAuthorized({ headers }: IncomingMessage, user: string, password: string): boolean {
  const [, encoded] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return false;
  const given = Buffer.from(encoded, 'base64');
  const forms = [Buffer.from(password)];
  if (/^(?:[\da-f]{2}){16,20}$/i.test(password)) forms.push(Buffer.from(password, 'hex'));
  return forms.some((form) => {
    const right = Buffer.concat([Buffer.from(`${user}:`), form]);
    return right.length === given.length && timingSafeEqual(right, given);
  });
}
