/** One partner's world: the locations, EVSEs and sessions that exist for it, and how they look to it. */
import { createHash } from 'node:crypto';
import {
  type CdrView,
  compact,
  type DepotState,
  type EvseView,
  evseView,
  type GuestFacts,
  type Instant,
  type IsGuest,
  type LocationView,
  type ProcessState,
  type SessionView,
  type Source,
  sessionView,
  type TariffView,
  type View,
} from '../domain/index.js';
import type { CdrRecord } from './cdr-record.js';
import type { Admission } from './guests.js';
import { sameCi } from './json.js';
import type { Maker } from './maker.js';
import type { Partner } from './partners.js';
import type { Granted, GrantedPlace, LocationFacts } from './places.js';
import type { Shelf } from './shelf.js';
import { settleTariffs } from './tariff-shelf.js';
import type { TariffFacts } from './tariff-view.js';
import { ifChanged, type ToldEvse, type ToldSession, type ToldTariff } from './told.js';
import { type OcpiVersion, traitsOf } from './version.js';

/** What is kept of a location beside its EVSEs. */
export interface ToldLocation {
  readonly facts: LocationFacts;
  readonly print: string;
  readonly lastUpdated: Instant;
  readonly createdAt: Instant;
}

/** A view on its way out. */
export interface Shown<T> {
  readonly view: T;
  readonly sources: Readonly<Record<string, Source>>;
  readonly createdAt: Instant;
}

export interface WorldShelves {
  readonly evses: Shelf<ToldEvse>;
  readonly locations: Shelf<ToldLocation>;
  readonly sessions: Shelf<ToldSession>;
  readonly tariffs: Shelf<ToldTariff>;
  readonly cdrs: Shelf<CdrRecord>;
}

export interface WorldOptions {
  readonly partner: Partner;
  readonly granted: Granted;
  readonly shelves: WorldShelves;
  readonly maker: Maker;
  readonly currency: string;
  /** By id, those that grants name. */
  readonly tariffs: ReadonlyMap<string, TariffFacts>;
  readonly keepDays: number;
  readonly keepCdrDays: number;
  readonly now: () => Date;
}

/** What refreshing stored: to be awaited by whoever needs it durable. */
export type Stored = Promise<void>;

