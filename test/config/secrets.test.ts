/** Passwords in a configuration: in clear, hashed, malformed. */

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { hashPassword } from '../../src/cli/hash-password.js';
import { hashSecret, parseConfig, secretTest } from '../../src/config/index.js';
import { configuration, EXAMPLE, output } from '../cli/support.js';

describe('a password', () => {
  it.each([
    ['in clear', 'geheim ß'],
    ['as SHA-256', hashSecret('geheim ß', 'sha256')],
    ['as scrypt', hashSecret('geheim ß', 'scrypt')],
  ])('%s lets in who knows it, as text or bytes, and nobody else', async (_how, configured) => {
    const test = secretTest(configured, 'N1');
    expect(await test('geheim ß')).toBe(true);
    expect(await test(Buffer.from('geheim ß'))).toBe(true);
    for (const wrong of ['', 'geheim', configured === 'geheim ß' ? 'x' : configured])
      expect(await test(wrong)).toBe(false);
  });

  it('as scrypt is tested for many at once; parameters that are none spoil it for nobody else', async () => {
    const test = secretTest(hashSecret('geheim', 'scrypt'), 'N1');
    const none = secretTest(`scrypt:16384:8:1073741824:${'A'.repeat(24)}:${'A'.repeat(44)}`, 'N2');
    const given = Array.from({ length: 20 }, (_, i) => (i % 3 ? `guess ${i}` : 'geheim'));
    const asked = given.flatMap((password) => [
      test(password),
      none(password).then(
        () => 'hashed',
        () => 'failed',
      ),
    ]);
    expect(await Promise.all(asked)).toEqual(given.flatMap((password) => [password === 'geheim', 'failed']));
  });

  it('as scrypt that was right once is known again at once, and a wrong one is not', async () => {
    const test = secretTest(hashSecret('geheim', 'scrypt'), 'N1');
    const took = async (given: readonly string[]) => {
      const from = performance.now();
      for (const each of given) expect(await test(each)).toBe(each === 'geheim');
      return performance.now() - from;
    };
    const first = await took(['geheim']);
    const wrong = await took(['guess']);
    expect(await took(Array.from({ length: 20 }, () => 'geheim'))).toBeLessThan(Math.min(first, wrong));
    expect(await took(['guess', 'geheim', 'guess'])).toBeGreaterThan(wrong / 2);
  });

  it('is hashed with a new salt each time', () => {
    expect(hashSecret('a', 'scrypt')).not.toBe(hashSecret('a', 'scrypt'));
  });

  it.each([
    'sha256:abc',
    'scrypt:1024:8:1:x',
    'scrypt:1000:8:1:AAAA:AAAA',
    'scrypt:1073741824:8:1:AAAA:AAAA',
  ])('%s is refused with its place in the file', (malformed) => {
    const text = readFileSync(EXAMPLE, 'utf8').replace('cp-n1-secret-0001', `"${malformed}"`);
    expect(() => parseConfig(text, 'depot.yaml')).toThrow(/depot.yaml:26:\d+: CONFIG_PASSWORD/);
  });
});

describe('depotbridge hash-password', () => {
  it.each([[{}], [{ sha256: true }]])('prints what the configuration takes (%j)', async (options) => {
    const { code, text } = await output(() =>
      hashPassword(options, Readable.from(['cp-n1-secret-0001\nnot this\n'])),
    );
    expect(code).toBe(0);
    const file = configuration((yaml) => yaml.replace('cp-n1-secret-0001', text.trim()));
    expect(() => parseConfig(readFileSync(file, 'utf8'), file)).not.toThrow();
    expect(await secretTest(text.trim(), 'N1')('cp-n1-secret-0001')).toBe(true);
  });

  it('ends with 1 when nothing comes', async () => {
    expect((await output(() => hashPassword({}, Readable.from([])))).code).toBe(1);
  });
});
