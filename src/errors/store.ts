import type { ErrorEntry } from './index.js';

/** Errors of the store. */
export const storeErrors = {
  STORE_LOCKED: {
    title: 'The data folder is in use by another bridge',
    fix: 'Stop the other process, or give this one its own store.path.',
  },
  STORE_UNAVAILABLE: {
    title: 'The store does not answer',
    fix: 'Check that the store runs and that store.url or store.path is right; the bridge retries by itself.',
  },
} as const satisfies Record<string, ErrorEntry>;
