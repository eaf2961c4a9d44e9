/**
 * The bridge's own relay between sockets, with parts of the listener behind it, each with those before it: `relay` (heads read,
 * turns, backpressure), `parse` (each frame decoded and parsed), `journal` (and written down). What the bridge adds to that is
 * tables, state and planner. `parts.ts <csms port> <stations> <folder> <part>`.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { type JournalId, openJournal } from '../../src/journal/index.js';
import { relay } from '../../src/ocpp/proxy/relay.js';
import { openStore } from '../../src/store/index.js';
import { report } from '../ocpp/report.js';
import { proxyConfigOf } from './depot.js';

const [csmsPort = '', stations = '1', folder = '', part = 'relay'] = process.argv.slice(2);
const config = proxyConfigOf(Number(csmsPort), Number(stations), folder);
const [{ id: depotId }] = config.depots;
const store = await openStore(config.store, config.durability, pino({ level: 'error' }));
const journal = openJournal(store, depotId);
const nothing = () => undefined;

/** Parses and perhaps journals the frames of one pair; answers name their calls. */
function listenerOf(identity: string) {
  const open = new Map<string, JournalId>();
  return (link: 'ocpp' | 'csms') => (raw: string) => {
    const [kind, messageId, action] = JSON.parse(raw) as [number, string, unknown];
    if (part === 'parse') return;
    const cause = kind === 2 ? undefined : open.get(messageId);
    const causes = cause === undefined ? [] : [cause];
    const facts = { link: `${link}:${identity}`, protocol: 'ocpp1.6', direction: 'in' } as const;
    const name = kind === 2 ? String(action) : 'Answer';
    const begun = journal.begin({ ...facts, depotId, action: name, messageId, raw, causes, at: Date.now() });
    if (kind === 2 && begun) open.set(messageId, begun.entry.id);
    else open.delete(messageId);
  };
}

const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
server.on('upgrade', (request, socket, head) => {
  const { authorization, 'sec-websocket-protocol': protocol = '' } = request.headers;
  const onward = new WebSocket(`ws://127.0.0.1:${csmsPort}${request.url}`, protocol.split(','), {
    perMessageDeflate: false,
    ...(authorization ? { headers: { authorization } } : {}),
  });
  onward.on('error', () => socket.destroy());
  onward.once('open', () =>
    sockets.handleUpgrade(request, socket, head, (station) => {
      const heard = listenerOf(String(request.url).split('/').at(-1) ?? '');
      relay(
        { protocol: 'ocpp1.6', remoteAddress: '', station, csms: onward, csmsSilenceMs: 60_000 },
        () => ({
          onStation: part === 'relay' ? nothing : heard('ocpp'),
          onCsms: part === 'relay' ? nothing : heard('csms'),
          onUndelivered: nothing,
          onSent: nothing,
          onAnswer: nothing,
          onAlive: nothing,
          onBroken: nothing,
          onClosed: nothing,
        }),
      );
    }),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
report((server.address() as AddressInfo).port);
