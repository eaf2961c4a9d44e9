import type { ErrorEntry } from './index.js';

/** Errors of the OCPI side. */
export const ocpiErrors = {
  OCPI_UNKNOWN_TOKEN: {
    title: 'The credentials token is not known',
    fix: 'Register again with a token from the operator.',
  },
} as const satisfies Record<string, ErrorEntry>;
