/** Who may hand over frames: whoever has the token. Guessing it is slowed down. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { secretTest } from '../../config/index.js';
import { FailedLogins } from '../../depot/index.js';
import { BridgeError } from '../../errors/index.js';

/** There is one token, and so one credential. */
const CREDENTIAL = 'feed';

/** Makes the hook that refuses whoever has not the token. Without a token everybody may: the listener is on loopback. */
export function loginHook(
  token: string | undefined,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  if (token === undefined) return async () => undefined;
  const isRight = secretTest(token, 'listen.feed');
  const logins = new FailedLogins();
  return async (request, reply) => {
    const { ip } = request;
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // An address that is not heard must not cost a hash each time.
    const right = (logins.waitS(ip) === 0 || logins.waitS(ip, CREDENTIAL) === 0) && (await isRight(given));
    const waitS = logins.waitS(ip, right ? CREDENTIAL : undefined);
    if (waitS > 0) {
      reply.header('retry-after', waitS);
      throw new BridgeError('FEED_LOCKED_OUT', `this address is heard again in ${waitS} s`);
    }
    if (right) return logins.succeeded(ip, CREDENTIAL);
    request.log.warn({ code: 'FEED_BAD_TOKEN', ip }, 'a request without the token of the feed');
    logins.failed(ip);
    reply.header('www-authenticate', 'Bearer realm="feed"');
    throw new BridgeError('FEED_BAD_TOKEN', 'the token is missing or wrong');
  };
}
