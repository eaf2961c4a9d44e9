/** Days of a month; February by leap year. */
function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The two digits at this place as a number; NaN where one of them is no digit. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** Minutes east of UTC; NaN where the text from here on is no zone. */
function zone(text: string, at: number): number {
  const sign = text[at];
  const left = text.length - at;
  if (sign === 'Z' || sign === 'z') return left === 1 ? 0 : Number.NaN;
  if (sign !== '+' && sign !== '-') return Number.NaN;
  const hours = two(text, at + 1);
  const colon = text[at + 3] === ':' ? 1 : 0;
  const minutes = left === 3 ? 0 : two(text, at + 3 + colon);
  if ((left !== 3 && left !== 5 + colon) || hours > 23 || minutes > 59) return Number.NaN;
  return (hours * 60 + minutes) * (sign === '-' ? -1 : 1);
}

/** Where the fraction of a second ends, -1 if a point is followed by no digit. */
function afterFraction(text: string): number {
  if (text[19] !== '.') return 19;
  let at = 20;
  while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++;
  return at === 20 ? -1 : at;
}

/**
 * RFC 3339 date-time; a zone is required. Besides the letter of the standard it takes `+0200`, `+02` and a space
 * for the T, because chargers send them. A leap second is taken only where one can be.
 *
 * Runs for every timestamp of every message, hence by hand and without a regular expression.
 */
export function isDateTime(text: string): boolean {
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return false;
  if (text[10] !== 'T' && text[10] !== 't' && text[10] !== ' ') return false;
  const end = afterFraction(text);
  const offset = end < 0 ? Number.NaN : zone(text, end);
  if (Number.isNaN(year + month + day + hour + minute + second + offset)) return false;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, year)) return false;
  if (hour > 23 || minute > 59) return false;
  if (second < 60) return true;
  const utc = (((hour * 60 + minute - offset) % 1440) + 1440) % 1440;
  return second === 60 && utc === 1439;
}

/** As `isDateTime`, but the zone may be missing. */
export function isLocalDateTime(text: string): boolean {
  return isDateTime(text) || isDateTime(`${text}Z`);
}
