import type { ErrorEntry } from './index.js';

/** Errors of identity. */
export const identityErrors = {
  IDENTITY_UNKNOWN: {
    title: 'An identifier is not known to this depot',
    fix: 'Add the station, point or vehicle to the configuration, or correct the identifier at the sender.',
  },
} as const satisfies Record<string, ErrorEntry>;
