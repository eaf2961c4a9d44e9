import type { ErrorEntry } from './index.js';

/** Errors of mapping tables. */
export const mappingErrors = {
  MAP_NO_ROW: {
    title: 'No row of a table fits the input',
    fix: 'Add a row, or an overlay for this vendor; the payload is in the journal under the id given.',
  },
} as const satisfies Record<string, ErrorEntry>;
