/** A CSMS reduced to its answers: as little work as possible on this side. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { report } from '../ocpp/report.js';

const ANSWERS: Readonly<Record<string, string>> = {
  BootNotification: '{"status":"Accepted","interval":300,"currentTime":"2026-01-01T00:00:00Z"}',
  StartTransaction: '{"transactionId":1,"idTagInfo":{"status":"Accepted"}}',
};
const HEAD = /^\[2,"([^"]*)","([^"]*)"/;

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    const [, id, action = ''] = HEAD.exec(data.toString('latin1', 0, 100)) ?? [];
    if (id !== undefined) socket.send(`[3,"${id}",${ANSWERS[action] ?? '{}'}]`);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
report((server.address() as AddressInfo).port);
