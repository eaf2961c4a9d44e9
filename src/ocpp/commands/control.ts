/** What may be sent to a station that has its own CSMS. */
import { BridgeError } from '../../errors/index.js';
import type { Station } from '../station/index.js';

/** With a lease: questions, and limits that end by themselves. Whoever else orders something does so at the CSMS. */
const LEASED = new Set([
  'GetBaseReport',
  'GetChargingProfiles',
  'GetCompositeSchedule',
  'GetConfiguration',
  'GetReport',
  'GetTransactionStatus',
  'GetVariables',
  'TriggerMessage',
  'ClearChargingProfile',
  'SetChargingProfile',
]);

/** Whether a request may be sent to a station at all. */
export function mayAsk({ control }: Pick<Station, 'control'>, action: string): boolean {
  return control === 'full' || (control === 'lease' && LEASED.has(action));
}

/** Why it may not. */
export function barred(
  { config, control }: Pick<Station, 'config' | 'control'>,
  action: string,
): BridgeError {
  const why =
    control === 'observe'
      ? `the bridge only observes station ${config.id}, which has its own CSMS`
      : `station ${config.id} has its own CSMS: the bridge may only ask it things and lease limits`;
  return new BridgeError('OCPP_CONTROL', `${action} was not sent: ${why}`, { station: config.id });
}
