/**
 * The bare server with parts of the bridge behind its MeterValues, each with those before it: `journal` (both frames, the call
 * stored before it is answered), `tables`, `state` (reduced, its events stored). `parts.ts <stations> <folder> <part>`.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RPCServer } from 'ocpp-rpc';
import { pino } from 'pino';
import { Depot } from '../../src/depot/index.js';
import type { DomainEvent, JournalId } from '../../src/domain/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import { openJournal } from '../../src/journal/index.js';
import { loadGeneration } from '../../src/mapping/index.js';
import { translate } from '../../src/ocpp/translate.js';
import { openStore } from '../../src/store/index.js';
import { configOf } from './depot.js';
import { report } from './report.js';

const [stations = '1', folder = '', part = 'journal'] = process.argv.slice(2);
const config = configOf(Number(stations), folder);
const [{ id: depotId, stations: configured }] = config.depots;
const store = await openStore(config.store, config.durability, pino({ level: 'error' }));
const journal = openJournal(store, depotId);
const identity = new IdentityRegistry(config);
const places = configured.map(({ id, points }) => ({
  stationId: id,
  pointIds: points.map((point) => point.id),
}));
const depot = await Depot.open(depotId, places, store, journal);
const loaded = loadGeneration(['mappings/ocpp16']);
if ('diagnostics' in loaded) throw new Error(loaded.diagnostics[0]?.message);
const { generation } = loaded;

/** Journals one frame of a station. */
function journalled(
  of: string,
  action: string,
  direction: 'in' | 'out',
  raw: string,
  causes: JournalId[] = [],
) {
  const link = `ocpp:${of}`;
  const draft = {
    depotId,
    link,
    protocol: 'ocpp1.6',
    direction,
    action,
    raw,
    causes,
    at: Date.now(),
  } as const;
  const begun = journal.begin({ ...draft, generation: generation.id });
  if (!begun) throw new Error('the journal lost a frame');
  return begun;
}

function eventsOf(of: string, action: string, id: JournalId, payload: object): readonly DomainEvent[] {
  const stationId = of.replace('CP-', 'S');
  const facts = { id, at: Date.now(), action, protocol: 'ocpp1.6', stationId } as const;
  return translate(facts, payload as never, generation, identity).events;
}

const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
server.auth((accept) => accept({}));
server.on('client', (client) => {
  const of = client.identity as string;
  let raw = '';
  client.on('message', (event: { message: string; outbound: boolean }) => {
    if (!event.outbound) raw = event.message;
  });
  client.handle('BootNotification', () => ({
    status: 'Accepted',
    interval: 300,
    currentTime: new Date().toISOString(),
  }));
  client.handle('StatusNotification', () => ({}));
  client.handle('StartTransaction', async ({ params }: { params: object }) => {
    const begun = journalled(of, 'StartTransaction', 'in', raw);
    const events = eventsOf(of, 'StartTransaction', begun.entry.id, params);
    const started = events.map((event) => ({ ...event, payload: { ...event.payload, transactionId: '1' } }));
    await depot.apply(started as DomainEvent[], begun.stored);
    return { transactionId: 1, idTagInfo: { status: 'Accepted' } };
  });
  client.handle('MeterValues', async ({ params, messageId }: { params: object; messageId: string }) => {
    const begun = journalled(of, 'MeterValues', 'in', raw);
    const events = part === 'journal' ? [] : eventsOf(of, 'MeterValues', begun.entry.id, params);
    if (part === 'state') await depot.apply(events, begun.stored);
    await begun.stored;
    journalled(of, 'MeterValues', 'out', `[3,"${messageId}",{}]`, [begun.entry.id]);
    return {};
  });
});
const listening = await server.listen(0, '127.0.0.1');
if (!listening.listening) await once(listening, 'listening');
report((listening.address() as AddressInfo).port);
