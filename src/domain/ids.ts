/** Ids that the bridge mints: functions of the journal id that caused them, so that a replay mints the same. */
import { createHash } from 'node:crypto';
import type { JournalId } from './source.js';
import type { StationState } from './state.js';

const TRANSACTION_EPOCH_MS = Date.UTC(2025, 0, 1);
const INT32_MAX = 2_147_483_647;

/** A UUIDv7 (RFC 9562) whose time is that of the journal id and whose random part is a hash of depot and id. */
export function mintUuid(depotId: string, raw: JournalId): string {
  const ms = BigInt(raw.split('-', 1)[0] ?? '0');
  const hash = createHash('sha256').update(`${depotId}\u001f${raw}`).digest();
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Number(ms), 0, 6);
  hash.copy(bytes, 6, 0, 10);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * The integer that OCPP 1.6 wants from the CSMS in StartTransaction.conf: tenths of a second since 2025, moved
 * up while this station already uses it. Unique per station, positive, 31 bits (wraps after 6.8 years).
 */
export function mintTransactionId(station: StationState, raw: JournalId): string {
  const ms = Number(raw.split('-', 1)[0]);
  let candidate = (Math.floor((ms - TRANSACTION_EPOCH_MS) / 100) % INT32_MAX) + 1;
  while (String(candidate) in station.transactions) candidate = (candidate % INT32_MAX) + 1;
  return String(candidate);
}
