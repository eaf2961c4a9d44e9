/** From a list of charging requests on the wire to one event of the domain: live, and again by a replay. */
import type { ChargingRequest, PresystemEvent } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation, IdentityResolver, JsonObject, MapFailure, Provenance } from '../mapping/index.js';
import { type Dialect, profileOf } from './dialect.js';
import { plainIdentifiers } from './uris.js';

/** A payload of ProvideChargingRequests that fits its schema. */
export interface RequestsPayload {
  readonly chargingRequestList: readonly JsonObject[];
}

export interface TranslatedRequests {
  readonly event: Extract<PresystemEvent, { type: 'RequestListReceived' }>;
  /** Entries that no table could make whole. */
  readonly failures: readonly MapFailure[];
  /** Rules that took part, once each. */
  readonly rules: readonly string[];
}

interface Translated {
  readonly chargingRequestId: string;
  readonly request?: ChargingRequest;
  readonly provenance?: Provenance;
  readonly reason?: string;
  readonly failure?: MapFailure;
}

const LINK = 'vdv463:';

/** The presystem of a journal entry of this protocol. */
export function presystemOf(entry: Pick<JournalEntry, 'link'>): string {
  return entry.link.slice(LINK.length);
}

/** The link name of a presystem in the journal. */
export function linkOf(presystemId: string): string {
  return `${LINK}${presystemId}`;
}

/**
 * Translates a list: entries that their table cannot make whole, and ids listed twice with different content, are
 * `refused` with a reason; the others stand (rule 28). Pure: the same entry, payload and tables give the same event.
 *
 * @param entry the raw frame in the journal; its link names the presystem, its time is the receipt
 * @param payload fits the dialect's schema
 */
export function translateRequests(
  entry: Pick<JournalEntry, 'id' | 'at' | 'link'>,
  payload: RequestsPayload,
  generation: Generation,
  identity: IdentityResolver,
  dialect: Dialect,
): TranslatedRequests {
  const profile = profileOf(dialect);
  const mapping = generation.mapping(`${profile.space}.request`);
  const list = profile.uriIdentifiers
    ? payload.chargingRequestList.map(plainIdentifiers)
    : payload.chargingRequestList;
  const translated = list.map((cr): Translated => {
    const chargingRequestId = String(cr['chargingRequestId']);
    const result = mapping.run({ cr }, { identity });
    if (result?.ok) {
      return {
        chargingRequestId,
        request: result.value as unknown as ChargingRequest,
        provenance: result.provenance,
      };
    }
    const failure = result?.error;
    return {
      chargingRequestId,
      reason: failure ? `the entry cannot be read: ${failure.message}` : 'no table takes this entry',
      ...(failure ? { failure } : {}),
    };
  });
  const settled = withoutContradictions(translated);
  const provenances = new Map(
    settled.flatMap(({ chargingRequestId, provenance }) =>
      provenance ? [[chargingRequestId, provenance]] : [],
    ),
  );
  return {
    event: {
      type: 'RequestListReceived',
      presystemId: presystemOf(entry),
      raw: entry.id,
      ruleOf: (path) => ruleOf(path, provenances) ?? `${mapping.name}`,
      payload: {
        requests: settled.flatMap(({ request }) => (request ? [request] : [])),
        refused: settled.flatMap(({ chargingRequestId, reason }) =>
          reason ? [{ chargingRequestId, reason }] : [],
        ),
        rules: { omissionEndsRunning: profile.omissionEndsRunning },
        receivedAt: new Date(entry.at).toISOString(),
      },
    },
    failures: settled.flatMap(({ failure }) => (failure ? [failure] : [])),
    rules: [...new Set([...provenances.values()].flatMap((provenance) => provenance.rules()))],
  };
}

/** `requests.<chargingRequestId>` asks for the rule that made the whole of an entry. */
function ruleOf(path: string, provenances: ReadonlyMap<string, Provenance>): string | undefined {
  const [list, id] = path.split(/\.(.*)/s);
  return list === 'requests' && id !== undefined
    ? provenances.get(id)?.ruleOf('chargingRequestId')
    : undefined;
}

/** One id, one entry: repeated alike it counts once, with different content neither counts. */
function withoutContradictions(entries: readonly Translated[]): Translated[] {
  const byId = new Map<string, Translated>();
  for (const entry of entries) {
    const before = byId.get(entry.chargingRequestId);
    if (!before) byId.set(entry.chargingRequestId, entry);
    else if (JSON.stringify(before.request) !== JSON.stringify(entry.request)) {
      const { chargingRequestId } = entry;
      byId.set(chargingRequestId, {
        chargingRequestId,
        reason: 'the id is listed twice with different content',
      });
    }
  }
  return [...byId.values()];
}
