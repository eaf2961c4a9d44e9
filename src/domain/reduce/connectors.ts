/**
 * The status of a charging point whose connectors speak for themselves (an OCPP 2.x EVSE may have several, of which
 * one at a time can charge).
 */
import type { PointStatus } from '../model.js';
import type { Leaf } from '../source.js';
import type { PointState, ProcessState } from '../state.js';
import { newer, without } from './update.js';

/** One taken connector takes the EVSE; one that is well keeps it in use although another is not. */
const ORDER: readonly PointStatus[] = ['Occupied', 'Reserved', 'Available', 'Faulted', 'Unavailable'];
/** While a transaction runs at a connector that nobody named, a free one says nothing of it. */
const ORDER_IN_USE: readonly PointStatus[] = ['Occupied', 'Faulted', 'Unavailable', 'Reserved', 'Available'];

/**
 * The point after a word of one connector, or of the EVSE as a whole (no `connectorId`). The connector of a running
 * transaction decides alone. The same point: the word is older than what is known.
 */
export function withConnectorStatus(
  point: PointState,
  process: ProcessState | undefined,
  connectorId: number | undefined,
  leaf: Leaf<PointStatus>,
): PointState {
  if (connectorId === undefined) return withOwnStatus(point, leaf);
  const known = new Map(Object.entries(point.otherConnectors ?? {}));
  if (point.status && point.statusConnector !== undefined) known.set(point.statusConnector, point.status);
  else if (point.status && newer(point.status, leaf) !== leaf) return point;
  const key = String(connectorId);
  if (newer(known.get(key), leaf) !== leaf) return point;
  known.set(key, leaf);
  const decides = deciding(known, process);
  if (decides === undefined) return { ...point, otherConnectors: Object.fromEntries(known) };
  const status = known.get(decides) ?? leaf;
  known.delete(decides);
  const bare = without(point, 'otherConnectors');
  return {
    ...bare,
    status,
    statusConnector: decides,
    ...(known.size > 0 ? { otherConnectors: Object.fromEntries(known) } : {}),
  };
}

/** A word of the EVSE itself is newer than all that its connectors said, or says nothing. */
function withOwnStatus(point: PointState, leaf: Leaf<PointStatus>): PointState {
  const words = [...Object.values(point.otherConnectors ?? {}), ...(point.status ? [point.status] : [])];
  if (words.some((word) => newer(word, leaf) !== leaf)) return point;
  return { ...without(point, 'otherConnectors', 'statusConnector'), status: leaf };
}

/** The connector whose word counts; undefined: that of the running transaction, which has not spoken yet. */
function deciding(
  known: ReadonlyMap<string, Leaf<PointStatus>>,
  process: ProcessState | undefined,
): string | undefined {
  const running = process?.transactionId !== undefined && process.endedAt === undefined;
  if (running && process.connectorId !== undefined) {
    const own = String(process.connectorId);
    return known.has(own) ? own : undefined;
  }
  const order = running ? ORDER_IN_USE : ORDER;
  let best: [string, Leaf<PointStatus>] | undefined;
  for (const entry of known) {
    const rank = order.indexOf(entry[1].value) - (best ? order.indexOf(best[1].value) : order.length);
    if (!best || rank < 0 || (rank === 0 && newer(best[1], entry[1]) === entry[1])) best = entry;
  }
  return best?.[0];
}
