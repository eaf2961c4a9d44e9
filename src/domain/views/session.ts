/** A guest's charging as its roaming partner may see it (OCPI Session's source). */
import type { GuestToken, LocationView, SessionView } from '../model.js';
import { toldStartOf } from '../reduce/energy.js';
import type { Instant } from '../source.js';
import type { ProcessState } from '../state.js';
import { compact, Sources, type View } from './view.js';

/** What is known of a guest session beside its process. */
export interface GuestFacts {
  readonly countryCode: string;
  readonly partyId: string;
  readonly currency: string;
  readonly token: Pick<GuestToken, 'uid' | 'type' | 'contractId' | 'countryCode' | 'partyId'>;
  readonly authMethod: SessionView['authMethod'];
  readonly authorizationReference?: string;
  /** With the one EVSE that the session is at. */
  readonly location: LocationView;
  readonly evseUid: string;
  readonly connectorId: string;
}

/** The process of a guest, told to the partner whose token it is; own-fleet processes never come here. */
export function sessionView(
  process: ProcessState,
  facts: GuestFacts,
  lastUpdated: Instant,
): View<SessionView> {
  const { token, location, ...rest } = facts;
  const sources = new Sources();
  sources.note('sessionId', process.startSource);
  if (process.vehicle) sources.note('tokenUid', process.vehicle);
  if (process.transactionId) sources.note('startedAt', process.transactionId);
  if (process.stopReason) sources.note('state', process.stopReason);
  if (process.deliveredWh) sources.note('energyWh', process.deliveredWh);
  const value: SessionView = compact({
    ...rest,
    sessionId: process.processId,
    startedAt: process.transactionStartedAt ?? process.startedAt,
    endedAt: process.transactionStartedAt ? process.endedAt : process.closedAt,
    energyWh: process.deliveredWh?.value ?? 0,
    tokenUid: token.uid,
    tokenType: token.type,
    contractId: token.contractId,
    tokenCountryCode: token.countryCode,
    tokenPartyId: token.partyId,
    locationId: location.locationId,
    location,
    state: stateOf(process),
    lastUpdated,
  });
  return { value, sources: sources.all };
}

/** A session that ended without a reading of its end is invalid: nobody can say what was charged. */
function stateOf(process: ProcessState): SessionView['state'] {
  if (!process.transactionStartedAt) return process.closedAt ? 'invalid' : 'pending';
  if (!process.endedAt) return 'active';
  // A register that is the same at both ends tells that nothing was.
  const isKnown = process.deliveredWh ?? (process.meterStopWh && toldStartOf(process));
  return isKnown ? 'completed' : 'invalid';
}
