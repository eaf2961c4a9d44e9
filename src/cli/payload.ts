/** A JSON payload of the command line: from a file or standard input. */
import { readFileSync } from 'node:fs';
import { BridgeError } from '../errors/index.js';
import type { Json, JsonObject } from '../mapping/index.js';

/**
 * Reads a payload; `-` is standard input. A whole OCPP-J call, `[2, id, action, payload]`, is taken for its payload.
 *
 * @param message what it should be, `ocpp16.StatusNotification` for instance: a call of another action is refused
 * @throws BridgeError PAYLOAD_UNREADABLE, PAYLOAD_NOT_JSON, PAYLOAD_NOT_MEANT
 */
export function readPayload(file: string, message?: string): JsonObject {
  const text = readText(file);
  if (text.trim() === '') throw new BridgeError('PAYLOAD_NOT_JSON', 'the payload is empty', { file });
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError('PAYLOAD_NOT_JSON', `the payload is not JSON: ${reason}`, { file }, { cause });
  }
  const payload = Array.isArray(value) ? payloadOfFrame(value, message, file) : value;
  if (typeof payload === 'object' && payload !== null && !Array.isArray(payload)) return payload;
  throw new BridgeError('PAYLOAD_NOT_MEANT', 'the payload must be a JSON object', { file });
}

function payloadOfFrame(frame: Json[], message: string | undefined, file: string): Json | undefined {
  const [type, , action, payload] = frame;
  const refused = (reason: string): never => {
    throw new BridgeError('PAYLOAD_NOT_MEANT', reason, { file });
  };
  if (type === 3) refused('this is the answer to a call (CALLRESULT); give the call, or its payload');
  if (type === 4) refused('this is an error answer (CALLERROR); give the call, or its payload');
  if (type !== 2 || typeof action !== 'string')
    refused('this list is no OCPP-J call: [2, "id", "action", {payload}]');
  const wanted = message?.split('.').at(-1);
  // Only a message has a name like an action; a mapping takes what is given.
  if (wanted !== undefined && /^[A-Z]/.test(wanted) && wanted !== action)
    refused(`this is a call of ${String(action)}, not of ${wanted}`);
  return payload;
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError('PAYLOAD_UNREADABLE', `the payload cannot be read: ${reason}`, { file }, { cause });
  }
}
