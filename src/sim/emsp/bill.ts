import type { OcpiObject } from './messages.js';
import type { ObjectMirror } from './mirror.js';

interface Dimension {
  readonly type: string;
  readonly volume: number;
}

interface Period {
  readonly start_date_time: string;
  readonly dimensions: readonly Dimension[];
}

/** What only a session may say of a period. */
const NOT_IN_CDRS = ['CURRENT', 'ENERGY_EXPORT', 'ENERGY_IMPORT', 'POWER', 'STATE_OF_CHARGE'];
const PARTS = ['total_fixed_cost', 'total_energy_cost', 'total_time_cost', 'total_parking_cost'];
const TENK = 10_000;

/** What no schema sees of a bill: order, sums, what belongs to it. */
export function billProblems(cdr: OcpiObject, mirror: ObjectMirror): string[] {
  const periods = cdr['charging_periods'] as readonly Period[];
  const isCredit = cdr['credit'] === true;
  return [
    ...inOrder(cdr, periods),
    ...sums(cdr, periods),
    ...costs(cdr, isCredit),
    ...(isCredit ? credit(cdr, mirror) : sessionOf(cdr, mirror)),
  ];
}

function inOrder(cdr: OcpiObject, periods: readonly Period[]): string[] {
  const end = String(cdr['end_date_time'] ?? cdr['stop_date_time']);
  const starts = periods.map(({ start_date_time }) => Date.parse(start_date_time));
  const problems: string[] = [];
  if (starts[0] !== Date.parse(String(cdr['start_date_time'])))
    problems.push('the first period does not begin with the session');
  if (starts.some((start, index) => index > 0 && start <= (starts[index - 1] ?? 0)))
    problems.push('the periods are not in order');
  if ((starts.at(-1) ?? 0) > Date.parse(end)) problems.push('a period begins after the end of the session');
  const odd = periods.flatMap(({ dimensions }) => dimensions).find(({ type }) => NOT_IN_CDRS.includes(type));
  if (odd) problems.push(`${odd.type} is no dimension of a CDR`);
  return problems;
}

function sums(cdr: OcpiObject, periods: readonly Period[]): string[] {
  const all = periods.flatMap(({ dimensions }) => dimensions);
  const total = (...types: readonly string[]) =>
    all.filter(({ type }) => types.includes(type)).reduce((sum, { volume }) => sum + tenk(volume), 0);
  const expected: [string, number][] = [
    ['total_energy', total('ENERGY')],
    ['total_time', total('TIME', 'PARKING_TIME')],
    ['total_parking_time', total('PARKING_TIME')],
  ];
  const wrong = expected.flatMap(([name, sum]) =>
    tenk(cdr[name] ?? 0) === sum ? [] : [`${name} is ${String(cdr[name])}, its periods have ${sum / TENK}`],
  );
  return all.some(({ volume }) => volume < 0) ? [...wrong, 'a volume is below zero'] : wrong;
}

/** 2.1.1 has a number, 2.2.1 and 2.3.0 an object each with its own words. */
function costs(cdr: OcpiObject, isCredit: boolean): string[] {
  const total = priceOf(cdr['total_cost']);
  if (isCredit) return total.excl > 0 ? [`a credit of ${total.excl / TENK}`] : [];
  const problems = total.excl < 0 ? ['a cost below zero'] : [];
  if (total.incl !== undefined && total.incl < total.excl)
    problems.push('the cost with tax is less than without');
  const tariffs = (cdr['tariffs'] ?? []) as readonly OcpiObject[];
  // 2.1.1 gives no parts, and a least or highest price need not be their sum.
  const isBounded = tariffs.some((tariff) => tariff['min_price'] ?? tariff['max_price']);
  if (typeof cdr['total_cost'] === 'number' || isBounded) return problems;
  const parts = PARTS.map((name) => priceOf(cdr[name])).reduce((sum, { excl }) => sum + excl, 0);
  if (parts !== total.excl)
    problems.push(`total_cost is ${total.excl / TENK}, its parts are ${parts / TENK}`);
  if (tariffs.length === 0) problems.push('a cost without a tariff');
  return problems;
}

/** A credit says what it takes back, and takes back all of it. */
function credit(cdr: OcpiObject, mirror: ObjectMirror): string[] {
  const id = String(cdr['credit_reference_id']);
  const original = mirror.all('cdrs').get(id);
  if (!original) return [`the credit refers to ${id}, which is not known`];
  const [back, was] = [priceOf(cdr['total_cost']), priceOf(original['total_cost'])];
  return back.excl === -was.excl && (back.incl ?? 0) === -(was.incl ?? 0)
    ? []
    : [`the credit of ${id} is ${back.excl / TENK}, not ${-was.excl / TENK}`];
}

function sessionOf(cdr: OcpiObject, mirror: ObjectMirror): string[] {
  const session = mirror.all('sessions').get(String(cdr['session_id'] ?? cdr['id']));
  if (!session) return [];
  return session['status'] === 'COMPLETED' ? [] : [`the session is ${String(session['status'])}`];
}

interface Price {
  readonly excl: number;
  readonly incl?: number;
}

function priceOf(value: unknown): Price {
  if (value === undefined) return { excl: 0 };
  if (typeof value === 'number') return { excl: tenk(value) };
  const price = value as OcpiObject;
  const taxes = price['taxes'] as readonly { readonly amount: number }[] | undefined;
  const excl = tenk(price['excl_vat'] ?? price['before_taxes']);
  if (price['incl_vat'] !== undefined) return { excl, incl: tenk(price['incl_vat']) };
  return taxes ? { excl, incl: taxes.reduce((sum, { amount }) => sum + tenk(amount), excl) } : { excl };
}

/** Ten-thousandths, so that sums are exact. */
function tenk(value: unknown): number {
  return Math.round(Number(value) * TENK);
}
