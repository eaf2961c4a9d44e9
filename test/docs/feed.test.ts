/** The adapters of docs/feed.md, run against a bridge. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Fed, fed, TOKEN } from '../ocpp/feed/fed.js';
import { until } from '../ocpp/harness.js';
import { freePort } from '../support/port.js';

const page = readFileSync(new URL('../../docs/feed.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text ?? '');
const [hand = '', mqtt = '', kafka = '', steve = ''] = blocks('sh');

const call = '[2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Preparing"}]';
const answer = '[3,"s",{}]';

/** Runs an adapter with other lines than those of its source. */
async function adapt(adapter: string, lines: readonly string[], { url }: Fed): Promise<void> {
  const [, ...rest] = adapter.split('\n');
  const script = `${hand}\ncat |\n${rest.join('\n')}`;
  const env = { ...process.env, FEED_URL: new URL(url).origin, FEED_TOKEN: TOKEN };
  const shell = spawn('bash', ['-o', 'pipefail', '-ec', script], {
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  onTestFinished(() => void shell.kill('SIGKILL'));
  shell.stdin.end(`${lines.join('\n')}\n`);
  const [code] = (await once(shell, 'exit')) as [number];
  expect(code).toBe(0);
}

async function heard({ bridge }: Fed) {
  const entries = await bridge.journal({ direction: 'in' });
  return entries.map(({ link, raw, at }) => [link, raw, new Date(at).toISOString()]);
}

/** What the adapters of the page are written in. */
const hasTools = ['bash', 'curl', 'jq'].every((tool) => spawnSync(tool, ['--version']).status === 0);

describe('an adapter', () => {
  it.runIf(hasTools)('hands over what is on MQTT', async () => {
    const bridge = await fed();
    const line = (from: string, payload: string) =>
      JSON.stringify({
        tst: '2026-01-02T03:04:05.678000+0100',
        topic: `ocpp/CP-N1/${from}`,
        qos: 0,
        payload,
      });
    await adapt(mqtt, [line('station', call), line('csms', answer)], bridge);
    const at = '2026-01-02T02:04:05.678Z';
    expect(await heard(bridge)).toEqual([
      ['ocpp:CP-N1', call, at],
      ['csms:CP-N1', answer, at],
    ]);
  });

  it.runIf(hasTools)('hands over what is in Kafka, once, and what is missing', async () => {
    const bridge = await fed();
    const line = (offset: number) =>
      JSON.stringify({
        ...{ topic: 'ocpp-frames', partition: 3, offset, ts: 1_767_323_045_007, key: 'CP-N3' },
        ...{ headers: ['tenant', '1', 'from', 'station'], payload: `[2,"h${offset}","Heartbeat",{}]` },
      });
    await adapt(kafka, [line(5), line(5), line(8)], bridge);
    expect(await heard(bridge)).toEqual([
      ['ocpp:CP-N3', '[2,"h5","Heartbeat",{}]', '2026-01-02T03:04:05.007Z'],
      ['ocpp:CP-N3', '[2,"h8","Heartbeat",{}]', '2026-01-02T03:04:05.007Z'],
    ]);
    expect(bridge.bridge.ocpp.feed?.status().gaps).toMatchObject([
      { source: 'ocpp-frames-3', from: 6, to: 7 },
    ]);
  });

  it.runIf(hasTools)('hands over what SteVe logs', async () => {
    const bridge = await fed();
    const now = new Date().toISOString().replace('T', ' ').replace('.', ',').slice(0, -1);
    const line = (words: string) =>
      `[INFO ] ${now} de.rwth.idsg.steve.ocpp.ws.WebSocketLogger - [chargeBoxId=CP-N1, sessionId=d5] ${words}`;
    await adapt(
      steve,
      [
        line('Connection is established'),
        line(`Received: ${call}`),
        'at org.example.Some(Trace.java:1)',
        line(`Sending: ${answer}`),
      ],
      bridge,
    );
    expect((await heard(bridge)).map(([link, raw]) => [link, raw])).toEqual([
      ['ocpp:CP-N1', call],
      ['csms:CP-N1', answer],
    ]);
    expect(bridge.bridge.ocpp.commands.isConnected('N1')).toBe(true);
    await adapt(steve, [line('Connection is closed, status: CloseStatus[code=1006]')], bridge);
    expect(bridge.bridge.ocpp.commands.isConnected('N1')).toBe(false);
  });

  it('hands over what CitrineOS posts to a subscriber', async () => {
    const bridge = await fed();
    const folder = mkdtempSync(join(tmpdir(), 'depotbridge-adapter-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'adapter.mjs');
    writeFileSync(file, blocks('js')[0] ?? '');
    const port = await freePort();
    const env = {
      ...process.env,
      PORT: String(port),
      FEED_URL: new URL(bridge.url).origin,
      FEED_TOKEN: TOKEN,
    };
    const adapter = spawn(process.execPath, [file], { env, stdio: 'inherit' });
    onTestFinished(() => void adapter.kill('SIGKILL'));
    const post = (body: object) =>
      fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: JSON.stringify({ stationId: 'CP-N3', ...body }),
      }).then(
        ({ status }) => status,
        () => 0,
      );
    await until(async () => (await post({ event: 'connected' })) === 200, 'the adapter');
    expect(await post({ event: 'message', origin: 'cs', message: '[2,"h","Heartbeat",{}]', info: {} })).toBe(
      200,
    );
    expect(
      await post({
        event: 'message',
        origin: 'csms',
        message: '[3,"h",{"currentTime":"2026-01-01T00:00:00Z"}]',
      }),
    ).toBe(200);
    expect((await heard(bridge)).map(([link]) => link)).toEqual(['ocpp:CP-N3', 'csms:CP-N3']);
    expect(bridge.bridge.ocpp.commands.isConnected('N3')).toBe(true);
    expect(await post({ event: 'closed' })).toBe(200);
    expect(bridge.bridge.ocpp.commands.isConnected('N3')).toBe(false);
  });
});
