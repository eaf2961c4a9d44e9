/** Locations, as their sender (2.2.1 locations §2.2.1). What a partner may not see does not exist for it. */
import type { LocationView } from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import type { Json, JsonObject } from '../mapping/index.js';
import { isObject, sameCi, textIn } from './json.js';
import { answerLineage, listLineage, type Made, type Maker } from './maker.js';
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
  add('/:location', (heard) => single(heard, context, (value) => ({ value, path: '' })));
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
    lineage: listLineage(made),
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

/** A value inside the location, and its path there (empty: the location itself). */
interface Part {
  readonly value: Json;
  readonly path: string;
}

function single(
  heard: Heard,
  { roaming, maker }: ModuleContext,
  partOf: (location: JsonObject) => Part | undefined,
): Answer {
  const { partner, version, params } = heard;
  roaming.refresh();
  const shown = roaming.worldOf(partner).location(version, params['location'] ?? '');
  const made = shown && make(maker, heard, shown);
  const part = made && partOf(made.value);
  if (!made || !part) throw unknownObject();
  return { data: part.value, lineage: answerLineage(made, part.path) };
}

function make(maker: Maker, { version }: Heard, { view, sources }: Shown<LocationView>): Made | null {
  return maker.make(version, 'location', view, sources);
}

function evseIn(location: JsonObject, { params }: Heard): Part | undefined {
  return childIn({ value: location, path: '' }, 'evses', 'uid', params['evse']);
}

function connectorIn(evse: Part | undefined, { params }: Heard): Part | undefined {
  return evse && childIn(evse, 'connectors', 'id', params['connector']);
}

function childIn({ value, path }: Part, list: string, key: string, id = ''): Part | undefined {
  const children = isObject(value) && Array.isArray(value[list]) ? (value[list] as Json[]) : [];
  const index = children.findIndex((child) => sameCi(textIn(child, key) ?? '', id));
  const child = children[index];
  return child === undefined ? undefined : { value: child, path: `${path && `${path}.`}${list}[${index}]` };
}
