/**
 * A text of many parts, such as the row that holds what all stations said in one turn of the event loop. It is never put
 * together as a string: its parts are written into a buffer, and from then on its bytes are what is kept, for a string
 * that waits for the database is copied by every collection of young garbage that it outlives.
 */
export class Block {
  /** In UTF-16 units, as that of a string. */
  readonly length: number;
  #parts: readonly string[];
  #bytes: Buffer | undefined;

  constructor(parts: readonly string[]) {
    let length = 0;
    for (const part of parts) length += part.length;
    this.length = length;
    this.#parts = parts;
  }

  /** In UTF-8. */
  get byteLength(): number {
    if (this.#bytes) return this.#bytes.length;
    let bytes = 0;
    for (const part of this.#parts) bytes += Buffer.byteLength(part);
    return bytes;
  }

  /** Writes it as UTF-8. @returns where it ends */
  writeTo(buffer: Buffer, at: number): number {
    if (this.#bytes) return at + this.#bytes.copy(buffer, at);
    let end = at;
    for (const part of this.#parts) end += buffer.write(part, end);
    return end;
  }

  /** From now on it is these bytes, which nobody may change while it is in use. */
  keep(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#parts = [];
  }

  get bytes(): Buffer {
    return this.#bytes ?? Buffer.from(this.#parts.join(''));
  }

  toString(): string {
    return this.#bytes?.toString() ?? this.#parts.join('');
  }
}
