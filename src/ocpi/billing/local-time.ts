/** What the clock and the calendar on the wall of a place say at an instant. */

export interface LocalTime {
  /** `2026-01-31` */
  readonly date: string;
  /** `23:59` */
  readonly clock: string;
  /** `MONDAY` */
  readonly day: string;
}

const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];
/** Clocks are set at whole quarters of an hour in UTC, wherever they are set. */
const QUARTER_MS = 15 * 60_000;

/** Reads the wall clock of one time zone. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  /** @param timeZone IANA name. @throws RangeError if there is no such zone */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  }

  /** At milliseconds since 1970. */
  at(ms: number): LocalTime {
    const text = new Date(ms + this.#offsetAt(ms)).toISOString();
    const day = DAYS[new Date(ms + this.#offsetAt(ms)).getUTCDay()] ?? '';
    return { date: text.slice(0, 10), clock: text.slice(11, 16), day };
  }

  #offsetAt(ms: number): number {
    const quarter = Math.floor(ms / QUARTER_MS) * QUARTER_MS;
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const parts = this.#format.formatToParts(quarter);
    const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
    const wall = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    const offset = wall - quarter;
    this.#offsets.set(quarter, offset);
    return offset;
  }
}
