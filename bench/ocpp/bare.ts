/** ocpp-rpc alone, in its strict mode: what anybody would write in an afternoon. Told to report by messages of its parent. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RPCServer } from 'ocpp-rpc';
import { report } from './report.js';

const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
server.auth((accept) => accept({}));
server.on('client', (client) => {
  const now = () => new Date().toISOString();
  client.handle('BootNotification', () => ({ status: 'Accepted', interval: 300, currentTime: now() }));
  client.handle('StatusNotification', () => ({}));
  client.handle('StartTransaction', () => ({ transactionId: 1, idTagInfo: { status: 'Accepted' } }));
  client.handle('MeterValues', () => ({}));
});
const listening = await server.listen(0, '127.0.0.1');
if (!listening.listening) await once(listening, 'listening');
report((listening.address() as AddressInfo).port);
