import type { ErrorEntry } from './index.js';

/** Errors of changing the password of a charging station. */
export const passwordErrors = {
  OCPP_NO_PASSWORD: {
    title: 'The charging station has no password that could be changed',
    fix: 'With security profile 3, give it another certificate. Without a password, set one in the charger and in the configuration first: over a connection that proves nothing, a new password might reach somebody else.',
  },
  OCPP_PASSWORD_BY_HAND: {
    title:
      'A command would change the password of a charging station behind the back of the bridge; it was not sent',
    fix: 'Use depotbridge station password, which keeps both sides in step. With force it is sent all the same: then the configuration must have the new password before the charger connects again.',
  },
  OCPP_PASSWORD_PENDING: {
    title: 'A charging station was told too many passwords without coming in with one of them',
    fix: 'Wait until it connects anew, or let it (Reset); see depotbridge station password --status.',
  },
  OCPP_PASSWORD_REFUSED: {
    title: 'The charging station refused its new password; the old one counts, no other',
    fix: 'Look at its answer in the journal; some chargers take a password only at their own console.',
  },
  OCPP_PASSWORD_UNFIT: {
    title: 'The configured password cannot be given to the charging station; nothing was sent',
    fix: 'Let the bridge make one (without --configured), or write it in clear, as ${env:…} or ${file:…}: 16 to 20 bytes or 32 to 40 hexadecimal digits for 1.6, 16 to 40 letters and digits for 2.x.',
  },
} as const satisfies Record<string, ErrorEntry>;
