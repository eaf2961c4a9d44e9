/** Guessing is slowed down, and nobody else with it. */
import { describe, expect, it } from 'vitest';
import { FailedLogins } from '../../src/depot/index.js';

function scene(most = 3) {
  let now = 0;
  const logins = new FailedLogins({ most, windowMs: 60_000 }, () => now);
  const fail = (address: string, times: number) => {
    for (let time = 0; time < times; time++) logins.failed(address);
  };
  return { logins, fail, pass: (ms: number) => (now += ms) };
}

describe('an address with too many wrong tokens', () => {
  it('is not heard until its time is over, and then has all its tries again', () => {
    const { logins, fail, pass } = scene();
    fail('10.0.0.1', 2);
    expect(logins.waitS('10.0.0.1')).toBe(0);
    expect(logins.failed('10.0.0.1')).toBe(true);
    expect(logins.waitS('10.0.0.1')).toBe(60);
    // A guess that hits is not told from one that misses.
    expect(logins.waitS('10.0.0.1', 'right')).toBe(60);
    pass(59_500);
    expect(logins.waitS('10.0.0.1')).toBe(1);
    pass(500);
    expect(logins.waitS('10.0.0.1')).toBe(0);
    expect(logins.failed('10.0.0.1')).toBe(false);
    expect(logins.waitS('10.0.0.1')).toBe(0);
  });

  it('shuts out no other, nor who has been here with the right token', () => {
    const { logins, fail } = scene();
    logins.succeeded('10.0.0.1', 'partner');
    fail('10.0.0.1', 9);
    expect(logins.waitS('10.0.0.2')).toBe(0);
    expect(logins.waitS('10.0.0.1', 'partner')).toBe(0);
    expect(logins.waitS('10.0.0.1', 'other')).toBe(60);
    expect(logins.waitS('10.0.0.1')).toBe(60);
  });

  it('is the same in every dress, and its whole network in IPv6', () => {
    const { logins, fail } = scene();
    fail('::ffff:10.0.0.1', 3);
    expect(logins.waitS('10.0.0.1')).toBe(60);
    fail('2001:db8:1:2::1', 1);
    fail('2001:db8:1:2:ffff::9', 2);
    expect(logins.waitS('2001:db8:1:2:3:4:5:6')).toBe(60);
    expect(logins.waitS('2001:db8:1:3::1')).toBe(0);
    expect(logins.waitS('::1')).toBe(0);
  });

  it('is one of ten thousand that are remembered', () => {
    const { logins, fail } = scene(1);
    fail('10.0.0.1', 1);
    for (let number = 0; number < 10_000; number++) fail(`11.${number >> 8}.${number & 255}.1`, 1);
    expect(logins.waitS('10.0.0.1')).toBe(0);
    expect(logins.waitS('11.0.1.1')).toBe(60);
  });
});
