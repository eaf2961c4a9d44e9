import { connect, type TLSSocket } from 'node:tls';
import { newMessageId } from '../../../bms/index.js';
import { type DialChange, type Kit, Refused } from '../kit.js';
import { type Scenario, scenarios } from '../scenario.js';
import { Deviation, must, NotPlayable, needed } from '../verdicts.js';
import type { Wire } from '../wire.js';

const V1 = 'v1.463.vdv.de';
const V2 = 'v2.463.vdv.de';
const V9 = 'v9.463.vdv.de';
const MANDATED = 'ECDHE-ECDSA-AES128-SHA256';

/** Dials in a way that must not lead to service: refused at the upgrade, or closed, or silent to a boot. */
async function mustNotServe(kit: Kit, change: DialChange, who: string): Promise<void> {
  const wire = await openUnlessRefused(kit, change);
  if (!wire) return;
  wire.request('BootNotification', { presystem: kit.options.kind });
  await wire.until(() => !wire.open || wire.mark > 0, kit.answerMs);
  must(wire.mark === 0, `${who} was served: ${wire.since(0)[0]?.raw}`);
}

async function openUnlessRefused(kit: Kit, change: DialChange): Promise<Wire | undefined> {
  try {
    return await kit.open(change);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

async function mustRefuseWith401(kit: Kit, change: DialChange): Promise<void> {
  try {
    await kit.open(change);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return;
    throw error;
  }
  throw new Deviation('the upgrade was accepted');
}

const wrongPassword = ({ options }: Kit): DialChange => ({
  identity: { ...options, password: `${options.password}-wrong` },
});

const TRANSPORT_MUST: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'TRANSPORT-01',
    title: 'An upstream system that offers v1.463.vdv.de is let in with it',
    basis: 'rules 1, 2',
    run: async (kit) => {
      const wire = await kit.open({ subprotocols: [V1] });
      must(wire.subprotocol === V1, `chosen was "${wire.subprotocol}"`);
    },
  },
  {
    id: 'TRANSPORT-02',
    title: 'Of v2 and v1 one that was offered is chosen, v1 where only 1.x is agreed',
    basis: 'rule 2, vector 1',
    run: async (kit) => {
      const wire = await kit.open({ subprotocols: [V2, V1] });
      const good = kit.options.dialect === '2.0.0' ? [V1, V2] : [V1];
      must(good.includes(wire.subprotocol), `chosen was "${wire.subprotocol}"`);
    },
  },
  {
    id: 'TRANSPORT-03',
    title: 'An unknown subprotocol before v1 does not hide v1',
    basis: 'rule 2',
    run: async (kit) => {
      // The library cannot take a choice it did not offer itself, so a choice shows as its complaint.
      const chosen = await kit.open({ subprotocols: [V9, V1] }).then(
        ({ subprotocol }) => subprotocol,
        (error: Error) => error.message,
      );
      must(/subprotocol but none was requested/.test(chosen), `no subprotocol was chosen: ${chosen}`);
    },
  },
  {
    id: 'TRANSPORT-04',
    title: 'Without a common subprotocol the handshake names none and the connection is closed',
    basis: 'rule 3, vector 1',
    run: async (kit) => {
      const wire = await kit.open({ subprotocols: [V9] });
      must(await wire.until(() => !wire.open, kit.answerMs), 'the connection stayed open');
    },
  },
  {
    id: 'TRANSPORT-05',
    title: 'Nobody is served without credentials',
    basis: 'rule 4',
    run: (kit) => mustNotServe(kit, { authorization: null }, 'an upstream system without credentials'),
  },
  {
    id: 'TRANSPORT-06',
    title: 'Nobody is served with a wrong password',
    basis: 'rule 4',
    run: (kit) => mustNotServe(kit, wrongPassword(kit), 'a wrong password'),
  },
  {
    id: 'TRANSPORT-07',
    title: 'Nobody is served as an unknown user',
    basis: 'rule 4',
    run: (kit) => {
      const identity = { ...kit.options, user: 'nobody-of-the-conformance-kit' };
      return mustNotServe(kit, { identity }, 'an unknown user');
    },
  },
  {
    id: 'TRANSPORT-08',
    title: 'An Authorization header that is not Basic lets nobody in',
    basis: 'rule 4',
    run: (kit) => mustNotServe(kit, { authorization: 'Bearer abc' }, 'a Bearer token'),
  },
  {
    id: 'TRANSPORT-09',
    title: 'TLS 1.2 with TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 is spoken',
    basis: 'rule 5, vector 2',
    run: async (kit) => {
      const cipher = await negotiated(kit, { ciphers: MANDATED, maxVersion: 'TLSv1.2' });
      must(cipher === MANDATED, `negotiated was ${cipher}`);
    },
  },
  {
    id: 'TRANSPORT-10',
    title: 'Off the local machine the connection is encrypted',
    basis: 'rule 5',
    run: async ({ options }) => {
      const { protocol, hostname } = new URL(options.url);
      const local = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
      if (local && protocol === 'ws:')
        throw new NotPlayable('plain text on the local machine is nobody else’s');
      must(protocol === 'wss:', `${options.url} is not encrypted`);
    },
  },
  {
    id: 'TRANSPORT-11',
    title: 'A ping is answered with a pong',
    basis: 'rule 16',
    run: async (kit) => {
      const wire = await kit.booted();
      wire.ping();
      must(await wire.until(() => wire.pongs > 0, kit.answerMs), 'no pong came');
    },
  },
  {
    id: 'TRANSPORT-12',
    title: 'A message in several WebSocket fragments is one message',
    basis: 'RFC 6455 §5.4',
    run: async (kit) => {
      const wire = await kit.open();
      const messageId = newMessageId();
      const raw = wire.write('BootNotification', { presystem: kit.options.kind }, { messageId });
      wire.expectAnswer(messageId);
      wire.sendPieces([raw.slice(0, 20), raw.slice(20, 40), raw.slice(40)]);
      await wire.answerTo(messageId);
    },
  },
];