export class World {
  readonly partner: Partner;
  readonly shelves: WorldShelves;
  readonly #options: WorldOptions;
  readonly #places: ReadonlyMap<string, GrantedPlace>;
  readonly #placesAt = new Map<string, GrantedPlace[]>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.partner = options.partner;
    this.shelves = options.shelves;
    this.#places = new Map(options.granted.places.map((place) => [place.pointId, place]));
    for (const place of options.granted.places) {
      const known = this.#placesAt.get(place.stationId);
      if (known) known.push(place);
      else this.#placesAt.set(place.stationId, [place]);
    }
  }

  get places(): readonly GrantedPlace[] {
    return this.#options.granted.places;
  }

  /** The granted places at some stations. */
  placesAt(stationIds: Iterable<string>): GrantedPlace[] {
    return [...stationIds].flatMap((stationId) => this.#placesAt.get(stationId) ?? []);
  }

  placeOf(pointId: string): GrantedPlace | undefined {
    return this.#places.get(pointId);
  }

  /** Brings the locations in line with the configuration; EVSEs whose grant has gone are told as removed, for ever. */
  settle(): Stored[] {
    const { granted, now, tariffs } = this.#options;
    const stored: Stored[] = [
      ...this.#forgetOld(),
      ...settleTariffs(this.shelves.tariffs, tariffs.values(), now()),
    ];
    for (const facts of granted.locations) {
      const print = createHash('sha256').update(JSON.stringify(facts)).digest('base64url');
      const before = this.shelves.locations.get(facts.locationId);
      if (before?.print === print) continue;
      const at = now().toISOString();
      const told = { facts, print, lastUpdated: at, createdAt: before?.createdAt ?? at };
      stored.push(this.shelves.locations.set(facts.locationId, told));
    }
    const granting = new Set(granted.places.map(({ evseUid }) => evseUid));
    for (const [uid, before] of this.shelves.evses.entries()) {
      if (granting.has(uid) || before.view.withdrawn) continue;
      const told = this.#changed(before, (lastUpdated) => withdrawn(before.view, lastUpdated));
      if (told) stored.push(this.shelves.evses.set(uid, { ...told, locationId: before.locationId }));
    }
    return stored;
  }

  /** Sessions that ended longer ago than the journal reaches go with it. */
  *#forgetOld(): Generator<Stored> {
    const { now, keepDays, keepCdrDays } = this.#options;
    const daysAgo = (days: number) => new Date(now().getTime() - days * 86_400_000).toISOString();
    for (const [id, { view }] of this.shelves.sessions.entries()) {
      if (isOver(view) && view.lastUpdated < daysAgo(keepDays)) yield this.shelves.sessions.delete(id);
    }
    for (const [id, { state, createdAt }] of this.shelves.cdrs.entries()) {
      if (state === 'taken' && createdAt < daysAgo(keepCdrDays)) yield this.shelves.cdrs.delete(id);
    }
  }

  /** Looks at a granted bay again. Gives what was stored, or undefined if the partner would see no difference. */
  lookAt(place: GrantedPlace, state: DepotState, isGuest: IsGuest): Stored | undefined {
    const { evseUid, locationId } = place;
    const before = this.shelves.evses.get(evseUid);
    const told = this.#changed(before, (lastUpdated) => evseView(state, place, isGuest, lastUpdated));
    if (!told) return undefined;
    const isWhole = !before || before.whole || differsBeyondStatus(before.view, told.view);
    return this.shelves.evses.set(evseUid, { ...told, locationId, ...(isWhole ? { whole: true } : {}) });
  }

  /** Looks at a process that may be a session of this partner. What is over changes no more. */
  lookAtProcess(process: ProcessState, owner: Admission | undefined): Stored | undefined {
    const { maker, now } = this.#options;
    const { processId, pointId, stationId } = process;
    const before = this.shelves.sessions.get(processId);
    if (before && isOver(before.view)) return undefined;
    const facts = before ? factsOf(before.view) : this.#newFacts(process, owner);
    if (!facts) return undefined;
    const build = (lastUpdated: Instant) => sessionView(process, facts, lastUpdated);
    const told = ifChanged<SessionView>(maker, 'session', before, build, now());
    if (!told) return undefined;
    const { tariff, meterId } = before ?? this.#agreed(pointId);
    const agreed = compact({ tariff, meterId });
    return this.shelves.sessions.set(processId, { ...told, pointId, stationId, ...agreed });
  }

  /** The locations this version can tell of, as they look now. */
  locations(version: OcpiVersion): Shown<LocationView>[] {
    return this.shelves.locations
      .values()
      .filter(({ facts }) => tellable(version, facts))
      .map((told) => this.#show(told));
  }

  location(version: OcpiVersion, locationId: string): Shown<LocationView> | undefined {
    return this.locations(version).find(({ view }) => sameCi(view.locationId, locationId));
  }

  /** The tariffs of places that this version can tell of. */
  tariffs(version: OcpiVersion): Shown<TariffView>[] {
    const { granted } = this.#options;
    const isTold = (tariffId: string) =>
      granted.places.some(({ tariffId: at, locationId }) => {
        const told = this.shelves.locations.get(locationId);
        return at === tariffId && told !== undefined && tellable(version, told.facts);
      });
    return this.shelves.tariffs
      .values()
      .filter(({ view, withdrawn: gone }) => !gone && isTold(view.tariffId));
  }

  /** Everything ever billed to this partner that is still kept. */
  cdrs(version: OcpiVersion): Shown<CdrView>[] {
    return this.shelves.cdrs.values().filter(({ view }) => tellable(version, view.location));
  }

  sessions(): Shown<SessionView>[] {
    return this.shelves.sessions.values();
  }

  #show({ facts, lastUpdated, createdAt }: ToldLocation): Shown<LocationView> {
    const told = this.shelves.evses
      .values()
      .filter(({ locationId }) => locationId === facts.locationId)
      .sort(byCreation);
    const newest = told.map(({ view }) => view.lastUpdated).reduce((a, b) => (a > b ? a : b), lastUpdated);
    return {
      view: { ...facts, evses: told.map(({ view }) => view), lastUpdated: newest },
      sources: Object.fromEntries(told.flatMap(({ sources }, index) => under(`evses.${index}`, sources))),
      createdAt,
    };
  }

  #changed(before: ToldEvse | undefined, build: (lastUpdated: Instant) => View<EvseView>) {
    return ifChanged<EvseView>(this.#options.maker, 'evse', before, build, this.#options.now());
  }

  /** What holds for a session that begins now, whatever becomes of the configuration. */
  #agreed(pointId: string): Pick<ToldSession, 'tariff' | 'meterId'> {
    const { tariffId, meterId } = this.placeOf(pointId) ?? {};
    const tariff = tariffId === undefined ? undefined : this.shelves.tariffs.get(tariffId)?.view;
    return compact({ tariff, meterId });
  }

  /** A session begins only where this partner may look. */
  #newFacts({ pointId }: ProcessState, owner: Admission | undefined): GuestFacts | undefined {
    const place = this.placeOf(pointId);
    const evse = place && this.shelves.evses.get(place.evseUid);
    if (!place || !evse || owner?.partnerId !== this.partner.id) return undefined;
    const told = this.shelves.locations.get(place.locationId);
    if (!told) return undefined;
    const { view: location } = this.#show(told);
    return {
      countryCode: location.countryCode,
      partyId: location.partyId,
      currency: this.#agreed(pointId).tariff?.currency ?? this.#options.currency,
      token: owner.token,
      authMethod: owner.authMethod,
      ...(owner.authorizationReference === undefined
        ? {}
        : { authorizationReference: owner.authorizationReference }),
      location: { ...location, evses: [evse.view] },
      evseUid: place.evseUid,
      connectorId: place.connector.connectorId,
    };
  }
}

