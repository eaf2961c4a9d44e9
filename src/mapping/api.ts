/** What the rest of the bridge sees of the mapping engine. */
import type { ErrorCode } from '../errors/index.js';

/** A JSON object as it came from a parser. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Resolves identities for `identity:` sources: point, station, vehicle …; undefined = unknown. */
export interface IdentityResolver {
  resolve(kind: string, key: readonly Json[]): string | undefined;
}

/** The station that sent a frame; decides which overlays apply. */
export interface Selector {
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly site?: string;
  readonly station?: string;
  readonly peerVersion?: string;
}

export interface RunContext {
  readonly identity: IdentityResolver;
  readonly select?: Selector;
  /**
   * Gets the notes of objects that were not made because none of their readings could be used: they have no result to
   * carry them.
   */
  readonly passedOver?: MapNote[];
}

/** Which rule set which target path: `rules[i]` is the rule of `targets[i]` (ids `<mapping>/<rule>`). */
export interface Provenance {
  readonly generation: string;
  ruleOf(targetPath: string): string | undefined;
  /**
   * The source paths, alias first, that the rule of this target read: `up.depots[0].stations[2].status`. Inside a list
   * they name the element of the source, provided that no element of it was left out.
   */
  sourcesOf(targetPath: string): string[];
  /** Each rule that took part, once. */
  rules(): string[];
}

export type MapResult =
  | {
      readonly ok: true;
      /** The target's name as declared, e.g. `bridge.PointStatusReported`. */
      readonly target: string;
      readonly value: JsonObject;
      readonly provenance: Provenance;
      /** What was lost or passed over on the way; absent if nothing was. */
      readonly notes?: readonly MapNote[];
    }
  | { readonly ok: false; readonly error: MapFailure };

/** Something a table declares as lost, or a reading that could not be used; the object is whole without it. */
export interface MapNote {
  readonly code: ErrorCode;
  /** The target path (a loss) or source path (a reading) it is about. */
  readonly path: string;
  /** What a reading measures, as it was sent or by default. */
  readonly measurand?: string;
  /** The reason declared, or the value passed over. */
  readonly detail: string;
}

/** Why an object could not be made whole. Nothing of it was kept. */
export interface MapFailure {
  readonly code: ErrorCode;
  readonly mapping: string;
  readonly rule?: string;
  readonly path?: string;
  readonly message: string;
}

/** One compiled mapping. */
export interface Mapping {
  readonly name: string;
  /** Source names by alias, e.g. `{ msg: 'ocpp16.StatusNotification', env: 'bridge.Envelope' }`. */
  readonly from: Readonly<Record<string, string>>;
  /** The target definition, e.g. `bridge.PointStatusReported`. */
  readonly target: string;
  /** Set if the mapping runs once per element: the alias that each element gets, and where the list is. */
  readonly each?: { readonly alias: string; readonly of: string; readonly path: string };
  /** Runs once per element of `each` (once, without `each`); leaves out what `only:` does not fit. */
  runAll(inputs: Readonly<Record<string, Json>>, context: RunContext): MapResult[];
  /** Runs over named inputs; null when the mapping's `only:` does not apply to this input. */
  run(inputs: Readonly<Record<string, Json>>, context: RunContext): MapResult | null;
}

/** All tables, overlays, schemas and units as one immutable whole. */
export interface Generation {
  /** SHA-256 over the canonical JSON of everything in it. */
  readonly id: string;
  /** @throws BridgeError MAP_UNKNOWN if no mapping has this name. */
  mapping(name: string): Mapping;
  /** Mappings whose first source is this message, in file order: what a frame of that kind becomes. */
  forMessage(message: string): readonly Mapping[];
  /** Mappings that make this target from that source. */
  find(source: string, target: string): Mapping | undefined;
  /**
   * Applies `repair` rows of the overlays that fit; returns the payload to validate and the repairs made.
   *
   * @param isValid the payload is known to fit the schema of the message: it is not looked through for what does not
   */
  repair(
    message: string,
    payload: JsonObject,
    select: Selector,
    isValid?: boolean,
  ): { payload: JsonObject; repairs: string[] };
}