const TRANSPORT_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'TRANSPORT-20',
    title: 'Missing credentials are answered 401 before the upgrade',
    basis: 'rule 4',
    run: (kit) => mustRefuseWith401(kit, { authorization: null }),
  },
  {
    id: 'TRANSPORT-21',
    title: 'A wrong password is answered 401 before the upgrade',
    basis: 'rule 4',
    run: (kit) => mustRefuseWith401(kit, wrongPassword(kit)),
  },
  {
    id: 'TRANSPORT-22',
    title: 'No offer of a subprotocol is treated as no match',
    basis: 'rule 3',
    run: async (kit) => {
      const wire = await openUnlessRefused(kit, { subprotocols: [] });
      if (wire) must(await wire.until(() => !wire.open, kit.answerMs), 'the connection stayed open');
    },
  },
  {
    id: 'TRANSPORT-23',
    title: 'A deeply nested message harms nobody: the next upstream system is served',
    basis: 'rule 15',
    run: async (kit) => {
      const deep = await kit.open();
      deep.send(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
      await deep.until(() => !deep.open || deep.mark > 0, kit.answerMs);
      await kit.booted();
    },
  },
  {
    id: 'TRANSPORT-24',
    title: 'A binary frame harms nobody: the next upstream system is served',
    basis: 'rule 15',
    run: async (kit) => {
      const binary = await kit.open();
      binary.sendPieces(['\u0000\u0001'], true);
      await binary.until(() => !binary.open || binary.mark > 0, Math.min(500, kit.answerMs));
      await kit.booted();
    },
  },
];

async function negotiated(kit: Kit, wish: { ciphers: string; maxVersion: 'TLSv1.2' }): Promise<string> {
  const { url, tls } = kit.options;
  const { protocol, hostname, port } = new URL(url);
  needed(protocol === 'wss:' || undefined, 'the URL is not wss');
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port: Number(port || 443), rejectUnauthorized: false, ...tls, ...wish };
    const socket: TLSSocket = connect(options, () => {
      resolve(socket.getCipher().name);
      socket.destroy();
    });
    socket.once('error', (error) => reject(new Deviation(`no TLS connection: ${error.message}`)));
  });
}

/** Upgrade, credentials, subprotocol, TLS, frames. */
export const transport: readonly Scenario[] = [
  ...scenarios('must', TRANSPORT_MUST),
  ...scenarios('should', TRANSPORT_SHOULD),
];
