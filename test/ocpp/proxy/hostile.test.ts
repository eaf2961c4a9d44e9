/** Who does what nobody should, on either side: that pair ends, at most, and the others are served. */
import { describe, expect, it } from 'vitest';
import { until } from '../harness.js';
import { rawBehind } from './behind.js';
import { plug, type RawPeer } from './raw-csms.js';

const deep = (depth: number) =>
  `[2,"deep","DataTransfer",{"vendorId":"x","data":${'['.repeat(depth)}${']'.repeat(depth)}}]`;
const POLLUTING =
  '[2,"p","BootNotification",{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"chargePointVendor":"v","chargePointModel":"m"}]';

/** Passed on, whatever the listener thinks of it. */
const BORNE: readonly (readonly [what: string, attack: (peer: RawPeer) => void, frames: number])[] = [
  ['nesting', (peer) => peer.send(deep(50_000)), 1],
  ['keys that reach for prototypes', (peer) => peer.send(POLLUTING), 1],
  ['an id of 100 kB', (peer) => peer.send(`[2,"${'i'.repeat(100_000)}","Heartbeat",{}]`), 1],
  [
    'a flood of frames that are none',
    (peer) => {
      for (let index = 0; index < 400; index++) peer.send(`no frame ${index}`);
    },
    400,
  ],
];

/** The end of the pair. */
const FATAL: readonly (readonly [what: string, attack: (peer: RawPeer) => void, code: number])[] = [
  ['a frame of 5 MB', (peer) => peer.send('x'.repeat(5_000_000)), 1009],
  ['broken UTF-8', (peer) => peer.send(Buffer.from([0x5b, 0xff, 0xfe])), 1007],
  ['a reserved opcode', (peer) => rawOf(peer).write(Buffer.from([0x83, 0x80, 0, 0, 0, 0])), 1002],
  ['garbage', (peer) => rawOf(peer).write(Buffer.alloc(64, 0xff)), 1002],
];

function rawOf(peer: RawPeer) {
  return (peer.socket as unknown as { _socket: import('node:net').Socket })._socket;
}

async function scene() {
  const { csms, bridge } = await rawBehind();
  const bad = await plug(bridge.port);
  const badBehind = await csms.peer(0);
  const good = await plug(bridge.port, { path: '/ocpp/CP-N2', login: 'CP-N2:cp-n2-secret-0002' });
  const goodBehind = await csms.peer(1);
  /** The other pair is served, in both directions. */
  const served = async () => {
    const [there, here] = [goodBehind.got.length, good.got.length];
    good.send('[2,"ok","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]');
    await goodBehind.nth(there);
    goodBehind.send('[3,"ok",{}]');
    await good.nth(here);
    await until(() => bridge.point('N2', 'N2-1').status?.value === 'Available', 'its status');
  };
  return { bridge, csms, bad, badBehind, served };
}

describe.each([
  ['a charger', false],
  ['a CSMS', true],
])('%s', (_who, isCsms) => {
  it.each(BORNE)('may send %s', async (_what, attack, frames) => {
    const { bridge, bad, badBehind, served } = await scene();
    const [from, to] = isCsms ? [badBehind, bad] : [bad, badBehind];
    attack(from);
    await until(() => to.got.length === frames, 'all of it on the other side');
    await served();
    expect([bad.closed, badBehind.closed]).toEqual([undefined, undefined]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(bridge.state.stations.get('N1')?.boot).toBeUndefined();
  });

  it.each(FATAL)('ends its own pair with %s', async (_what, attack, code) => {
    const { bridge, bad, badBehind, served } = await scene();
    const [from, to] = isCsms ? [badBehind, bad] : [bad, badBehind];
    attack(from);
    // Who broke the wire is told how; the other side that it is over.
    expect([code, 1006]).toContain((await from.end()).code);
    expect((await to.end()).code).toBeGreaterThan(1000);
    await served();
    const [note] = await until(async () => {
      const found = await bridge.journal({ action: 'LinkBroken' });
      return found.length > 0 && found;
    }, 'a note of it');
    expect(note?.link).toBe(isCsms ? 'csms:CP-N1' : 'ocpp:CP-N1');
  });
});
