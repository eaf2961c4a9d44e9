import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// LMDB's two meta pages: a page header of 24 bytes, then magic and version of the data format; further on the page size.
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const HEADER_BYTES = 64;

/**
 * Why a file cannot be an LMDB file; undefined if it may be, is empty or is missing. LMDB maps the file into memory
 * and trusts it: a foreign file would end the process without a word.
 */
export function whyNoLmdbFile(file: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(handle);
    if (size === 0) return undefined;
    const first = headerAt(handle, 0);
    const pageSize = first?.readUInt32LE(PAGE_SIZE_AT) ?? 0;
    if (!isMeta(first)) return `${file} is no LMDB file`;
    return isMeta(headerAt(handle, pageSize)) ? undefined : `${file} is damaged or cut short`;
  } finally {
    closeSync(handle);
  }
}

function headerAt(handle: number, position: number): Buffer | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  return readSync(handle, header, 0, HEADER_BYTES, position) === HEADER_BYTES ? header : undefined;
}

function isMeta(header: Buffer | undefined): boolean {
  return header?.readUInt32LE(MAGIC_AT) === MAGIC;
}
