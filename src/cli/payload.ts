/** A JSON payload of the command line: from a file or standard input. */
import { readFileSync } from 'node:fs';
import { BridgeError } from '../errors/index.js';
import type { Json, JsonObject } from '../mapping/index.js';

/**
 * Reads a payload; `-` is standard input. A whole OCPP-J call, `[2, id, action, payload]`, is taken for its payload.
 *
 * @throws BridgeError MAP_INPUT
 */
export function readPayload(file: string): JsonObject {
  const text = readText(file);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError('MAP_INPUT', `the payload is not JSON: ${reason}`, { file }, { cause });
  }
  const payload = Array.isArray(value) && value[0] === 2 ? value[3] : value;
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload;
  throw new BridgeError('MAP_INPUT', 'the payload must be a JSON object', { file });
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError('MAP_INPUT', `the payload cannot be read: ${reason}`, { file }, { cause });
  }
}
