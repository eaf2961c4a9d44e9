/** Where the bridge goes when a partner says so. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkUrl, guardedLookup, isAllowedAddress } from '../../src/ocpi/guard.js';
import { withoutToken } from '../../src/ocpi/recorder.js';
import type { EmspSimulator } from '../../src/sim/emsp/index.js';
import { Bench } from './bench.js';
import { startEmsp, TOKEN_A } from './partner.js';

/** Ways to say "inside" that were used against others. */
const INSIDE = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a00:1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fe80::1]/',
  'https://[fd00::1]/',
  'https://10.1.2.3/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://１２７.０.０.１/',
];
const MALFORMED = [
  'http://partner.example/',
  'ftp://partner.example/',
  'file:///etc/passwd',
  'gopher://partner.example/',
  'https://user:secret@partner.example/',
  'https://partner.example@127.0.0.1/',
  'not a url',
  '',
  `https://partner.example/${'x'.repeat(300)}`,
];

describe('the address guard', () => {
  it('refuses every way inside, and whatever is not https', () => {
    for (const url of [...INSIDE, ...MALFORMED]) {
      expect(() => checkUrl(url, { allowPrivate: false }), url).toThrow(/refused/);
    }
    expect(checkUrl('https://partner.example:8443/x', { allowPrivate: false }).port).toBe('8443');
  });

  it('keeps clouds’ secrets, multicast and nobody’s addresses shut even where private ones are open', () => {
    const never = [
      '169.254.169.254',
      '0.0.0.0',
      '224.0.0.1',
      'fe80::1',
      '::ffff:169.254.169.254',
      '64:ff9b::a9fe:a9fe',
    ];
    for (const address of never) expect(isAllowedAddress(address, true), address).toBe(false);
    for (const address of ['127.0.0.1', '::1', '10.0.0.1', 'fd00::1', '93.184.216.34']) {
      expect(isAllowedAddress(address, true), address).toBe(true);
    }
  });

  it('treats an IPv4 address the same in every dress', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.boolean(), (address, allowPrivate) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = `::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
        const plain = isAllowedAddress(address, allowPrivate);
        expect(isAllowedAddress(`::ffff:${address}`, allowPrivate)).toBe(plain);
        expect(isAllowedAddress(hex, allowPrivate)).toBe(plain);
      }),
    );
  });

  it('keeps to the host the partner registered with', () => {
    const options = { allowPrivate: false, host: 'partner.example' };
    expect(checkUrl('https://partner.example/x', options).hostname).toBe('partner.example');
    for (const host of [
      'evil.example',
      'partner.example.evil.example',
      'xpartner.example',
      'partner.example.',
    ]) {
      expect(() => checkUrl(`https://${host}/x`, options), host).toThrow(/host/);
    }
  });

  it('looks at what a name leads to, not at the name', async () => {
    const resolved = (allowPrivate: boolean) =>
      new Promise((resolve) =>
        guardedLookup(allowPrivate)('localhost', {}, (error, address) => resolve(error ?? address)),
      );
    expect(await resolved(false)).toMatchObject({ code: 'OCPI_ADDRESS_REFUSED' });
    expect(await resolved(true)).toMatch(/127\.0\.0\.1|::1/);
  });
});

describe('credentials in the journal', () => {
  it('lose the token and nothing else', () => {
    const secret = 'S3cret-token-value';
    const texts = [
      `{"token":"${secret}","url":"https://x"}`,
      `{ "token" : "${secret}" , "url" : "https://x/${secret}" }`,
      `{"data":{"token":"${secret}"},"status_code":1000}`,
      `{"token":"${secret}`,
      `{"t\\u006fken":"${secret}"}`,
    ];
    for (const text of texts) {
      const kept = withoutToken(text);
      expect(kept).not.toContain(secret);
      expect(kept.replaceAll('[redacted]', secret)).toBe(text);
    }
  });
});

