/** A relay on ws and nothing else: what anybody would write in an afternoon. `bare.ts <csms port>`. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { report } from '../ocpp/report.js';

const [csmsPort = ''] = process.argv.slice(2);
const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on('upgrade', (request, socket, head) => {
  const { authorization, 'sec-websocket-protocol': protocol = '' } = request.headers;
  const onward = new WebSocket(`ws://127.0.0.1:${csmsPort}${request.url}`, protocol.split(','), {
    perMessageDeflate: false,
    ...(authorization ? { headers: { authorization } } : {}),
  });
  onward.on('error', () => socket.destroy());
  onward.once('open', () =>
    sockets.handleUpgrade(request, socket, head, (charger) => {
      charger.on('error', () => undefined);
      charger.on('message', (data: Buffer, binary) => onward.send(data, { binary }));
      onward.on('message', (data: Buffer, binary) => charger.send(data, { binary }));
      charger.once('close', () => onward.close());
      onward.once('close', () => charger.close());
    }),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
report((server.address() as AddressInfo).port);
