/** What readers were told, read back from the journal: snapshots to presystems, objects to partners. */
import type { Instant } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { JsonObject } from '../mapping/index.js';
import { presystemOf } from '../vdv463/index.js';

/** One thing that a reader was told by one entry. */
export type Telling =
  | {
      readonly kind: 'information';
      readonly reader: string;
      readonly value: unknown;
      /** The instant that the snapshot tells of. */
      readonly now: Instant;
    }
  | {
      readonly kind: 'evse' | 'session';
      readonly reader: string;
      readonly id: string;
      readonly value: JsonObject;
    };

/** Who was told what by an entry, without what was told of it: `id` is empty for a whole snapshot. */
export function thingsIn(entry: JournalEntry): { readonly reader: string; readonly id: string }[] {
  if (isSnapshot(entry)) return [{ reader: presystemOf(entry), id: '' }];
  return entry.protocol === 'vdv463'
    ? []
    : tellingsIn(entry).map((telling) => ({ reader: telling.reader, id: 'id' in telling ? telling.id : '' }));
}

/** A repetition has the snapshot as its cause and no fields of its own. */
function isSnapshot({ direction, error, action, fields }: JournalEntry): boolean {
  return (
    direction === 'out' &&
    error === undefined &&
    action === 'ProvideChargingInformation' &&
    fields !== undefined
  );
}

/** What an entry told; nothing for entries that told nothing, or were sent once more. */
export function tellingsIn(entry: JournalEntry): Telling[] {
  if (entry.direction !== 'out' || entry.error !== undefined) return [];
  if (entry.protocol === 'vdv463') return informationIn(entry);
  return entry.protocol === 'ocpi' ? objectsIn(entry) : [];
}

function informationIn(entry: JournalEntry): Telling[] {
  if (!isSnapshot(entry)) return [];
  const frame = JSON.parse(entry.raw) as unknown[];
  return [{ kind: 'information', reader: presystemOf(entry), value: frame[6], now: String(frame[3]) }];
}

function objectsIn({ action, raw, http, link }: JournalEntry): Telling[] {
  const reader = link.slice('ocpi:'.length);
  const [method, module] = action.split(' ');
  if (!http || (module !== 'locations' && module !== 'sessions')) return [];
  const isAnswer = http.status !== undefined;
  if (isAnswer ? method !== 'GET' || http.status !== 200 : method !== 'PUT' && method !== 'PATCH') return [];
  const body: unknown = raw === '' ? undefined : JSON.parse(raw);
  const objects = isAnswer ? listOf((body as { data?: unknown } | undefined)?.data) : listOf(body);
  if (module === 'sessions')
    return objects.map((value) => ({ kind: 'session', reader, id: String(value['id']), value }));
  const [id = ''] = http.path.split('?')[0]?.split('/').slice(-1) ?? [];
  return objects
    .flatMap((value) => evsesIn(value, decodeURIComponent(id)))
    .map((evse) => ({
      ...{ kind: 'evse' as const, reader },
      ...evse,
    }));
}

/** The EVSEs of a location, or an EVSE or a part of one by itself: then the path names it. */
function evsesIn(value: JsonObject, named: string): { id: string; value: JsonObject }[] {
  if (Array.isArray(value['evses']))
    return listOf(value['evses']).map((evse) => ({ id: String(evse['uid']), value: evse }));
  return 'status' in value ? [{ id: String(value['uid'] ?? named), value }] : [];
}

function listOf(value: unknown): JsonObject[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((each): each is JsonObject => typeof each === 'object' && each !== null);
}
