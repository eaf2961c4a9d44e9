import type { Selector } from '../api.js';
import type { OverlayAst, SelectKey } from '../syntax/ast.js';

/** Levels of overlays, weakest first: a stronger one decides first. */
export const levels = ['profile', 'peerVersion', 'vendor', 'model', 'firmware', 'site', 'station'] as const;
export type Level = (typeof levels)[number];

/** The level of an overlay: its most specific key. */
export function levelOf(overlay: OverlayAst): number {
  return Math.max(0, ...[...overlay.select.keys()].map((key) => levels.indexOf(key)));
}

/** Whether an overlay applies to a station. A key the station did not tell fits nothing. */
export function applies(overlay: OverlayAst, select: Selector | undefined): boolean {
  for (const [key, patterns] of overlay.select) {
    const value = select?.[key];
    if (value === undefined || !patterns.some(({ value: pattern }) => matches(pattern, value, key)))
      return false;
  }
  return true;
}

const comparison = /^(<=|>=|<|>)\s*([\w.-]+)$/;

/** Whether a select pattern has a meaning for its key: comparisons are for versions. */
export function isPattern(pattern: string, key: SelectKey): boolean {
  const isVersion = key === 'firmware' || key === 'peerVersion';
  if (!/^[<>]/.test(pattern.trim())) return pattern.trim() !== '';
  return (
    isVersion &&
    pattern
      .trim()
      .split(/\s+(?=[<>])/)
      .every((part) => comparison.test(part))
  );
}

function matches(pattern: string, value: string, key: SelectKey): boolean {
  if (/^[<>]/.test(pattern.trim()) && (key === 'firmware' || key === 'peerVersion'))
    return pattern
      .trim()
      .split(/\s+(?=[<>])/)
      .every((part) => compares(part, value));
  return like(pattern, value);
}

/** Text with `*` for any run of characters, without regard to case. */
export function like(pattern: string, value: string): boolean {
  const parts = pattern.trim().toLowerCase().split('*');
  const text = value.trim().toLowerCase();
  if (parts.length === 1) return text === parts[0];
  const [head = ''] = parts;
  const tail = parts.at(-1) ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - tail.length;
}

function compares(part: string, value: string): boolean {
  const [, sign, bound = ''] = comparison.exec(part) ?? [];
  const order = compareVersions(value, bound);
  if (sign === '<') return order < 0;
  if (sign === '<=') return order <= 0;
  return sign === '>' ? order > 0 : order >= 0;
}

/** Orders versions by their parts: numbers as numbers, the rest as text; a missing part is 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    text
      .trim()
      .replace(/^v/i, '')
      .split(/[._\-+ ]/),
  ) as [string[], string[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? '0', right[i] ?? '0'];
    const [m, n] = [Number(x), Number(y)];
    const order = Number.isNaN(m) || Number.isNaN(n) ? (x < y ? -1 : x > y ? 1 : 0) : m - n;
    if (order !== 0) return order;
  }
  return 0;
}

/** Whether two patterns of one key can fit the same value, as far as can be told. */
export function canOverlap(a: string, b: string): boolean {
  if (/^[<>]/.test(a) || /^[<>]/.test(b)) return rangesOverlap(a, b);
  const plain = (text: string): boolean => !text.includes('*');
  if (plain(a)) return like(b, a);
  if (plain(b)) return like(a, b);
  const [headA = ''] = a.toLowerCase().split('*');
  const [headB = ''] = b.toLowerCase().split('*');
  const tailA = a.toLowerCase().split('*').at(-1) ?? '';
  const tailB = b.toLowerCase().split('*').at(-1) ?? '';
  return (
    (headA.startsWith(headB) || headB.startsWith(headA)) && (tailA.endsWith(tailB) || tailB.endsWith(tailA))
  );
}

function rangesOverlap(a: string, b: string): boolean {
  if (!/^[<>]/.test(a)) return a.includes('*') || matches(b, a, 'firmware');
  if (!/^[<>]/.test(b)) return b.includes('*') || matches(a, b, 'firmware');
  const parts = [...a.trim().split(/\s+(?=[<>])/), ...b.trim().split(/\s+(?=[<>])/)].flatMap((part) => {
    const [, sign = '', bound = ''] = comparison.exec(part) ?? [];
    return bound ? [{ sign, bound }] : [];
  });
  const lower = parts.filter(({ sign }) => sign.startsWith('>'));
  const upper = parts.filter(({ sign }) => sign.startsWith('<'));
  return lower.every((low) =>
    upper.every((high) => {
      const order = compareVersions(low.bound, high.bound);
      return order < 0 || (order === 0 && low.sign === '>=' && high.sign === '<=');
    }),
  );
}
