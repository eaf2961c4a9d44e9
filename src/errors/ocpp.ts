import type { ErrorEntry } from './index.js';

/** Errors of the OCPP side. */
export const ocppErrors = {
  OCPP_UNKNOWN_STATION: {
    title: 'A charging station with this identity is not configured',
    fix: 'Add the station to its depot, or correct the identity in the charger.',
  },
} as const satisfies Record<string, ErrorEntry>;
