/**
 * Passwords of stations in messages: found where the standards put them, and kept out of the journal. 1.6 has the key
 * AuthorizationKey, 2.x the variable BasicAuthPassword (since 2.1 also in SetNetworkProfile); names are compared without
 * regard to case, as both standards demand.
 */

type Holder = Record<string, unknown>;

/** Stands in the journal where a password stood. */
export const HIDDEN = '(hidden)';
/** Named by journal entries that are not what was on the wire for that reason. */
export const HIDING_RULE = 'bridge/password-hidden';

const NAMES = /AuthorizationKey|BasicAuthPassword/i;
/** Requests that may hold a password, or whose answers may. */
const HOLDERS =
  /^(?:ChangeConfiguration|GetConfiguration|GetVariables|NotifyReport|SetNetworkProfile|SetVariables|Unasked)$/;
/** Shorter ones are hidden where they belong, but not looked for in the rest of a message. */
const SHORTEST_SOUGHT = 8;

/** Whether a request would set the password of a station. */
export function setsPassword(action: string, payload: unknown): boolean {
  const sets = action === 'ChangeConfiguration' || action === 'SetVariables';
  return sets && placesIn(action, payload).length > 0;
}

/** The passwords in a payload, of a request or of its answer. */
export function passwordsIn(action: string, payload: unknown): string[] {
  return placesIn(action, payload).map(([holder, key]) => String(holder[key]));
}

/** The payload without its passwords; the same object if it has none. */
export function withoutPasswords<T>(action: string, payload: T): T {
  if (placesIn(action, payload).length === 0) return payload;
  const copy = structuredClone(payload);
  for (const [holder, key] of placesIn(action, copy)) holder[key] = HIDDEN;
  return copy;
}

/**
 * A frame of OCPP-J as it may be journalled: the same text, unless it holds a password or one of `also`, which a peer
 * may send back wherever it likes.
 */
export function withoutPasswordsInFrame(
  action: string,
  raw: string,
  also: readonly string[] = [],
): { readonly raw: string; readonly rules?: readonly string[] } {
  const mayHold = HOLDERS.test(action) && NAMES.test(raw);
  if (!mayHold && !also.some((password) => password !== '' && raw.includes(password))) return { raw };
  try {
    const frame = JSON.parse(raw) as unknown[];
    const payloadAt = frame[0] === 2 ? 3 : 2;
    const found = passwordsIn(action, frame[payloadAt]);
    frame[payloadAt] = withoutPasswords(action, frame[payloadAt]);
    const hidden = JSON.stringify(without(frame, [...found, ...also]));
    return hidden === JSON.stringify(JSON.parse(raw)) ? { raw } : { raw: hidden, rules: [HIDING_RULE] };
  } catch {
    return { raw: without(raw, also), rules: [HIDING_RULE] };
  }
}

/** A value in which passwords that are known may stand anywhere, without them. */
export function without<T>(value: T, passwords: readonly string[]): T {
  const sought = passwords.filter(({ length }) => length >= SHORTEST_SOUGHT);
  return sought.length === 0 ? value : (replaced(value, sought) as T);
}

function replaced(value: unknown, passwords: readonly string[]): unknown {
  if (typeof value === 'string')
    return passwords.reduce((text, password) => text.replaceAll(password, HIDDEN), value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, passwords));
  if (!isHolder(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, replaced(item, passwords)] as const);
  return Object.fromEntries(entries);
}

/** Where passwords stand in a payload: each as an object and the key in it. */
function placesIn(action: string, payload: unknown): [Holder, string][] {
  if (!isHolder(payload)) return [];
  switch (action) {
    case 'ChangeConfiguration':
      return namedBy(payload['key'], payload, 'value');
    case 'GetConfiguration':
      return holders(payload['configurationKey']).flatMap((each) => namedBy(each['key'], each, 'value'));
    case 'SetVariables':
    case 'GetVariables':
      return [...holders(payload['setVariableData']), ...holders(payload['getVariableResult'])].flatMap(
        (each) => namedBy(variableOf(each), each, 'attributeValue'),
      );
    // An answer to nobody knows what.
    case 'Unasked':
      return [...placesIn('GetConfiguration', payload), ...placesIn('GetVariables', payload)];
    case 'NotifyReport':
      return holders(payload['reportData']).flatMap((each) =>
        holders(each['variableAttribute']).flatMap((attribute) =>
          namedBy(variableOf(each), attribute, 'value'),
        ),
      );
    default:
      return holders([payload['connectionData']]).flatMap((each) =>
        namedBy('BasicAuthPassword', each, 'basicAuthPassword'),
      );
  }
}

function namedBy(name: unknown, holder: Holder, key: string): [Holder, string][] {
  const isPassword =
    typeof name === 'string' && /^(?:AuthorizationKey|BasicAuthPassword)$/i.test(name.trim());
  return isPassword && typeof holder[key] === 'string' ? [[holder, key]] : [];
}

function variableOf({ variable }: Holder): unknown {
  return isHolder(variable) ? variable['name'] : undefined;
}

function holders(value: unknown): Holder[] {
  return Array.isArray(value) ? value.filter(isHolder) : [];
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
