/** Orders of a CSMS that change what the depot knows. */

/** With the answers by which they do. K10.FR.08: there was nothing to clear. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  SetChargingProfile: ['Accepted'],
  ClearChargingProfile: ['Accepted', 'Unknown'],
  RemoteStartTransaction: ['Accepted'],
  RequestStartTransaction: ['Accepted'],
};

/** Whether it is one, if a CSMS says it. */
export function isOrder(action: string): boolean {
  return Object.hasOwn(ORDERS, action);
}

/** Whether the answer of the station says that it was carried out. */
export function isCarriedOut(action: string, answer: unknown): boolean {
  const yes = isOrder(action) ? ORDERS[action] : undefined;
  const { status } = (answer ?? {}) as { status?: unknown };
  return yes !== undefined && typeof status === 'string' && yes.includes(status);
}