describe('a handshake with a hostile partner', () => {
  let bench: Bench;
  let emsp: EmspSimulator;
  afterEach(async () => {
    await emsp.stop();
    await bench.end();
  });
  const register = (url: string) =>
    emsp.call({
      method: 'POST',
      url: bench.versionsUrl.replace('/versions', '/2.2.1/credentials'),
      token: TOKEN_A,
      body: {
        token: 'client-token',
        url,
        roles: [{ role: 'EMSP', country_code: 'NL', party_id: 'EMS', business_details: { name: 'E' } }],
      },
    });

  describe('in the open', () => {
    beforeEach(async () => {
      emsp = await startEmsp();
      bench = await new Bench((config) => {
        if (config.ocpi) config.ocpi.allowPrivateAddresses = false;
      }).start();
    });

    it('asks nobody inside', async () => {
      let asked = 0;
      emsp.events.on('received', () => asked++);
      const urls = [emsp.versionsUrl, emsp.versionsUrl.replace('127.0.0.1', 'localhost'), ...INSIDE];
      for (const url of urls) {
        const answer = await register(url);
        expect(answer.statusCode, url).toBeGreaterThanOrEqual(2001);
      }
      expect(asked).toBe(0);
    });

    it('says in the log whom it did not follow where, and nothing that could be a secret', async () => {
      await register('https://user:s3cret@127.0.0.1:8443/versions?key=s3cret');
      await register('https://169.254.169.254/latest/s3cret');
      const refusals = bench.log.filter(({ code }) => code === 'OCPI_ADDRESS_REFUSED');
      expect(refusals).toMatchObject([
        { partner: 'emsp-demo', to: 'https://127.0.0.1:8443', reason: expect.stringContaining('user') },
        { partner: 'emsp-demo', to: 'https://169.254.169.254', reason: expect.stringContaining('public') },
      ]);
      expect(JSON.stringify(bench.log)).not.toContain('s3cret');
    });
  });

  describe('on a test bench', () => {
    beforeEach(async () => {
      emsp = await startEmsp();
      bench = await new Bench().start();
    });

    /** A server that answers as told, and what it was asked with. */
    async function hostile(
      answer: (path: string, origin: string) => [number, Record<string, string>, string],
    ) {
      const tokens: string[] = [];
      const server = createServer((request, response) => {
        const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        tokens.push(request.headers.authorization ?? '');
        const [status, headers, body] = answer(request.url ?? '', origin);
        response.writeHead(status, headers).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return { url, tokens, close: () => new Promise((resolve) => server.close(resolve)) };
    }
    const envelope = (data: unknown) =>
      JSON.stringify({ data, status_code: 1000, timestamp: '2026-01-01T00:00:00Z' });

    it('follows no redirect and no second host, and reads no endless answer', async () => {
      const other = await hostile(() => [200, {}, envelope([])]);
      const evils = [
        hostile(() => [302, { location: `${other.url}/versions` }, '']),
        hostile(() => [
          200,
          {},
          envelope([{ version: '2.2.1', url: other.url.replace('127.0.0.1', 'localhost') }]),
        ]),
        hostile(() => [200, {}, `{"data":"${'x'.repeat(1_200_000)}"`]),
        hostile(() => [200, {}, '{"data":[{"version":"2.2.1"']),
        hostile((path, origin) => [
          200,
          {},
          envelope(
            path === '/d' ? { version: '2.2.1', endpoints: [] } : [{ version: '2.2.1', url: `${origin}/d` }],
          ),
        ]),
      ];
      for (const evil of await Promise.all(evils)) {
        const answer = await register(`${evil.url}/versions`);
        expect(answer.statusCode).toBeGreaterThanOrEqual(2001);
        await evil.close();
      }
      expect(other.tokens).toEqual([]);
      await other.close();
      expect((await emsp.call({ method: 'GET', url: bench.versionsUrl, token: TOKEN_A })).httpStatus).toBe(
        200,
      );
    });

    it('says 3003 when there is no credentials endpoint', async () => {
      const endpoints = [{ identifier: 'locations', role: 'RECEIVER', url: 'http://127.0.0.1/x' }];
      const bare = await hostile((path, origin) => [
        200,
        {},
        envelope(
          path === '/d' ? { version: '2.2.1', endpoints } : [{ version: '2.2.1', url: `${origin}/d` }],
        ),
      ]);
      expect((await register(`${bare.url}/versions`)).statusCode).toBe(3003);
      await bare.close();
    });

    it('takes no body beyond 1 MiB', async () => {
      const authorization = `Token ${Buffer.from(TOKEN_A).toString('base64')}`;
      const url = bench.versionsUrl.replace('/versions', '/2.2.1/credentials');
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization },
        body: 'x'.repeat(1_100_000),
      });
      expect(answer.status).toBe(413);
    });
  });
});