function under(prefix: string, sources: Readonly<Record<string, Source>>): [string, Source][] {
  return Object.entries(sources).map(([path, source]) => [`${prefix}.${path}`, source]);
}

/** What is not for everybody never goes out in a version that cannot say so. */
export function tellable(version: OcpiVersion, { publish }: Pick<LocationView, 'publish'>): boolean {
  return publish || traitsOf(version).privateLocations;
}

/** The order of lists: creation, then id; it never changes for an object. */
export function byCreation(a: { createdAt: Instant }, b: { createdAt: Instant }): number {
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0;
}

export function isOver({ state }: SessionView): boolean {
  return state === 'completed' || state === 'invalid';
}

/** What only the configuration changes. */
function differsBeyondStatus(before: EvseView, now: EvseView): boolean {
  const fixed = ({ evseId, remoteStart, connector }: EvseView) =>
    JSON.stringify([evseId, remoteStart, { ...connector, lastUpdated: '' }]);
  return fixed(before) !== fixed(now);
}

/** All that is left of an EVSE whose grant has gone. */
function withdrawn({ evseUid, evseId, connector: whole }: EvseView, lastUpdated: Instant): View<EvseView> {
  const { tariffId: _gone, ...connector } = whole;
  const value: EvseView = {
    evseUid,
    evseId,
    linkState: 'never',
    transactionOpen: false,
    ownFleetWindow: false,
    withdrawn: true,
    connector: { ...connector, lastUpdated },
    lastUpdated,
  };
  return { value, sources: {} };
}

/** What a session keeps from its beginning. */
export function factsOf(view: SessionView): GuestFacts {
  const {
    countryCode,
    partyId,
    currency,
    authMethod,
    authorizationReference,
    location,
    evseUid,
    connectorId,
  } = view;
  return {
    countryCode,
    partyId,
    currency,
    authMethod,
    ...(authorizationReference === undefined ? {} : { authorizationReference }),
    location,
    evseUid,
    connectorId,
    token: {
      uid: view.tokenUid,
      type: view.tokenType,
      contractId: view.contractId,
      countryCode: view.tokenCountryCode,
      partyId: view.tokenPartyId,
    },
  };
}
