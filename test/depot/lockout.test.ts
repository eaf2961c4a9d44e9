/** A door that shuts for whoever fails too often: when, for whom, for how long. */
import { describe, expect, it } from 'vitest';
import { Lockout, type LockoutRule } from '../../src/depot/index.js';

function scene(rule: Partial<LockoutRule> = {}) {
  let now = 5_000;
  const lockout = new Lockout(
    { most: 3, windowMs: 60_000, counts: 'first', shuts: 'first', ...rule },
    () => now,
  );
  /** Fails at each of these seconds; gives whether the last one shut the door. */
  const failAt = (...seconds: number[]) => {
    let shut = false;
    for (const second of seconds) {
      now = 5_000 + second * 1000;
      shut = lockout.failed('a');
    }
    return shut;
  };
  const waitAt = (second: number, key = 'a') => {
    now = 5_000 + second * 1000;
    return lockout.waitMs(key) / 1000;
  };
  return { lockout, failAt, waitAt };
}

describe('a lockout', () => {
  it('shuts at the failure that is one too many, says so once, and shuts out nobody else', () => {
    const { failAt, waitAt } = scene();
    expect(failAt(0, 1)).toBe(false);
    expect(waitAt(1)).toBe(0);
    expect(failAt(2)).toBe(true);
    expect(failAt(3)).toBe(false);
    expect(waitAt(3)).toBe(57);
    expect(waitAt(3, 'b')).toBe(0);
  });

  it.each([
    ['the first', 'first', 'first', 60],
    ['the last, if that is the rule', 'first', 'last', 110],
    ['the last, where each prolongs the count', 'last', 'last', 110],
  ] as const)('opens again a window after %s failure', (_name, counts, shuts, opens) => {
    const { failAt, waitAt } = scene({ counts, shuts });
    failAt(0, 20, 40, 50);
    expect(waitAt(opens - 1)).toBe(1);
    expect(waitAt(opens)).toBe(0);
  });

  it.each([
    ['first', false],
    ['last', true],
  ] as const)('with counts since the %s failure: slow ones in a row shut it: %s', (counts, shut) => {
    const { failAt } = scene({ counts, shuts: 'last' });
    expect(failAt(0, 50, 100)).toBe(shut);
  });

  it('gives all tries again when its time is over, and after a success', () => {
    const { lockout, failAt, waitAt } = scene();
    failAt(0, 1, 2);
    expect(waitAt(60)).toBe(0);
    expect(failAt(60, 61)).toBe(false);
    lockout.forgive('a');
    expect(failAt(62, 63)).toBe(false);
    expect(failAt(64)).toBe(true);
    lockout.forgive('a');
    expect(waitAt(64)).toBe(0);
  });

  it('remembers ten thousand, and forgets first whose last failure is longest ago', () => {
    const { lockout } = scene({ most: 2 });
    for (let i = 0; i < 10_000; i++) lockout.failed(`peer ${i}`);
    lockout.failed('peer 0');
    lockout.failed('one more');
    expect(lockout.failed('peer 2')).toBe(true);
    expect(lockout.failed('peer 1')).toBe(false);
    expect(lockout.waitMs('peer 0')).toBe(60_000);
  });
});
