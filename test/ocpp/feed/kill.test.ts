/** A bridge that is killed in the middle of what it is handed. */
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type BridgeProcess, startBridgeProcess } from '../../support/bridge.js';
import { freePort } from '../../support/port.js';
import { frame, hand, type Summary, TOKEN } from './fed.js';

const SIZE = 1_800;
const START_WH = 5_000;

interface Entry {
  readonly id: string;
  readonly raw: string;
  readonly messageId: string;
}

async function framesOf(bridge: BridgeProcess, action: string): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let after = ''; ; after = `&after=${all.at(-1)?.id}`) {
    const page = await bridge.get<Entry[]>(
      `/api/v1/journal?link=ocpp:CP-N1&action=${action}&count=1000${after}`,
    );
    all.push(...page);
    if (page.length < 1_000) return all;
  }
}

/** Tells when the first reading is in the store. */
function firstStored({ ports }: BridgeProcess) {
  const live = new WebSocket(`ws://127.0.0.1:${ports.admin}/api/v1/live`, {
    headers: { authorization: 'Bearer demo-admin' },
  });
  onTestFinished(() => live.terminate());
  live.on('error', () => undefined);
  const reading = new Promise<void>((resolve) => {
    live.on('message', (data) => String(data).includes('MeterValues') && resolve());
  });
  return { listening: once(live, 'open'), reading };
}

it('a bridge killed in mid-batch loses nothing and takes nothing twice when the batch is repeated', async () => {
  const port = await freePort();
  const edit = (text: string) =>
    `${text.replace('listen:\n', `listen:\n  feed: { host: 127.0.0.1, port: ${port}, token: ${TOKEN} }\n`)}\nocpp: { attach: feed }\n`;
  const bridge = await startBridgeProcess({ store: 'lmdb', edit });
  onTestFinished(() => bridge.remove());
  const url = `http://127.0.0.1:${port}/feed/v1`;
  const began = Date.now() - SIZE * 1_000;
  const at = (index: number) => new Date(began + index * 1_000).toISOString();
  const readings = Array.from({ length: SIZE }, (_, index) => {
    const sampledValue = [
      { value: String(START_WH + index), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    ];
    const payload = {
      connectorId: 1,
      transactionId: 7,
      meterValue: [{ timestamp: at(index), sampledValue }],
    };
    return frame('station', [2, `m${index}`, 'MeterValues', payload], { at: at(index) });
  });
  const start = { connectorId: 1, idTag: 'BUS4711', meterStart: START_WH, timestamp: at(0) };
  await hand(url, [frame('station', [2, 's', 'StartTransaction', start], { at: at(0) })]);
  const answer = frame('csms', [3, 's', { transactionId: 7, idTagInfo: { status: 'Accepted' } }], {
    at: at(0),
  });
  const batches = [[answer, ...readings.slice(0, 1_700)], readings.slice(1_700)];
  for (const [index, batch] of batches.entries()) {
    const stored = index === 0 ? firstStored(bridge) : undefined;
    await stored?.listening;
    const told: Promise<Summary | undefined> = hand(url, batch).catch(() => undefined);
    if (stored) {
      // A part of it is stored now, and the rest on its way.
      await stored.reading;
      await bridge.kill();
      await bridge.restart();
    }
    if (!(await told)) await hand(url, batch);
  }
  const taken = await framesOf(bridge, 'MeterValues');
  expect(taken.map(({ messageId }) => messageId)).toEqual(readings.map((_, index) => `m${index}`));
  expect(await framesOf(bridge, 'StartTransaction')).toHaveLength(1);
  const { processes } = await bridge.get<{ processes: Record<string, { deliveredWh?: { value: number } }> }>(
    '/api/v1/state',
  );
  expect(Object.values(processes).map(({ deliveredWh }) => deliveredWh?.value)).toEqual([SIZE - 1]);
}, 60_000);
