/** Times and quantities as people say them. */
import type { Instant } from '../domain/index.js';

/** The time of the day (UTC), with the date if it is another day than that of `now`. */
export function clock(at: Instant, now: Instant): string {
  const text = new Date(at).toISOString();
  const time = text.slice(11, 19);
  return text.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? time
    : `${text.slice(0, 10)} ${time}`;
}

/** `12 s`, `3 min`, `2 h 5 min`, `3 days`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

export function between(from: Instant, to: Instant): string {
  return span(Date.parse(to) - Date.parse(from));
}

export function kw(powerW: number): string {
  return `${Math.round(powerW / 100) / 10} kW`;
}

export function kwh(energyWh: number): string {
  return `${Math.round(energyWh / 100) / 10} kWh`;
}

/** `a, b and c` */
export function and(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Text of a peer, short and on one line, without anything that steers a terminal. */
export function shortened(text: string, length: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
