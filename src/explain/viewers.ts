/** Through whose eyes: a presystem, a roaming partner, or the bridge itself. */
import type { Config, UpstreamConfig } from '../config/index.js';
import { type DepotState, PersistentMap } from '../domain/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { Json } from '../mapping/index.js';
import type { PartnerFacts, PartnerLens } from '../ocpi/index.js';
import { informationFor, type Look, type NamedLeaf, Roamers } from '../replay/index.js';

export type Viewer =
  | { readonly kind: 'presystem'; readonly id: string; readonly upstream: UpstreamConfig }
  | { readonly kind: 'partner'; readonly id: string; readonly lens: PartnerLens; readonly roamers: Roamers };

/** All who are shown something by the configuration. */
export function viewersOf(
  config: Config,
  identity: IdentityRegistry,
  partners: readonly PartnerFacts[],
): Viewer[] {
  const roamers = new Roamers(config, identity, partners);
  return [
    ...config.upstreams.map((upstream) => ({
      kind: 'presystem' as const,
      id: upstream.presystemId,
      upstream,
    })),
    ...roamers.lenses.map((lens) => ({ kind: 'partner' as const, id: lens.partnerId, lens, roamers })),
  ];
}

/** `ITCS-1 (VDV 463 2.0.0)` */
export function nameOf(viewer: Viewer): string {
  if (viewer.kind === 'presystem') return `${viewer.id} (VDV 463 ${viewer.upstream.dialect})`;
  return `${viewer.id} (OCPI ${viewer.lens.version})`;
}

/** Where its words stand in the journal. */
export function linkOf({ kind, id }: Viewer): string {
  return `${kind === 'presystem' ? 'vdv463' : 'ocpi'}:${id}`;
}

/** The state as if the depot had this station alone: its views are made quickly, and look the same. */
export function onlyStation(look: Look, stationId: string): Look {
  const station = look.state.stations.get(stationId);
  const stations: DepotState['stations'] = PersistentMap.of(station ? [[stationId, station]] : []);
  return { ...look, state: { ...look.state, stations } };
}

/** What a viewer sees of a bay, by readable path. */
export function leavesSeen(
  viewer: Viewer,
  config: Config,
  look: Look,
  place: { readonly stationId: string; readonly pointId: string },
  now: string,
): ReadonlyMap<string, NamedLeaf> {
  if (viewer.kind === 'partner')
    return viewer.roamers.evse(viewer.lens, place.pointId, onlyStation(look, place.stationId), now).leaves;
  const sight = informationFor(onlyStation(look, place.stationId), config, viewer.upstream, now);
  return new Map([...sight.leaves].filter(([path]) => isOf(path, place)));
}

/** Whether a path of a snapshot is of this bay, or of its station as a whole. */
export function isOf(path: string, { stationId, pointId }: { stationId: string; pointId: string }): boolean {
  const ofStation = /chargingStationInfoList\[([^\]]+)\]/.exec(path)?.[1];
  const ofPoint = /chargingPointInfoList\[([^\]]+)\]/.exec(path)?.[1];
  return isNamed(ofStation, stationId) && (ofPoint === undefined || isNamed(ofPoint, pointId));
}

/** 1.0.0 writes ids as URIs: `depot:N1-1`. */
function isNamed(written: string | undefined, id: string): boolean {
  return written !== undefined && (written === id || written.endsWith(`:${id}`));
}

export function valuesOf(leaves: ReadonlyMap<string, NamedLeaf>): Map<string, Json> {
  return new Map([...leaves].map(([path, { value }]) => [path, value]));
}
