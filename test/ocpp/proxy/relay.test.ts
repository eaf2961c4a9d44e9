/** What goes through the bridge comes out as it went in. */
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../harness.js';
import { rawBehind, withoutPasswords } from './behind.js';
import { plug, type RawPeer } from './raw-csms.js';

const BIG = `[2,"big","DataTransfer",{"vendorId":"x","data":"${'é'.repeat(100_000)}"}]`;

/** Text frames in which a parser would change something, and what is no OCPP. */
const ODD = [
  '[ 2 , "a b\\u00e9" ,"Heartbeat",{ } ]',
  '\n\t[\r\n2,"nl",\n"Heartbeat",{\n}\n]\n',
  '[2,"n1","DataTransfer",{"vendorId":"v","data":16.0,"e":1e3,"i":9007199254740993,"z":-0,"big":123456789012345678901234567890}]',
  '[2,"dup","DataTransfer",{"b":1,"a":2,"b":3,"__proto__":{"x":1},"constructor":{}}]',
  '[2,"uni","DataTransfer",{"vendorId":"\\ud83d\\ude8c 🚌 \\u0000","d":"\\/"}]',
  '[2,"x1","NobodyKnowsThis",{"a":[[[[]]]]}]',
  '[2,"sig","BootNotification-Signed",{"payload":"eyJ","signatures":[]}]',
  '[6,"send","NotifyPeriodicEventStream",{"id":1}]',
  '[5,"x1","FormatViolation","no",{}]',
  '[3,"nobody-asked",{"status":"Accepted"}]',
  '[4,"nobody-asked","InternalError","",{}]',
  '[2,17,"Heartbeat",{}]',
  '[3.0,"id",{}]',
  '[2,"open',
  '[2,"","Heartbeat",{}]',
  'not json',
  '{"a":1}',
  'null',
  '',
  '\u{feff}[2,"bom","Heartbeat",{}]',
  '[2,"a","Heartbeat",{}][2,"b","Heartbeat",{}]',
  BIG,
];

async function joined(setup: Parameters<typeof rawBehind>[0] = {}, options: Parameters<typeof plug>[1] = {}) {
  const { csms, bridge } = await rawBehind(setup);
  const charger = await plug(bridge.port, options);
  return { csms, bridge, charger, behind: await csms.peer() };
}

async function carries(from: RawPeer, to: RawPeer, frames: readonly string[]): Promise<void> {
  const before = to.got.length;
  for (const frame of frames) from.send(frame);
  await until(() => to.got.length >= before + frames.length, `${frames.length} frames`);
  expect(to.texts.slice(before)).toEqual(frames);
}

describe('frames through the relay', () => {
  it.each([
    ['uncompressed', false, false],
    ['compressed on both hops', true, true],
    ['compressed towards the charger only', true, false],
  ])('are the same bytes in both directions, in their order: %s', async (_how, charger, csms) => {
    const ends = await joined(
      { csms: { deflate: csms } },
      { perMessageDeflate: charger && { threshold: 0 } },
    );
    await carries(ends.charger, ends.behind, ODD);
    await carries(ends.behind, ends.charger, ODD);
    expect(ends.charger.socket.extensions !== '').toBe(charger);
    expect(ends.behind.socket.extensions !== '').toBe(csms);
    expect(ends.charger.got.concat(ends.behind.got).some(({ isBinary }) => isBinary)).toBe(false);
  });

  it('are binary if they were, and fragments become the message that they are', async () => {
    const { charger, behind, bridge } = await joined();
    const bytes = Buffer.from([0, 255, 254, 2, 91]);
    charger.send(bytes, true);
    behind.send(bytes, true);
    charger.send(Buffer.alloc(0), true);
    for (const part of ['[2,"f', 'rag","Heart', 'beat",{}]'])
      charger.socket.send(part, { fin: part.endsWith(']') });
    await until(() => behind.got.length === 3 && charger.got.length === 1, 'all of them');
    expect(behind.got.map(({ data, isBinary }) => [data, isBinary])).toEqual([
      [bytes, true],
      [Buffer.alloc(0), true],
      [Buffer.from('[2,"frag","Heartbeat",{}]'), false],
    ]);
    expect(charger.got).toEqual([{ data: bytes, isBinary: true }]);
    const [noText] = await until(async () => {
      const found = await bridge.journal({ action: 'BadFrame' });
      return found.length >= 2 && found;
    }, 'both in the journal');
    expect(noText).toMatchObject({ raw: bytes.toString('base64'), error: 'OCPP_BAD_FRAME' });
  });

  it('may be pipelined, and answered out of order or before the call was seen', async () => {
    const { charger, behind } = await joined();
    const calls = Array.from({ length: 40 }, (_, index) => `[2,"c${index}","Heartbeat",{}]`);
    await carries(charger, behind, calls);
    await carries(
      behind,
      charger,
      calls.map((_, index) => `[3,"c${39 - index}",{"currentTime":"now"}]`),
    );
    await carries(behind, charger, ['[2,"c1","Reset",{"type":"Soft"}]', '[2,"c1","ClearCache",{}]']);
    await carries(charger, behind, ['[3,"c1",{"status":"Accepted"}]', '[3,"c1",{"status":"Rejected"}]']);
  });

  it('are not lost when the CSMS says them in one packet with its 101', async () => {
    const atOnce = [
      '[2,"first","TriggerMessage",{"requestedMessage":"BootNotification"}]',
      '[2,"second","GetLocalListVersion",{}]',
    ];
    const { charger } = await joined({ csms: { atOnce } });
    expect([await charger.nth(0), await charger.nth(1)]).toEqual(atOnce);
  });
});

