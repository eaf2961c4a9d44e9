/** A bridge that is killed in the middle of what it is handed. */
import { expect, it, onTestFinished } from 'vitest';
import { type BridgeProcess, startBridgeProcess } from '../../support/bridge.js';
import { freePort } from '../../support/port.js';
import { frame, hand, type Summary, TOKEN } from './fed.js';

const SIZE = 1_000;
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
  const batches = [[answer, ...readings.slice(0, 700)], readings.slice(700)];
  for (const [index, batch] of batches.entries()) {
    const told: Promise<Summary | undefined> = hand(url, batch).catch(() => undefined);
    if (index === 0) {
      // Some of it is on its way to the store by then; when, is a matter of chance.
      await new Promise((resolve) => setTimeout(resolve, 15 + Math.random() * 60));
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
