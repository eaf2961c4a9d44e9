/** Locations, as their sender (2.2.1 locations §2.2.1). What a partner may not see does not exist for it. */
import type { LocationView } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { Json, JsonObject } from '../mapping/index.js';
import { isObject, sameCi, textIn } from './json.js';
import { type Made, type Maker, merged } from './maker.js';
import { pageOf } from './pages.js';
import { unknownObject } from './refusal.js';
import type { Roaming } from './roaming.js';
import type { Answer, Heard, OcpiServer } from './server.js';
import type { Shown } from './world.js';

export interface ModuleContext {
  readonly roaming: Roaming;
  readonly maker: Maker;
  readonly baseUrl: () => string;
}

export function addLocations(server: OcpiServer, context: ModuleContext): void {
  const add = (path: string, handler: (heard: Heard) => Answer) =>
    server.route('GET', `/:version/locations${path}`, 'locations', 'functional', handler);
  add('', (heard) => list(heard, context));
  add('/:location', (heard) => single(heard, context, (location) => location));
  add('/:location/:evse', (heard) => single(heard, context, (location) => evseIn(location, heard)));
  add('/:location/:evse/:connector', (heard) =>
    single(heard, context, (location) => connectorIn(evseIn(location, heard), heard)),
  );
}

function list(heard: Heard, { roaming, maker, baseUrl }: ModuleContext): Answer {
  const { partner, version } = heard;
  roaming.refresh();
  const all = roaming
    .worldOf(partner)
    .locations(version)
    .map((shown) => ({ ...shown, id: shown.view.locationId, lastUpdated: shown.view.lastUpdated }));
  const page = pageOf(all, heard, `${baseUrl()}/${version}/locations`);
  const made = page.items.flatMap((shown) => madeOrNothing(() => make(maker, heard, shown)));
  return {
    data: made.map(({ value }) => value),
    lineage: merged(made.map(({ lineage }) => lineage)),
    headers: page.headers,
  };
}

/** In a list, what cannot be made is left out (it is counted and logged); the rest is whole. */
export function madeOrNothing(make: () => Made | null): Made[] {
  try {
    const made = make();
    return made ? [made] : [];
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'OCPI_OUTBOUND_INVALID') return [];
    throw error;
  }
}

function single(
  heard: Heard,
  { roaming, maker }: ModuleContext,
  part: (location: JsonObject) => Json | undefined,
): Answer {
  const { partner, version, params } = heard;
  roaming.refresh();
  const shown = roaming.worldOf(partner).location(version, params['location'] ?? '');
  const made = shown && make(maker, heard, shown);
  const data = made && part(made.value);
  if (!made || data === undefined) throw unknownObject();
  return { data, lineage: made.lineage };
}

function make(maker: Maker, { version }: Heard, { view, causes }: Shown<LocationView>): Made | null {
  return maker.make(version, 'location', view, causes);
}

function evseIn(location: JsonObject, { params }: Heard): Json | undefined {
  const evses = Array.isArray(location['evses']) ? location['evses'] : [];
  return evses.find((evse) => sameCi(textIn(evse, 'uid') ?? '', params['evse'] ?? ''));
}

function connectorIn(evse: Json | undefined, { params }: Heard): Json | undefined {
  const connectors =
    isObject(evse) && Array.isArray(evse['connectors']) ? (evse['connectors'] as Json[]) : [];
  return connectors.find((connector) => sameCi(textIn(connector, 'id') ?? '', params['connector'] ?? ''));
}
