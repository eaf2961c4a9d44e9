/** Who was who at the time of an entry: the identities of its day where they were kept, else those of now. */
import type { Config } from '../config/index.js';
import { IdentityRegistry } from '../identity/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Recording } from './recording.js';

export class Identities {
  /** Those of the configuration. */
  readonly present: IdentityRegistry;
  readonly #recording: Pick<Recording, 'identity'>;
  readonly #known = new Map<string, IdentityRegistry>();
  readonly #unkept = new Set<string>();

  constructor(config: Config, recording: Pick<Recording, 'identity'>) {
    this.present = new IdentityRegistry(config);
    this.#recording = recording;
    this.#known.set(this.present.version, this.present);
  }

  /** Versions that entries name and that were not kept: what was written with them is read with those of now. */
  get unkept(): readonly string[] {
    return [...this.#unkept];
  }

  async of(version: string | undefined): Promise<IdentityRegistry> {
    const known = version === undefined ? this.present : this.#known.get(version);
    if (known || version === undefined) return known ?? this.present;
    const facts = await this.#recording.identity(version);
    if (!facts) {
      this.#unkept.add(version);
      return this.present;
    }
    const registry = new IdentityRegistry(facts);
    this.#known.set(version, registry);
    return registry;
  }

  /** Those with which the bridge was started. */
  ofStart(entry: Pick<JournalEntry, 'raw'>): Promise<IdentityRegistry> {
    const { identityVersion } = JSON.parse(entry.raw) as { identityVersion?: string };
    return this.of(identityVersion);
  }
}
