/** Guests: whose token it is, whether it may charge here, and by what right. */
import type { GuestToken, ProcessState, SessionView } from '../domain/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { Partner } from './partners.js';
import type { Shelf } from './shelf.js';
import type { HeldToken, TokenBook } from './token-book.js';

export type GuestIdentity = Pick<GuestToken, 'uid' | 'type' | 'contractId' | 'countryCode' | 'partyId'>;

/** Somebody was let in: by command, because the partner was asked, or because it is on the list. */
export interface Admission {
  readonly partnerId: string;
  readonly token: GuestIdentity;
  readonly authMethod: SessionView['authMethod'];
  readonly authorizationReference?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A card swiped this long after a command still is that command (2.2.1 commands §3.1: at least 15 minutes). */
export const ADMISSION_MS = 15 * 60_000;

export interface GuestOptions {
  readonly identity: Pick<IdentityRegistry, 'vehicleByToken'>;
  readonly admissions: Shelf<Admission>;
  readonly tokens: TokenBook;
  readonly now: () => number;
}

export class Guests {
  readonly #options: GuestOptions;

  constructor(options: GuestOptions) {
    this.#options = options;
  }

  /** Whether this token is one of the depot's own vehicles; it is never a guest's. */
  isOwnFleet(token: string): boolean {
    return this.#options.identity.vehicleByToken(token) !== undefined;
  }

  /** Every list this token is on; several partners may know the same uid. */
  held(token: string): { readonly partner: Partner; readonly held: HeldToken }[] {
    return this.#options.tokens.withUid(token);
  }

  /** The newest admission of this token that still counts at that time. */
  admission(token: string, at: number): Admission | undefined {
    const found = this.#options.admissions.get(keyOf(token));
    return found && Math.abs(at - found.at) <= ADMISSION_MS ? found : undefined;
  }

  /** Remembers who was let in; those that no longer count are forgotten. */
  async admit(token: string, admission: Admission): Promise<void> {
    const { admissions } = this.#options;
    await admissions.set(keyOf(token), admission);
    const old = admissions.entries().filter(([, { at }]) => admission.at - at > 2 * ADMISSION_MS);
    for (const [key] of old) await admissions.delete(key);
  }

  /** The charger would not have it: the token lets nobody in. */
  async dismiss(token: string): Promise<void> {
    await this.#options.admissions.delete(keyOf(token));
  }

  /** Whose guest charges in this process, or undefined: own fleet, somebody unknown, or a token of two partners. */
  ownerOf(process: ProcessState): Admission | undefined {
    const token = process.vehicle?.value.token;
    if (token === undefined || this.isOwnFleet(token)) return undefined;
    const startedAt = Date.parse(process.transactionStartedAt ?? process.startedAt);
    const admitted = this.admission(token, startedAt) ?? this.admission(token, this.#options.now());
    if (admitted) return admitted;
    const candidates = this.held(token).filter(({ held }) => held.guest.valid);
    const [first] = candidates;
    const isOnePartner = candidates.every(({ partner }) => partner === first?.partner);
    if (!first || !isOnePartner) return undefined;
    const { guest } = first.held;
    return { partnerId: first.partner.id, token: identityOf(guest), authMethod: 'listed', at: startedAt };
  }
}

export function identityOf({ uid, type, contractId, countryCode, partyId }: GuestToken): GuestIdentity {
  return { uid, type, contractId, countryCode, partyId };
}

function keyOf(token: string): string {
  return token.trim().toUpperCase();
}
