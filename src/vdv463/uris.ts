/**
 * 1.0.0 demands URIs as identifiers. Ids of ours that are none are written as `urn:depotbridge:<id>` and read back in
 * either form; a request's own id is the presystem's and is only ever written, never changed when read.
 */
import type { UpstreamView } from '../domain/index.js';
import type { JsonObject } from '../mapping/index.js';

const PREFIX = 'urn:depotbridge:';
const ID_KEYS: ReadonlySet<string> = new Set([
  'depotId',
  'stationId',
  'pointId',
  'processId',
  'presystemId',
  'chargingRequestId',
]);
// A scheme of two letters at least, so that `N:1` stays a name.
const URI = /^[A-Za-z][A-Za-z0-9+.-]+:[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+$/;

/** The id itself if it is a URI, else as a URN. */
export function asUri(id: string): string {
  return URI.test(id) && !/%(?![0-9A-Fa-f]{2})/.test(id) ? id : `${PREFIX}${encodeURIComponent(id)}`;
}

/** The id behind a URN of ours; any other text is itself. */
export function fromUri(id: string): string {
  if (!id.startsWith(PREFIX)) return id;
  try {
    return decodeURIComponent(id.slice(PREFIX.length));
  } catch {
    return id;
  }
}

/** The same view with URIs for identifiers. */
export function withUris(view: UpstreamView): UpstreamView {
  return mapIds(view) as UpstreamView;
}

function mapIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mapIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      ID_KEYS.has(key) && typeof inner === 'string' ? asUri(inner) : mapIds(inner),
    ]),
  );
}

/** An entry of a request list whose point and process are named by our own ids again. */
export function plainIdentifiers(entry: JsonObject): JsonObject {
  const copy = { ...entry };
  for (const key of ['chargingPointId', 'chargingProcessId']) {
    const id = copy[key];
    if (typeof id === 'string') copy[key] = fromUri(id);
  }
  return copy;
}
