/** Puts a group of the write-ahead log together in buffers and writes it: with one call, unless it is larger than they are. */
import { writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Block } from './block.js';

/** Length of the text in bytes, then its CRC-32. */
export const HEADER_BYTES = 8;
/** A flood is written in pieces: it shall not leave a buffer of its size behind. */
export const BUFFER_BYTES = 262_144;
/** A UTF-16 unit takes three bytes at most. */
const PIECE_CHARS = Math.floor(BUFFER_BYTES / 3);

/** Where the bytes of a block are. */
interface Place {
  readonly block: Block;
  readonly bytes: Buffer;
}

export class GroupWriter {
  readonly #file: number;
  readonly #position: number;
  readonly #more: () => Buffer;
  readonly #places: Place[] = [];
  #buffer: Buffer;
  /** What lies between is not yet in the file. */
  #from: number;
  #at: number;
  /** What is in the file already, its header included. */
  #written = 0;
  #crc = 0;

  /** Begins at a place of a buffer, for a position in the file; `more` gives another buffer. */
  constructor(file: number, position: number, buffer: Buffer, at: number, more: () => Buffer) {
    this.#file = file;
    this.#position = position;
    this.#more = more;
    const isFull = at + HEADER_BYTES > buffer.length;
    this.#buffer = isFull ? more() : buffer;
    this.#from = isFull ? 0 : at;
    this.#at = this.#from + HEADER_BYTES;
    // Until the header is written its place is zero, and ends the reading.
    this.#buffer.fill(0, this.#from, this.#at);
  }

  /** From where on the newest buffer is free. */
  get end(): number {
    return this.#at;
  }

  /** Adds a text. A block that fits into one buffer is kept there once the group is written. */
  add(text: string | Block): void {
    const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
    if (bytes > BUFFER_BYTES) {
      this.#addPieces(text.toString());
      return;
    }
    this.#makeRoom(bytes);
    const from = this.#at;
    if (typeof text === 'string') this.#at += this.#buffer.write(text, from);
    else {
      this.#at = text.writeTo(this.#buffer, from);
      this.#places.push({ block: text, bytes: this.#buffer.subarray(from, this.#at) });
    }
  }

  /** Writes what is not yet written. @returns the bytes of the group */
  finish(): number {
    if (this.#written === 0) this.#finishWhole();
    else this.#finishPieces();
    for (const { block, bytes } of this.#places) block.keep(bytes);
    return this.#written;
  }

  #finishWhole(): void {
    const group = this.#buffer.subarray(this.#from, this.#at);
    const text = group.subarray(HEADER_BYTES);
    writeHeader(group, text.length, crc32(text));
    this.#write(group, this.#position);
    this.#written = group.length;
  }

  #finishPieces(): void {
    this.#flush();
    const header = Buffer.alloc(HEADER_BYTES);
    writeHeader(header, this.#written - HEADER_BYTES, this.#crc);
    this.#write(header, this.#position);
  }

  #addPieces(text: string): void {
    for (let from = 0; from < text.length; ) {
      const to = pieceEnd(text, from);
      const piece = text.slice(from, to);
      this.#makeRoom(Buffer.byteLength(piece));
      this.#at += this.#buffer.write(piece, this.#at);
      from = to;
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    this.#flush();
    this.#buffer = this.#more();
    this.#from = 0;
    this.#at = 0;
  }

  #flush(): void {
    const text = this.#written === 0 ? this.#from + HEADER_BYTES : this.#from;
    this.#crc = crc32(this.#buffer.subarray(text, this.#at), this.#crc);
    this.#write(this.#buffer.subarray(this.#from, this.#at), this.#position + this.#written);
    this.#written += this.#at - this.#from;
    this.#from = this.#at;
  }

  #write(bytes: Buffer, position: number): void {
    for (let at = 0; at < bytes.length; )
      at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
  }
}

function writeHeader(place: Buffer, bytes: number, crc: number): void {
  place.writeUInt32LE(bytes, 0);
  place.writeUInt32LE(crc, 4);
}

/** Where the piece that begins at `from` ends: never between the two halves of a character. */
function pieceEnd(text: string, from: number): number {
  const end = Math.min(text.length, from + PIECE_CHARS);
  return end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
