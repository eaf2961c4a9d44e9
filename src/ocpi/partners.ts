/** The roaming partners: who they are by configuration, and how each is registered now. */
import { EventEmitter } from 'node:events';
import type { PartnerConfig } from '../config/index.js';
import type { Party } from './client.js';
import { hashOf, sameHash } from './credentials-token.js';
import { sameCi } from './json.js';
import type { Shelf } from './shelf.js';
import type { Endpoint, OcpiVersion } from './version.js';

/** What both sides agreed on in the credentials handshake. */
export interface Registration {
  readonly version: OcpiVersion;
  /** What we present to the partner. */
  readonly clientToken: string;
  /** Hash of what the partner presents to us. */
  readonly serverTokenHash: string;
  readonly versionsUrl: string;
  readonly endpoints: readonly Endpoint[];
  readonly at: string;
  /**
   * Until the partner certainly has its new serverToken, the one it asked with stays good: if our answer is lost,
   * it asks again instead of being locked out.
   */
  readonly pending?: { readonly tokenHash: string; readonly kind: TokenKind };
}

export interface PartnerRecord {
  readonly registration?: Registration;
  /** Hash of the registration token that was used up; another one in the configuration opens the door again. */
  readonly usedTokenHash?: string;
}

/** A registration token opens versions and credentials only. */
export type TokenKind = 'registration' | 'server';

export interface Presented {
  readonly partner: Partner;
  readonly kind: TokenKind;
  readonly token: string;
}

/** One partner. */
export class Partner {
  readonly config: PartnerConfig;
  readonly parties: readonly Party[];
  readonly #shelf: Shelf<PartnerRecord>;
  readonly #tokenAHash: string;

  constructor(config: PartnerConfig, shelf: Shelf<PartnerRecord>) {
    this.config = config;
    this.parties = config.roles.map(({ countryCode, partyId }) => ({ countryCode, partyId }));
    this.#shelf = shelf;
    this.#tokenAHash = hashOf(config.tokenA);
  }

  get id(): string {
    return this.config.id;
  }

  get registration(): Registration | undefined {
    return this.#shelf.get(this.id)?.registration;
  }

  /** The host all its URLs are on. */
  get host(): string | undefined {
    return this.registration && new URL(this.registration.versionsUrl).hostname;
  }

  get mainParty(): Party | undefined {
    return this.parties[0];
  }

  isParty(countryCode: string, partyId: string): boolean {
    return this.parties.some(
      (party) => sameCi(party.countryCode, countryCode) && sameCi(party.partyId, partyId),
    );
  }

  /** What this token opens here, or undefined. Every comparison is made, whatever the first ones gave. */
  kindOf(tokenHash: string): TokenKind | undefined {
    const record = this.#shelf.get(this.id);
    const { registration, usedTokenHash } = record ?? {};
    const isServer = sameHash(tokenHash, registration?.serverTokenHash);
    const isPending = sameHash(tokenHash, registration?.pending?.tokenHash);
    const isNew = sameHash(tokenHash, this.#tokenAHash) && !sameHash(tokenHash, usedTokenHash);
    if (isServer) return 'server';
    if (isPending) return registration?.pending?.kind;
    return isNew ? 'registration' : undefined;
  }

  /** Stores a registration; `usedUp` is the registration token that bought it. */
  async register(registration: Registration, usedUp?: string): Promise<void> {
    const before = this.#shelf.get(this.id);
    const used = usedUp === undefined ? before?.usedTokenHash : hashOf(usedUp);
    await this.#shelf.set(this.id, { registration, ...(used === undefined ? {} : { usedTokenHash: used }) });
  }

  /** A registration that the partner knows of. */
  get settled(): Registration | undefined {
    return this.registration?.pending ? undefined : this.registration;
  }

  /**
   * The partner has the serverToken with this hash: the one before it is good no more.
   * @returns what kind of token that was, or undefined if nothing changed
   */
  async delivered(serverTokenHash: string): Promise<TokenKind | undefined> {
    const record = this.#shelf.get(this.id);
    if (!record?.registration?.pending) return undefined;
    if (!sameHash(record.registration.serverTokenHash, serverTokenHash)) return undefined;
    const { pending, ...registration } = record.registration;
    await this.#shelf.set(this.id, { ...record, registration });
    return pending.kind;
  }

  /** Ends it in both directions. */
  async unregister(): Promise<void> {
    const used = this.#shelf.get(this.id)?.usedTokenHash;
    await this.#shelf.set(this.id, used === undefined ? {} : { usedTokenHash: used });
  }
}

export interface PartnerEvents {
  /** The partner has its token. */
  readonly registered: [partner: Partner];
  /** It has a new one, and perhaps new endpoints. */
  readonly renewed: [partner: Partner];
}

export class Partners {
  readonly events = new EventEmitter<PartnerEvents>();
  readonly all: readonly Partner[];

  constructor(configs: readonly PartnerConfig[], shelf: Shelf<PartnerRecord>) {
    this.all = configs.map((config) => new Partner(config, shelf));
  }

  byId(id: string): Partner | undefined {
    return this.all.find((partner) => partner.id === id);
  }

  /** The partner showed that it has the serverToken with this hash, or was sent it in full. */
  async delivered(partner: Partner, serverTokenHash: string): Promise<void> {
    const before = await partner.delivered(serverTokenHash);
    if (before) this.events.emit(before === 'registration' ? 'registered' : 'renewed', partner);
  }

  /** Whose token this is. The first form of a header that is known counts. */
  identify(tokens: readonly string[]): Presented | undefined {
    const known = tokens.flatMap((token) => {
      const tokenHash = hashOf(token);
      return this.all.flatMap((partner) => {
        const kind = partner.kindOf(tokenHash);
        return kind ? [{ partner, kind, token }] : [];
      });
    });
    return known[0];
  }
}
