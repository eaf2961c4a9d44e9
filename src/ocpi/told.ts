/** What one partner is told of EVSEs and sessions: the newest view of each, and when it last looked different to it. */
import { createHash } from 'node:crypto';
import type { EvseView, Instant, SessionView, Source, TariffView, View } from '../domain/index.js';
import type { Maker, ObjectName } from './maker.js';
import type { Shelf } from './shelf.js';

/** A view as it is told, with what it was made from. */
export interface Told<T> {
  readonly view: T;
  readonly sources: Readonly<Record<string, Source>>;
  /** Hash of the object without its times: what the partner can see. */
  readonly print: string;
  /** Lists are in this order, then by id. */
  readonly createdAt: Instant;
  /** `lastUpdated` of what the partner has taken by push; absent: it never was pushed. */
  readonly pushed?: Instant;
}

export interface ToldEvse extends Told<EvseView> {
  readonly locationId: string;
  /** More than the status differs from what the partner has: a PATCH of the status would not do. */
  readonly whole?: true;
}

/** Facts that a session keeps from its beginning, whatever becomes of the grant or the token. */
export interface ToldSession extends Told<SessionView> {
  readonly pointId: string;
  readonly stationId: string;
  /** As it was when the session began: what the driver agreed to. */
  readonly tariff?: TariffView;
  readonly meterId?: string;
}

export interface ToldTariff extends Told<TariffView> {
  /** No grant names it any more: the partner that took it is to delete it. */
  readonly withdrawn?: true;
}

/**
 * Builds the view again if it would look different to the partner, else gives undefined. `build` is called with the
 * time to put into it. `lastUpdated` never falls, and moves only with what can be seen: what happens in an own-fleet
 * window, and when, leaves no trace in it.
 */
export function ifChanged<T extends { readonly lastUpdated: Instant }>(
  maker: Maker,
  name: ObjectName,
  before: Told<T> | undefined,
  build: (lastUpdated: Instant) => View<T>,
  now: Date,
): Told<T> | undefined {
  const provisional = build(before?.view.lastUpdated ?? now.toISOString());
  const print = printOf(maker, name, provisional.value);
  if (before?.print === print) return undefined;
  const lastUpdated = before ? later(before.view.lastUpdated, now) : now.toISOString();
  const { value, sources } = build(lastUpdated);
  return {
    view: value,
    sources,
    print,
    createdAt: before?.createdAt ?? lastUpdated,
    ...(before?.pushed === undefined ? {} : { pushed: before.pushed }),
  };
}

/** In the newest version, which can say the most. */
function printOf(maker: Maker, name: ObjectName, view: object): string {
  const made = maker.make('2.3.0', name, view);
  const timeless = JSON.stringify(made?.value ?? null, (key, value) =>
    key === 'last_updated' ? undefined : value,
  );
  return createHash('sha256').update(timeless).digest('base64url');
}

/** The time of a change: now, but after the one before. */
export function later(before: Instant, now: Date): Instant {
  const earliest = Date.parse(before) + 1;
  return new Date(Math.max(earliest, now.getTime())).toISOString();
}

/** Whether the partner has not taken the newest state yet. */
export function isDirty({ pushed, view }: Told<{ readonly lastUpdated: Instant }>): boolean {
  return pushed !== view.lastUpdated;
}

/** Notes that the partner has an EVSE as it was then. A newer state that came meanwhile stays to be pushed. */
export async function evsePushed(shelf: Shelf<ToldEvse>, uid: string, lastUpdated: Instant): Promise<void> {
  const told = shelf.get(uid);
  if (!told || told.pushed === lastUpdated) return;
  const { whole, ...rest } = told;
  const isNewer = told.view.lastUpdated !== lastUpdated;
  await shelf.set(uid, { ...rest, ...(whole && isNewer ? { whole } : {}), pushed: lastUpdated });
}

/** The same for a session. */
export async function sessionPushed(
  shelf: Shelf<ToldSession>,
  id: string,
  lastUpdated: Instant,
): Promise<void> {
  const told = shelf.get(id);
  if (told && told.pushed !== lastUpdated) await shelf.set(id, { ...told, pushed: lastUpdated });
}
