/** A station as far as limits need it, and what every way to set one has in common. */
import type { CommandOutcome, Runtime } from '../../depot/index.js';
import type { JournalId } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { OcppProtocol } from '../protocol.js';
import type { Station } from '../station/index.js';
import type { Call } from './ask.js';
import type { ReadableUnit } from './first-reading.js';
import { type LimitOrder, limitCall } from './limit.js';
import type { Onboarding } from './onboarding.js';

export interface LimitedUnit extends ReadableUnit {
  readonly onboarding: Onboarding;
}

/** Clears what stands in the way, then sets. That there was nothing to clear is no failure. */
export async function setAfter(
  { asker }: LimitedUnit,
  clears: readonly Call[],
  call: Call,
  { intent, frames }: { readonly intent: JournalId; readonly frames: readonly JournalId[] },
): Promise<CommandOutcome> {
  const exchanged = [...frames];
  for (const clear of clears) exchanged.push(...(await asker.command(clear, intent, ['Unknown'])).frames);
  const outcome = await asker.command(call, intent);
  return { ...outcome, frames: [...exchanged, ...outcome.frames] };
}

export function callFor(
  runtime: Runtime,
  { station, dialect }: LimitedUnit,
  order: Omit<LimitOrder, 'protocol' | 'number' | 'clockAheadMs'>,
): Call {
  const { protocol } = station;
  const number = order.ofStation ? stationNumber(protocol) : dialect()?.numberOf(order.point);
  if (!protocol || !number) throw notConnected(station);
  return limitCall(runtime, { ...order, protocol, number, clockAheadMs: station.clock.aheadMs });
}

/** 1.6 connector 0, 2.x EVSE 0: the station as a whole. */
function stationNumber(protocol: OcppProtocol | undefined): { connectorId: number } | { evseId: number } {
  return protocol === 'ocpp1.6' ? { connectorId: 0 } : { evseId: 0 };
}

export function notConnected({ config }: Station): BridgeError {
  return new BridgeError('OCPP_NOT_CONNECTED', `station ${config.id} is not connected`);
}

/** 2.x K01.FR.06, .39: another profile of the same level and purpose is there. */
export function isDuplicate({ outcome, reason }: CommandOutcome): boolean {
  return outcome === 'rejected' && (reason?.includes('DuplicateProfile') ?? false);
}
