/** Reads what a request says, as far as it can be read at all. */
import { BridgeError } from '../errors/index.js';
import { invalid } from './refusal.js';

type Query = Readonly<Record<string, string | undefined>>;

/** @throws BridgeError OCPI_INVALID if a name is there twice */
export function readQuery(query: unknown): Query {
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    if (typeof value !== 'string') throw invalid(`${name} is given more than once`);
  }
  return query as Query;
}

/** @throws BridgeError OCPI_NOT_JSON */
export function readBody(raw: string): unknown {
  if (raw === '') return undefined;
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new BridgeError('OCPI_NOT_JSON', 'the body is not JSON', {}, { cause: error });
  }
}
