/** What partners see of a state, be it of now or of once: for whoever replays or explains. Nothing is sent or stored. */
import type { Config, OcpiConfig, PartnerConfig } from '../config/index.js';
import {
  type DepotState,
  type EvseView,
  evseView,
  type Instant,
  type IsGuest,
  type ProcessState,
  type SessionView,
  sessionView,
  type View,
} from '../domain/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { Generation, JsonObject, Provenance } from '../mapping/index.js';
import { validatorOf } from '../schemas/index.js';
import type { Store } from '../store/index.js';
import { type ObjectName, sourceAlias, translated } from './maker.js';
import type { PartnerRecord } from './partners.js';
import { type GrantedPlace, grantedTo } from './places.js';
import { Shelf } from './shelf.js';
import type { ToldSession } from './told.js';
import { isOcpiVersion, type OcpiVersion } from './version.js';
import { factsOf } from './world.js';

/** What the store knows of one partner, without what it is let in with. */
export interface PartnerFacts {
  readonly partnerId: string;
  /** The version it is registered with; absent: it is not. */
  readonly version?: string;
  /** The sessions it was told, as they looked last. */
  readonly sessions: readonly SessionView[];
}

/** What the store holds of every partner of the configuration. */
export async function readPartnerFacts(
  store: Store,
  depotId: string,
  ocpi: OcpiConfig | undefined,
): Promise<PartnerFacts[]> {
  if (!ocpi) return [];
  const records = await Shelf.open<PartnerRecord>(store, depotId, 'partners');
  return Promise.all(
    ocpi.partners.map(async ({ id }) => {
      const version = records.get(id)?.registration?.version;
      const sessions = await Shelf.open<ToldSession>(store, depotId, 'sessions', id);
      return {
        partnerId: id,
        ...(version === undefined ? {} : { version }),
        sessions: sessions.values().map(({ view }) => view),
      };
    }),
  );
}

/** An object as the partner would get it, and what it was made from; or why there is none. */
export type Seen<T> = { readonly view: View<T> } & (
  | { readonly ok: true; readonly value: JsonObject; readonly provenance: Provenance; readonly alias: string }
  | { readonly ok: false; readonly code: string; readonly message: string }
);

export interface LensOptions {
  readonly config: PartnerConfig;
  readonly depot: Parameters<typeof grantedTo>[1];
  readonly party: OcpiConfig['party'];
  readonly identity: IdentityRegistry;
  /** How stations are attached. */
  readonly ocpp: Config['ocpp'];
  readonly facts?: PartnerFacts;
}

/** The eyes of one partner. */
export class PartnerLens {
  readonly partnerId: string;
  readonly version: OcpiVersion;
  /** It has registered, so it really looks. */
  readonly isRegistered: boolean;
  readonly places: readonly GrantedPlace[];
  readonly #identity: IdentityRegistry;
  readonly #sessions: ReadonlyMap<string, SessionView>;

  constructor({ config, depot, party, identity, ocpp, facts }: LensOptions) {
    this.partnerId = config.id;
    const wanted = facts?.version ?? config.versions[0];
    this.version = isOcpiVersion(wanted) ? wanted : '2.2.1';
    this.isRegistered = facts?.version !== undefined;
    this.places = grantedTo(config, depot, party, identity, { ocpp }).places;
    this.#identity = identity;
    this.#sessions = new Map(facts?.sessions.map((session) => [session.sessionId, session]));
  }

  /** Whether a process was told to this partner as the session of its guest. */
  isGuest(process: Pick<ProcessState, 'processId'>): boolean {
    return this.#sessions.has(process.processId);
  }

  placeOf(pointId: string): GrantedPlace | undefined {
    return this.places.find((place) => place.pointId === pointId);
  }

  /** A granted bay. `isGuest` is asked of all partners. */
  evse(
    state: DepotState,
    place: GrantedPlace,
    isGuest: IsGuest,
    generation: Generation,
    now: Instant,
  ): Seen<EvseView> {
    return this.#look('evse', evseView(state, place, isGuest, now), generation);
  }

  /** The session of a process; undefined if it is no guest's of this partner. */
  session(process: ProcessState, generation: Generation, now: Instant): Seen<SessionView> | undefined {
    const told = this.#sessions.get(process.processId);
    return told && this.#look('session', sessionView(process, factsOf(told), now), generation);
  }

  #look<T extends object>(name: ObjectName, view: View<T>, generation: Generation): Seen<T> {
    const result = translated(generation, this.#identity, this.version, name, view.value);
    if (result === null)
      return { view, ok: false, code: 'OCPI_OUTBOUND_INVALID', message: `${this.version} cannot express it` };
    if (!result.ok) return { view, ok: false, code: result.error.code, message: result.error.message };
    const [issue] = validatorOf(result.target)(result.value);
    if (issue) return { view, ok: false, code: 'OCPI_OUTBOUND_INVALID', message: issue.message };
    return { view, ok: true, value: result.value, provenance: result.provenance, alias: sourceAlias(name) };
  }
}
