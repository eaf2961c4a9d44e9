/** The admin API as a stranger and as the operator meet it, on a bridge of its own process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type BridgeProcess, startBridgeProcess } from '../support/bridge.js';

let bridge: BridgeProcess;
beforeAll(async () => {
  bridge = await startBridgeProcess({ store: 'lmdb' });
});
afterAll(() => bridge.remove());

const at = (path: string, token?: string) =>
  fetch(`http://127.0.0.1:${bridge.ports.admin}${path}`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });

describe('the admin API', () => {
  it('shows health to anybody, and nothing else without the token', async () => {
    expect((await at('/livez')).status).toBe(200);
    expect((await at('/readyz')).status).toBe(200);
    for (const path of [
      '/metrics',
      '/api/v1/state',
      '/api/v1/journal',
      '/api/v1/openapi.json',
      '/api/v1/parked',
    ]) {
      expect((await at(path)).status, path).toBe(401);
      expect((await at(path, 'demo-admiN')).status, path).toBe(401);
      expect((await at(path, 'demo-admin')).status, path).toBe(200);
    }
  });

  it.each([
    ['/nowhere', 404],
    ['/api/v1/stations/N9', 404],
    ['/api/v1/journal/1-0', 404],
    ['/api/v1/journal?count=0', 400],
    ['/%zz', 400],
  ])('answers %s with a problem of RFC 9457, status %i', async (path, status) => {
    const response = await at(path, 'demo-admin');
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
  });

  it('describes itself', async () => {
    const api = (await (await at('/api/v1/openapi.json', 'demo-admin')).json()) as {
      openapi: string;
      paths: object;
    };
    expect(api.openapi).toMatch(/^3\./);
    expect(Object.keys(api.paths)).toEqual(
      expect.arrayContaining(['/livez', '/api/v1/state', '/api/v1/journal/{id}/trace']),
    );
  });

  it('streams the journal to those with the token', async () => {
    const url = `ws://127.0.0.1:${bridge.ports.admin}/api/v1/live`;
    await expect(opened(new WebSocket(url))).rejects.toThrow('401');
    const live = new WebSocket(url, { headers: { authorization: 'Bearer demo-admin' } });
    await opened(live);
    const heard: unknown[] = [];
    live.on('message', (data) => heard.push(JSON.parse(String(data))));
    const authorization = `Basic ${Buffer.from('CP-N1:cp-n1-secret-0001').toString('base64')}`;
    const charger = new WebSocket(`ws://127.0.0.1:${bridge.ports.ocpp}/ocpp/CP-N1`, 'ocpp1.6', {
      headers: { authorization },
    });
    // Plans are made meanwhile, and are in the journal too.
    const opening = expect.objectContaining({ link: 'ocpp:CP-N1', action: 'LinkOpened' });
    await expect.poll(() => heard).toContainEqual(opening);
    charger.close();
    live.close();
  });

  it('hears no more of an address after too many wrong tokens, save who was there with the right one', async () => {
    await at('/metrics', 'demo-admin');
    const statuses: number[] = [];
    for (let guess = 0; guess < 70; guess++) statuses.push((await at('/metrics', `guess-${guess}`)).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    const refused = await at('/metrics', 'guess-70');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      status: 429,
      detail: expect.stringContaining('heard again'),
    });
    expect((await at('/metrics', 'demo-admin')).status).toBe(200);
    expect((await at('/livez')).status).toBe(200);
    expect(
      bridge.log.filter(({ msg }) => String(msg).startsWith('too many wrong admin tokens')),
    ).toHaveLength(1);
    expect(bridge.log.filter(({ msg }) => msg === 'a request without the admin token').length).toBeLessThan(
      70,
    );
  });
});

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
}
