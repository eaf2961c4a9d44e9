/** What one partner is told of tariffs: those that its grants name, and those it is to delete. */
import { createHash } from 'node:crypto';
import type { Shelf } from './shelf.js';
import type { TariffFacts } from './tariff-view.js';
import { later, type ToldTariff } from './told.js';

/** Brings the shelf in line with the configuration. */
export function settleTariffs(
  shelf: Shelf<ToldTariff>,
  granted: Iterable<TariffFacts>,
  now: Date,
): Promise<void>[] {
  const stored: Promise<void>[] = [];
  const named = new Set<string>();
  for (const facts of granted) {
    named.add(facts.tariffId);
    const print = createHash('sha256').update(JSON.stringify(facts)).digest('base64url');
    const before = shelf.get(facts.tariffId);
    if (before?.print === print && !before.withdrawn) continue;
    const lastUpdated = before ? later(before.view.lastUpdated, now) : now.toISOString();
    const { createdAt = lastUpdated, pushed } = before ?? {};
    const told = { view: { ...facts, lastUpdated }, sources: {}, print, createdAt };
    stored.push(shelf.set(facts.tariffId, { ...told, ...(pushed === undefined ? {} : { pushed }) }));
  }
  for (const [id, told] of shelf.entries()) {
    if (named.has(id) || told.withdrawn) continue;
    stored.push(told.pushed === undefined ? shelf.delete(id) : shelf.set(id, { ...told, withdrawn: true }));
  }
  return stored;
}