it('keeps what the charger says before it is answered', async () => {
  const { csms, bridge } = await rawBehind();
  const early = Buffer.concat([
    Buffer.from(
      [
        'GET /ocpp/CP-N1 HTTP/1.1',
        'Host: x',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Protocol: ocpp1.6',
        `Authorization: Basic ${Buffer.from('CP-N1:cp-n1-secret-0001').toString('base64')}`,
        '',
        '',
      ].join('\r\n'),
    ),
    masked('[2,"1","Heartbeat",{}]'),
  ]);
  const socket = connect(bridge.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(early);
  setTimeout(() => socket.write(masked('[2,"2","Heartbeat",{}]')), 1);
  const behind = await csms.peer();
  expect([await behind.nth(0), await behind.nth(1)]).toEqual([
    '[2,"1","Heartbeat",{}]',
    '[2,"2","Heartbeat",{}]',
  ]);
});

/** A short text frame as a client sends it, masked with zeros. */
function masked(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

describe('the handshake through the relay', () => {
  it.each([
    ['/ocpp/CP-N1', '/CP-N1'],
    ['/steve/CentralSystemService/CP-N1', '/CP-N1'],
    ['/ocpp/CP%2DN1?token=a%20b&x=%2F', '/CP%2DN1?token=a%20b&x=%2F'],
    ['/ocpp//CP-N1/', '/CP-N1'],
  ])('brings path and query as they were: %s', async (path, expected) => {
    const { csms } = await joined({}, { path });
    expect(csms.requests[0]?.url).toBe(`/steve/CentralSystemService${expected}`);
  });

  it.each(['A-b_C:9', 'x.y*1+2'])('takes identities as they are: %s', async (identity) => {
    const edit = (text: string) =>
      withoutPasswords(text).replace('identity: CP-N1', `identity: "${identity}"`);
    const { csms } = await joined({ edit }, { path: `/ocpp/${identity}`, login: `${identity}:any` });
    const { url, headers } = csms.requests[0] ?? {};
    expect(url).toBe(`/steve/CentralSystemService/${identity}`);
    expect(headers?.authorization).toBe(`Basic ${Buffer.from(`${identity}:any`).toString('base64')}`);
  });

  it('brings login, user agent and subprotocols, and says for whom', async () => {
    const protocols = ['ocpp2.0.1', 'ocpp1.6', 'vendor.x'];
    const { csms } = await joined({}, { protocols, headers: { 'user-agent': 'Charger/1.0 (é)' } });
    expect(csms.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('CP-N1:cp-n1-secret-0001').toString('base64')}`,
      'user-agent': 'Charger/1.0 (é)',
      'sec-websocket-protocol': 'ocpp2.0.1,ocpp1.6,vendor.x',
      'x-forwarded-for': expect.stringMatching(/127\.0\.0\.1$/),
    });
  });

  it('leaves the choice of the subprotocol to the CSMS', async () => {
    const choose = (offered: Set<string>) => [...offered].at(-1) ?? false;
    const { charger, behind, bridge } = await joined(
      { csms: { choose } },
      { protocols: ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'] },
    );
    expect(charger.socket.protocol).toBe('ocpp1.6');
    charger.send('[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]');
    await behind.nth(0);
    await until(() => bridge.point('N1', 'N1-1').status?.value === 'Available', 'the status, read as 1.6');
  });

  it('passes on that none was offered', async () => {
    const { charger, csms } = await joined({}, { protocols: [] });
    expect(charger.socket.protocol).toBe('');
    expect(csms.requests[0]?.headers['sec-websocket-protocol']).toBeUndefined();
  });
});
