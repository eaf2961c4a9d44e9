/** What is known by message id while it is under way: nearly always nothing or one thing. */
export class Few<T> {
  #key: string | undefined;
  #value: T | undefined;
  /** The others, when there are several. */
  #more: Map<string, T> | undefined;

  get isEmpty(): boolean {
    return this.#key === undefined && this.#more === undefined;
  }

  has(key: string): boolean {
    return this.#key === key || this.#more?.has(key) === true;
  }

  get(key: string): T | undefined {
    return this.#key === key ? this.#value : this.#more?.get(key);
  }

  set(key: string, value: T): void {
    if ((this.#key === undefined && !this.#more?.has(key)) || this.#key === key) {
      this.#key = key;
      this.#value = value;
      return;
    }
    this.#more ??= new Map();
    this.#more.set(key, value);
  }

  delete(key: string): void {
    if (this.#key === key) {
      this.#key = undefined;
      this.#value = undefined;
    } else if (this.#more?.delete(key) && this.#more.size === 0) this.#more = undefined;
  }

  clear(): void {
    this.#key = undefined;
    this.#value = undefined;
    this.#more = undefined;
  }
}
