/** Whatever a partner sends, it gets an envelope, and a fault of ours is never the answer. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validatorOf } from '../../src/schemas/index.js';
import { type EmspSimulator, sampleToken } from '../../src/sim/emsp/index.js';
import { runs } from '../support/properties.js';
import { Bench } from './bench.js';
import { PARTY, registeredEmsp } from './partner.js';

/** A partner is answered 1,200 times a minute: whoever asks more often gets another bench. */
const MOST_ASKED = 1_000;
let asked = 0;

let bench: Bench;
let emsp: EmspSimulator;
async function begin(): Promise<void> {
  bench = await new Bench().start();
  emsp = await registeredEmsp(bench);
  asked = 0;
}
async function end(): Promise<void> {
  await emsp.stop();
  await bench.end();
}
beforeAll(begin);
afterAll(end);

const isEnvelope = validatorOf('ocpi-2.2.1.ResponseEnvelope');
const SEGMENTS = [
  'locations',
  'sessions',
  'tokens',
  'commands',
  'START_SESSION',
  'STOP_SESSION',
  'depot-nord',
  'NL',
  'EMS',
];
const ODD = [
  '..',
  '%2e%2e',
  '%00',
  '%ff',
  'a b',
  '__proto__',
  'constructor',
  '\u{1f68c}',
  '%',
  "'--",
  '{}',
  'x'.repeat(600),
];

async function ask(method: string, path: string, body?: string) {
  if (asked === MOST_ASKED) {
    await end();
    await begin();
  }
  asked += 1;
  const { token = '' } = emsp.peer ?? {};
  const answer = await fetch(`${bench.versionsUrl.replace('/versions', '/2.2.1')}/${path}`, {
    method,
    headers: { authorization: `Token ${Buffer.from(token).toString('base64')}` },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  expect(answer.status, 'asked too often to be heard').not.toBe(429);
  expect(answer.status, `${method} ${path} ${body}: ${text}`).toBeLessThan(500);
  const envelope: unknown = JSON.parse(text);
  expect(isEnvelope(envelope), `${method} ${path}: ${text}`).toEqual([]);
  expect(
    (envelope as { status_code: number }).status_code,
    `${method} ${path} ${body}: ${text}`,
  ).toBeLessThan(3000);
}

describe('hostile requests', () => {
  it('with odd paths and queries', async () => {
    const segment = fc.oneof(fc.constantFrom(...SEGMENTS), fc.constantFrom(...ODD), fc.webSegment());
    const query = fc.dictionary(
      fc.constantFrom('date_from', 'date_to', 'limit', 'offset', 'after', 'type'),
      fc.string(),
    );
    const path = fc.tuple(fc.array(segment, { maxLength: 5 }), query).map(([parts, pairs]) => {
      const search = new URLSearchParams(pairs).toString();
      return `${parts.join('/')}${search && `?${search}`}`;
    });
    const property = fc.asyncProperty(
      fc.constantFrom('GET', 'DELETE', 'POST', 'PATCH'),
      path,
      (method, where) => {
        // DELETE credentials would end it, as it should.
        fc.pre(!where.startsWith('credentials'));
        return ask(method, where);
      },
    );
    await fc.assert(property, { numRuns: runs(150) });
  });

  it('with a query given twice', async () => {
    for (const query of [
      'limit=1&limit=2',
      'date_from=a&date_from=b',
      'offset=1&offset=2',
      'after=a&after=b',
      'type=A&type=B',
    ]) {
      await ask('GET', `locations?${query}`);
      await ask('GET', `tokens/NL/EMS/NLEMS0001?${query}`);
    }
  });

  it('with bodies that are nearly right', async () => {
    const token = sampleToken(PARTY, 'RFID');
    const commands = {
      'commands/START_SESSION': { response_url: `${emsp.baseUrl}/x`, token, location_id: 'depot-nord' },
      'commands/STOP_SESSION': { response_url: `${emsp.baseUrl}/x`, session_id: 's' },
      'commands/UNLOCK_CONNECTOR': {
        response_url: `${emsp.baseUrl}/x`,
        location_id: 'depot-nord',
        evse_uid: 'u',
        connector_id: '1',
      },
    };
    const right = { ...commands, 'tokens/NL/EMS/NLEMS0001': token } as const;
    const wrong = fc.oneof(fc.jsonValue(), fc.constantFrom('', null, -1, 'x'.repeat(300), ['a'], { a: {} }));
    const slip = fc.constantFrom(...Object.entries(right)).chain(([path, body]) =>
      fc
        .tuple(fc.constant(path), fc.constantFrom(...Object.keys(body)), wrong)
        .map(([where, key, value]) => ({
          path: where,
          body: JSON.stringify({ ...body, [key]: value }),
        })),
    );
    const property = fc.asyncProperty(slip, ({ path, body }) =>
      ask(path.startsWith('tokens') ? 'PUT' : 'POST', path, body),
    );
    await fc.assert(property, { numRuns: runs(150) });
  });

  it('with bodies that are nothing', async () => {
    const property = fc.asyncProperty(fc.oneof(fc.string(), fc.json()), (body) =>
      ask('POST', 'commands/START_SESSION', body || '{'),
    );
    await fc.assert(property, { numRuns: runs(60) });
    for (const body of ['[', '{"__proto__":{"a":1}}', '[]', 'null', '1', '"a"'])
      await ask('PUT', 'tokens/NL/EMS/A', body);
  });
});

describe('guesses', () => {
  it('of tokens are not heard any more after a while, and shut out no partner who was there before', async () => {
    const guess = (number: number) =>
      fetch(bench.versionsUrl, { headers: { authorization: `Token ${btoa(`guess-${number}`)}` } });
    const lines = () => bench.log.filter(({ msg }) => String(msg).includes('unknown tokens')).length;
    let answer = await guess(0);
    for (let number = 1; number < 80; number++) answer = await guess(number);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(isEnvelope(await answer.json())).toEqual([]);
    expect(lines()).toBe(1);
    await ask('GET', 'locations');
    const { token = '' } = emsp.peer ?? {};
    const known = await fetch(bench.versionsUrl, { headers: { authorization: `Token ${btoa(token)}` } });
    expect(known.status).toBe(200);
  });
});
