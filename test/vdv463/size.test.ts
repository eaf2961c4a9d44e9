/** Frames that are too much to read: refused in the words of the protocol, kept as they came, and at once. */
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import {
  MAX_ELEMENTS,
  MAX_MEMBERS,
  MAX_VALUES,
  sizeFault,
  structureFault,
} from '../../src/vdv463/structure.js';
import { Cms, upstream } from './cms.js';
import { order, Peer } from './peer.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

const members = (count: number) => Array.from({ length: count }, (_, n) => `"k${n}":1`).join(',');
const ID = '6f1f4f5e-3d5e-4d3c-8a40-1f3d6b7c8d9e';
const frameOf = (payload: string) =>
  `[1,"BMS","BMS-1","2026-01-01T00:00:00Z","${ID}","ProvideChargingRequests",${payload}]`;
const request = (more: string) =>
  `{"vehicleId":"V","chargingRequestId":"R","chargingRequestData":{"minTargetSoc":1,"maxTargetSoc":2}${more}}`;
const listOf = (count: number, more: string) =>
  `{"chargingRequestList":[${Array.from({ length: count }, () => request(more)).join(',')}]}`;

describe.each([false, true])('a presystem (lenient: %s)', (lenient) => {
  it.each([
    ['300,000 members', `{${members(300_000)}}`],
    ['300,000 members of a request', `{"chargingRequestList":[${request(`,${members(300_000)}`)}]}`],
    ['50,000 members', `{${members(50_000)}}`],
    [
      '100,000 requests that lack everything',
      `{"chargingRequestList":[${Array(100_000).fill('{}').join(',')}]}`,
    ],
    ['2,400 requests with twenty unknown fields each', listOf(2_400, `,${members(20)}`)],
  ])('that sends %s is told so, and holds up nobody', async (_, payload) => {
    const cms = await Cms.start({ upstreams: [upstream({ lenient })] });
    opened.push({ close: () => cms.stop() });
    const peer = await Peer.booted(cms);
    opened.push(peer);
    const text = frameOf(payload);
    const began = performance.now();
    const before = peer.received.length;
    peer.socket.send(text);
    const answer = await peer.wait(() => peer.received[before], 'an answer');
    // Before, lenient took a minute for it; a slow machine is no reason to fail.
    expect(performance.now() - began).toBeLessThan(8_000);
    expect([answer[0], answer[4], answer[5]]).toEqual([3, ID, 'ProvideChargingRequests']);
    const [kept] = (await cms.journalled({ direction: 'in' })).filter(({ raw }) => raw.includes(ID));
    expect(kept?.raw === text).toBe(true);
    expect(kept?.error).toMatch(/VDV463_(TOO_LARGE|PAYLOAD)/);
    expect(cms.runtime.depot.state.presystems['BMS-1']?.requests ?? {}).toEqual({});
    await peer.list([order('R1', 'WEB62834613200001')]);
    expect(Object.keys(cms.runtime.depot.state.presystems['BMS-1']?.requests ?? {})).toEqual(['R1']);
  });
});

describe('the bounds', () => {
  it('leave room for every list that a depot can need', () => {
    const all = `,"priority":1,"automaticPreconditioning":{"preconditioningRequest":"SNA","ambientTemperature":1}`;
    const text = frameOf(listOf(2_400, all));
    expect(sizeFault(text)).toBeUndefined();
    expect(structureFault(JSON.parse(text))).toBeUndefined();
  });

  it('are exact', () => {
    const values = (count: number) =>
      `[${Array(count)
        .fill(`"${'a,'.repeat(2)}\\","`)
        .join(',')}]`;
    expect(sizeFault(values(MAX_VALUES))).toBeUndefined();
    expect(sizeFault(values(MAX_VALUES + 1))).toMatchObject({ code: 'VDV463_TOO_LARGE' });
    expect(structureFault(Array(MAX_ELEMENTS).fill(0))).toBeUndefined();
    expect(structureFault(Array(MAX_ELEMENTS + 1).fill(0))).toMatchObject({ code: 'VDV463_TOO_LARGE' });
    expect(structureFault(JSON.parse(`{${members(MAX_MEMBERS)}}`))).toBeUndefined();
    expect(structureFault(JSON.parse(`{${members(MAX_MEMBERS + 1)}}`))).toMatchObject({
      code: 'VDV463_TOO_LARGE',
    });
  });
});
