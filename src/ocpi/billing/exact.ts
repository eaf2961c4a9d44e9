/** Exact arithmetic of money and volumes: whole numbers of ten-thousandths, as OCPI's four decimals are. */

/** Ten-thousandths of a unit. */
export type Tenk = bigint;

const SCALE = 10_000n;

/** A number with at most four decimals as it is written; further ones are rounded away, half away from zero. */
export function tenk(value: number): Tenk {
  const [, sign = '', whole = '0', rest = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const power = Number(exponent) - rest.length + 4;
  const digits = BigInt(whole + rest);
  const size = power >= 0 ? digits * 10n ** BigInt(power) : rounded(digits, 10n ** BigInt(-power));
  return sign === '-' ? -size : size;
}

/** The number that is written so. */
export function toNumber(value: Tenk): number {
  const size = value < 0n ? -value : value;
  const text = `${size / SCALE}.${String(size % SCALE).padStart(4, '0')}`;
  return Number(value < 0n ? `-${text}` : text);
}

/** Whether a number has at most four decimals. */
export function isExact(value: number): boolean {
  return toNumber(tenk(value)) === value;
}

/** The quotient, half away from zero. `by` is above zero. */
export function rounded(value: bigint, by: bigint): bigint {
  const size = value < 0n ? -value : value;
  const result = (2n * size + by) / (2n * by);
  return value < 0n ? -result : result;
}

/** The smallest multiple of `step` that is not below the value, both not below zero. */
export function upTo(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}
