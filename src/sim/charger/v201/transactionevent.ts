import type { StartCause, StopCause } from '../dialect.js';
import type { Outlet } from '../outlet.js';
import type { Transaction } from '../transaction.js';

/** What one TransactionEvent is about. */
export interface EventParts {
  readonly eventType: 'Started' | 'Updated' | 'Ended';
  readonly triggerReason: string;
  readonly stoppedReason?: string;
  readonly at: number;
  readonly meterValue?: readonly object[];
  /** The token caused this event. */
  readonly withToken?: boolean;
}

interface Reasons {
  readonly triggerReason: string;
  readonly stoppedReason?: string;
}

/** triggerReason and stoppedReason for what happened at the station. */
const reasons: { readonly [C in StartCause | StopCause]: Reasons } = {
  CablePluggedIn: { triggerReason: 'CablePluggedIn' },
  Authorized: { triggerReason: 'Authorized' },
  RemoteStart: { triggerReason: 'RemoteStart' },
  Local: { triggerReason: 'StopAuthorized', stoppedReason: 'Local' },
  Remote: { triggerReason: 'RemoteStop', stoppedReason: 'Remote' },
  EVDisconnected: { triggerReason: 'EVCommunicationLost', stoppedReason: 'EVDisconnected' },
  DeAuthorized: { triggerReason: 'Deauthorized', stoppedReason: 'DeAuthorized' },
  EmergencyStop: { triggerReason: 'AbnormalCondition', stoppedReason: 'EmergencyStop' },
  HardReset: { triggerReason: 'ResetCommand', stoppedReason: 'ImmediateReset' },
  SoftReset: { triggerReason: 'ResetCommand', stoppedReason: 'ImmediateReset' },
  PowerLoss: { triggerReason: 'AbnormalCondition', stoppedReason: 'PowerLoss' },
  Reboot: { triggerReason: 'ResetCommand', stoppedReason: 'Reboot' },
  UnlockCommand: { triggerReason: 'UnlockCommand', stoppedReason: 'Other' },
  Timeout: { triggerReason: 'EVConnectTimeout', stoppedReason: 'Timeout' },
  Other: { triggerReason: 'AbnormalCondition', stoppedReason: 'Other' },
};

export function triggers(cause: StartCause | StopCause): Reasons {
  return reasons[cause];
}

/** chargingState of a point with a transaction. */
export function chargingStateOf(outlet: Outlet): string {
  if (!outlet.battery) return 'Idle';
  if (!outlet.authorized) return 'EVConnected';
  const { state } = outlet;
  if (state === 'Charging' || state === 'SuspendedEV' || state === 'SuspendedEVSE') return state;
  return state === 'Faulted' ? 'SuspendedEVSE' : 'EVConnected';
}

/** The payload of a TransactionEvent; notes the chargingState it tells. The EVSE is named in the first event only, as the standard has it. */
export function transactionEvent(
  outlet: Outlet,
  transaction: Transaction,
  parts: EventParts,
  sending: { readonly seqNo: number; readonly offline: boolean; readonly iso: (at: number) => string },
): object {
  const { eventType, triggerReason, stoppedReason, meterValue = [] } = parts;
  const first = eventType === 'Started';
  const tellsState = first || triggerReason === 'ChargingStateChanged';
  if (tellsState) transaction.chargingState = first ? startingState(outlet) : chargingStateOf(outlet);
  return {
    eventType,
    timestamp: sending.iso(parts.at),
    triggerReason,
    seqNo: sending.seqNo,
    ...(sending.offline ? { offline: true } : {}),
    ...(outlet.phasesInUse > 0 && outlet.powerW > 0 ? { numberOfPhasesUsed: outlet.phasesInUse } : {}),
    transactionInfo: {
      transactionId: transaction.transactionId,
      ...(tellsState ? { chargingState: transaction.chargingState } : {}),
      ...(first && transaction.remoteStartId !== undefined
        ? { remoteStartId: transaction.remoteStartId }
        : {}),
      ...(eventType === 'Ended'
        ? { timeSpentCharging: Math.round(transaction.chargedMs / 1000), stoppedReason }
        : {}),
    },
    ...(first ? { evse: { id: outlet.spec.id, connectorId: 1 } } : {}),
    ...(first && outlet.reservation ? { reservationId: outlet.reservation.id } : {}),
    ...(parts.withToken && transaction.token ? { idToken: transaction.token } : {}),
    ...(meterValue.length > 0 ? { meterValue } : {}),
  };
}

/** Energy never flows before the Started event is out. */
function startingState(outlet: Outlet): string {
  return outlet.battery ? 'EVConnected' : 'Idle';
}
