import type { ErrorEntry } from './index.js';

/** Errors of charging control. */
export const chargingErrors = {
  CHARGING_NO_STATION: {
    title: 'A limit could not be sent because the station is not connected',
    fix: 'Nothing: it is sent when the station returns. Check the station if it stays away.',
  },
} as const satisfies Record<string, ErrorEntry>;
