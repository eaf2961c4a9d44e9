/** The tokens that partners gave us, found by partner, party, type and uid, or by uid alone. */
import type { GuestToken } from '../domain/index.js';
import type { Store } from '../store/index.js';
import type { Partner } from './partners.js';
import { Shelf } from './shelf.js';

/** A token as the partner holds it, and what we read in it. */
export interface HeldToken {
  /** The object as it was PUT and PATCHed, in the partner's version. */
  readonly object: Readonly<Record<string, unknown>>;
  readonly guest: GuestToken;
}

export interface TokenKey {
  readonly countryCode: string;
  readonly partyId: string;
  readonly uid: string;
  /** In the partner's own word. */
  readonly type: string;
}

export class TokenBook {
  readonly #shelves: ReadonlyMap<Partner, Shelf<HeldToken>>;
  readonly #byUid = new Map<string, Map<string, { readonly partner: Partner; readonly field: string }>>();

  private constructor(shelves: ReadonlyMap<Partner, Shelf<HeldToken>>) {
    this.#shelves = shelves;
    for (const [partner, shelf] of shelves) {
      for (const [field, { guest }] of shelf.entries()) this.#index(partner, field, guest.uid);
    }
  }

  static async open(store: Store, depotId: string, partners: readonly Partner[]): Promise<TokenBook> {
    const shelves = new Map<Partner, Shelf<HeldToken>>();
    for (const partner of partners)
      shelves.set(partner, await Shelf.open(store, depotId, 'tokens', partner.id));
    return new TokenBook(shelves);
  }

  get(partner: Partner, key: TokenKey): HeldToken | undefined {
    return this.#shelves.get(partner)?.get(fieldOf(key));
  }

  /** Resolves when it is stored. */
  async set(partner: Partner, key: TokenKey, held: HeldToken): Promise<void> {
    const field = fieldOf(key);
    this.#index(partner, field, held.guest.uid);
    await this.#shelves.get(partner)?.set(field, held);
  }

  /** Every token with this uid, whatever its case; several partners may know the same one. */
  withUid(uid: string): { readonly partner: Partner; readonly held: HeldToken }[] {
    const found = [...(this.#byUid.get(normal(uid))?.values() ?? [])];
    return found.flatMap(({ partner, field }) => {
      const held = this.#shelves.get(partner)?.get(field);
      return held ? [{ partner, held }] : [];
    });
  }

  #index(partner: Partner, field: string, uid: string): void {
    const places = this.#byUid.get(normal(uid)) ?? new Map();
    places.set(`${partner.id}\u001f${field}`, { partner, field });
    this.#byUid.set(normal(uid), places);
  }
}

/** CiStrings: the case is kept in the object, not in the key. */
function fieldOf({ countryCode, partyId, type, uid }: TokenKey): string {
  return [countryCode, partyId, type, uid].map(normal).join('/');
}

function normal(text: string): string {
  return text.trim().toUpperCase();
}
