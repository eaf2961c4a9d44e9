/** The payload of ProvideChargingInformation for one presystem: view → tables → schema, with the origin of each field. */
import type { UpstreamConfig } from '../config/index.js';
import { fieldSources, type Runtime } from '../depot/index.js';
import {
  type DepotState,
  type Instant,
  type UpstreamView,
  upstreamView,
  type View,
} from '../domain/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { FieldSource } from '../journal/index.js';
import type { Generation, IdentityResolver, Json, MapNote, MapResult } from '../mapping/index.js';
import { validatorOf } from '../schemas/index.js';
import { profileOf } from './dialect.js';
import { withoutUnsound } from './unsound.js';
import { withUris } from './uris.js';

/** What a payload is made from. */
export interface InformationSource {
  readonly state: DepotState;
  readonly depotName: string;
  readonly generation: Generation;
  readonly identity: IdentityResolver;
  readonly now: Instant;
}

export type Information =
  | {
      readonly ok: true;
      readonly payload: unknown;
      /** The instant that it tells of: by it a replay makes the same. */
      readonly now: Instant;
      /** The payload as text. */
      readonly text: string;
      readonly generation: string;
      readonly notes: readonly MapNote[];
      readonly rules: readonly string[];
      /** Points that could not be told as they are: only their status went out, and why the whole did not pass. */
      readonly reduced?: { readonly pointIds: readonly string[]; readonly failure: InformationFailure };
      /** Worked out when asked for: a payload that is not sent needs none. */
      fields(): FieldSource[];
      /** The rule that wrote a field, also one that nobody has said anything of. */
      ruleOf(path: string): string | undefined;
    }
  | InformationFailure;

export interface InformationFailure {
  readonly ok: false;
  readonly kind: 'mapping' | 'schema';
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string;
  readonly mapping: string;
}

/** What a payload is made from now. */
export function sourceOf(runtime: Runtime): InformationSource {
  const [{ name }] = runtime.config.depots;
  const now = runtime.now().toISOString();
  return {
    state: runtime.depot.state,
    depotName: name,
    generation: runtime.tables(),
    identity: runtime.identity,
    now,
  };
}

/**
 * Makes the payload in the presystem's dialect; pure. A point that cannot be told is reduced to its status, so that one
 * bad value does not silence the depot; if even that does not help, the reason why there is none.
 */
export function composeInformation(source: InformationSource, upstream: UpstreamConfig): Information {
  const view = upstreamView(source.state, source.depotName, upstream.presystemId, source.now);
  const compose = (value: UpstreamView) => composeView(source, upstream, { ...view, value });
  const whole = compose(view.value);
  if (whole.ok) return whole;
  const { view: sound, pointIds } = withoutUnsound(view.value, (part) => compose(part).ok);
  const rest = pointIds.length > 0 ? compose(sound) : whole;
  return rest.ok ? { ...rest, reduced: { pointIds, failure: whole } } : whole;
}

function composeView(
  source: InformationSource,
  upstream: UpstreamConfig,
  view: View<UpstreamView>,
): Information {
  const profile = profileOf(upstream.dialect);
  // A lenient 1.0.0 presystem uses plain names, as its kind in the field does.
  const plain = !profile.uriIdentifiers || upstream.lenient;
  const up = plain ? view.value : withUris(view.value);
  const mapping = source.generation.mapping(`${profile.space}.information`);
  const result = mapping.run({ up: up as unknown as Json }, { identity: source.identity });
  if (!result?.ok) {
    const { code, message, path } = result?.error ?? {
      code: 'MAP_MISSING' as const,
      message: 'nothing was made',
    };
    return { ok: false, kind: 'mapping', code, message, mapping: mapping.name, ...(path ? { path } : {}) };
  }
  const schema = `${profile.space}.ProvideChargingInformationRequest`;
  const [issue] = validatorOf(schema, plain ? 'inbound' : 'strict')(result.value);
  if (issue) {
    const { path, message } = issue;
    return { ok: false, kind: 'schema', code: 'VDV463_OUTBOUND', message, path, mapping: mapping.name };
  }
  return made(source.now, result, view.sources);
}

function made(
  now: Instant,
  { value: payload, provenance, notes = [] }: Extract<MapResult, { ok: true }>,
  sources: Parameters<typeof fieldSources>[2],
): Information {
  return {
    ok: true,
    payload,
    now,
    text: JSON.stringify(payload),
    generation: provenance.generation,
    notes,
    rules: provenance.rules(),
    fields: () => fieldSources(payload, provenance, sources, 'up'),
    ruleOf: (path) => provenance.ruleOf(path),
  };
}
