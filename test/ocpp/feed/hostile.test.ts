/** Whoever hands over what they should not. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../harness.js';
import { event, fed, frame, post, TOKEN } from './fed.js';

const HEARTBEAT = frame('station', [2, 'h', 'Heartbeat', {}]);

async function problem(response: Response): Promise<[number, string | undefined]> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const { code } = (await response.json()) as { code?: string };
  return [response.status, code];
}

describe('a feed', () => {
  it('is for whoever has the token, over HTTP and WebSocket', async () => {
    const { url, bridge } = await fed();
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
      const refused = await post(`${url}/frames`, JSON.stringify([HEARTBEAT]), { authorization });
      expect(await problem(refused)).toEqual([401, 'FEED_BAD_TOKEN']);
    }
    const socket = new WebSocket(`${url.replace('http', 'ws')}/frames`);
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(401);
    for (let times = 0; times < 60; times += 1)
      await (await post(`${url}/frames`, '[]', { authorization: 'x' })).text();
    expect(await problem(await post(`${url}/frames`, '[]', { authorization: 'x' }))).toEqual([
      429,
      'FEED_LOCKED_OUT',
    ]);
    expect(await bridge.journal({ link: 'ocpp:CP-N1' })).toEqual([]);
    expect(JSON.stringify(bridge.log)).not.toContain(TOKEN);
  });

  it('takes nothing of a body that is too large, unpacked or not, broken or of another kind', async () => {
    const { url, hand, bridge } = await fed();
    const frames = `${url}/frames`;
    const large = Buffer.alloc(50 * 1024 * 1024, 0x20);
    const refused = await post(frames, large).then(problem, () => 'cut');
    expect([JSON.stringify([413, 'FEED_TOO_LARGE']), '"cut"']).toContain(JSON.stringify(refused));
    expect(
      await problem(
        await post(frames, gzipSync(large.subarray(0, 9 * 1024 * 1024)), { 'content-encoding': 'gzip' }),
      ),
    ).toEqual([413, 'FEED_TOO_LARGE']);
    expect(
      await problem(
        await post(frames, gzipSync(JSON.stringify([HEARTBEAT])).subarray(0, -9), {
          'content-encoding': 'gzip',
        }),
      ),
    ).toEqual([400, 'FEED_BAD_BODY']);
    expect(await problem(await post(frames, '[]', { 'content-encoding': 'br' }))).toEqual([
      400,
      'FEED_BAD_BODY',
    ]);
    const items = JSON.stringify(Array.from({ length: 10_001 }, () => 0));
    expect(await problem(await post(frames, items))).toEqual([413, 'FEED_TOO_LARGE']);
    for (const body of [
      JSON.stringify([HEARTBEAT]).slice(0, -4),
      '7',
      'null',
      Buffer.from([0x5b, 0xff, 0x5d]),
    ])
      expect(await problem(await post(frames, body))).toEqual([400, 'FEED_BAD_BODY']);
    expect((await post(frames, '[]', { 'content-type': 'text/xml' })).status).toBe(415);
    expect((await post(`${url}/elsewhere`, '[]')).status).toBe(404);
    expect(await hand(HEARTBEAT)).toMatchObject({ accepted: 1 });
    expect(await bridge.journal({ action: 'Heartbeat' })).toHaveLength(1);
  });

  it('takes nothing of half a body', async () => {
    const { url, hand, bridge } = await fed();
    const body = JSON.stringify([HEARTBEAT, HEARTBEAT]);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const head = `POST /feed/v1/frames HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body.slice(0, -20)}`);
    // Whatever is open says that it was heard; then it is gone.
    await hand();
    socket.destroy();
    await once(socket, 'close');
    await hand();
    expect(await bridge.journal({ action: 'Heartbeat' })).toEqual([]);
  });

  it('is not brought down by depth, prototypes and nonsense in frames', async () => {
    const { hand, bridge } = await fed();
    const deep = '['.repeat(60_000) + ']'.repeat(60_000);
    const told = await hand(
      frame('station', deep),
      frame('station', `[2,"d","DataTransfer",{"data":${deep}}]`),
      frame('station', '[2,"p","StatusNotification",{"__proto__":{"polluted":1},"constructor":{}}]'),
      frame('csms', `[3,"p",{"a":${deep}}]`),
      frame('csms', '[4]'),
      frame('station', '[2,7,"Heartbeat",{}]'),
      frame('station', [2, 'ok', 'Heartbeat', {}]),
    );
    expect(told).toMatchObject({ accepted: 7, rejected: 0 });
    expect(await bridge.journal({ link: 'ocpp:CP-N1', direction: 'in' })).toHaveLength(5);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(await hand(frame('station', [2, 'ok2', 'Heartbeat', {}]))).toMatchObject({ accepted: 1 });
  });

  it('closes a WebSocket that sends too much at once, and hears the next', async () => {
    const { url } = await fed();
    const dial = async () => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/frames`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      onTestFinished(() => socket.terminate());
      socket.on('error', () => undefined);
      await once(socket, 'open');
      return socket;
    };
    const large = await dial();
    large.send(`[${' '.repeat(9 * 1024 * 1024)}]`);
    const [code] = (await once(large, 'close')) as [number];
    expect(code).toBe(1009);
    const next = await dial();
    next.send(JSON.stringify(event('connected')));
    const [data] = (await once(next, 'message')) as [Buffer];
    expect(JSON.parse(String(data))).toMatchObject({ accepted: 1 });
  });

  it('is no door for a charger that should go to its CSMS', async () => {
    const { bridge } = await fed();
    const charger = new WebSocket(`${bridge.url}/CP-N1`, 'ocpp1.6', { auth: 'CP-N1:cp-n1-secret-0001' });
    charger.on('error', () => undefined);
    const [, response] = (await once(charger, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(404);
    await until(() => bridge.log.some(({ code }) => code === 'FEED_STATION_KNOCKS'), 'a word of it');
  });
});
