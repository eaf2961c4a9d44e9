/** A recorded frame of a presystem once more, through whatever tables are asked for. */
import type { UpstreamConfig } from '../config/index.js';
import type { PresystemEvent } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Generation, IdentityResolver } from '../mapping/index.js';
import { profileOf } from './dialect.js';
import { REQ, readFrame } from './envelope.js';
import { readPayload } from './payload.js';
import { type RequestsPayload, type TranslatedRequests, translateRequests } from './translate.js';

/**
 * The events a received frame caused, derived anew; none for frames that were refused or are answers. Pure.
 *
 * @param entry a journal entry with protocol `vdv463` and direction `in`
 */
export function replayFrame(
  entry: JournalEntry,
  generation: Generation,
  identity: IdentityResolver,
  upstream: Pick<UpstreamConfig, 'presystemId' | 'dialect' | 'lenient'>,
): PresystemEvent[] {
  if (entry.error || entry.direction !== 'in') return [];
  const profile = profileOf(upstream.dialect);
  const { lenient, presystemId } = upstream;
  const frame = readFrame(entry.raw, { profile, lenient, presystemId });
  if (!frame.ok || frame.envelope.type !== REQ) return [];
  const { action } = frame.envelope;
  if (action === 'BootNotification') {
    const receivedAt = new Date(entry.at).toISOString();
    return [
      {
        type: 'PresystemBooted',
        presystemId,
        raw: entry.id,
        ruleOf: () => 'bridge/boot',
        payload: { receivedAt },
      },
    ];
  }
  const translated = replayRequests(entry, generation, identity, upstream);
  return translated ? [translated.event] : [];
}

/** A received list of charging requests, translated anew; undefined for any other frame. Pure. */
export function replayRequests(
  entry: JournalEntry,
  generation: Generation,
  identity: IdentityResolver,
  upstream: Pick<UpstreamConfig, 'presystemId' | 'dialect' | 'lenient'>,
): TranslatedRequests | undefined {
  if (entry.error || entry.direction !== 'in') return undefined;
  const profile = profileOf(upstream.dialect);
  const { lenient, presystemId, dialect } = upstream;
  const frame = readFrame(entry.raw, { profile, lenient, presystemId });
  if (!frame.ok || frame.envelope.type !== REQ) return undefined;
  const { action, payload } = frame.envelope;
  if (action !== 'ProvideChargingRequests') return undefined;
  const read = readPayload(profile, action, payload, lenient);
  if (!read.ok) return undefined;
  return translateRequests(entry, read.payload as RequestsPayload, generation, identity, dialect);
}
