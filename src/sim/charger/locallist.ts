/** The local authorisation list: who may charge while the CSMS is away. */
export class LocalList {
  #version = 0;
  readonly #accepted = new Map<string, boolean>();

  get version(): number {
    return this.#version;
  }

  /** Whether the token may charge by the list; undefined when the list does not know it. */
  knows(idToken: string): boolean | undefined {
    return this.#accepted.get(idToken);
  }

  /** SendLocalList: an entry without `accepted` removes the token. Returns the protocol's status word. */
  update(
    version: number,
    full: boolean,
    entries: readonly { readonly idToken: string; readonly accepted?: boolean }[],
  ): 'Accepted' | 'VersionMismatch' {
    if (!full && version <= this.#version) return 'VersionMismatch';
    if (full) this.#accepted.clear();
    for (const { idToken, accepted } of entries) {
      if (accepted === undefined) this.#accepted.delete(idToken);
      else this.#accepted.set(idToken, accepted);
    }
    this.#version = version;
    return 'Accepted';
  }
}
