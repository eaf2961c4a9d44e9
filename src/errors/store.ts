import type { ErrorEntry } from './index.js';

/** Errors of the store. */
export const storeErrors = {
  STORE_LOCKED: {
    title: 'The data folder is in use by another bridge',
    fix: 'Stop the other process, or give this one its own store.path.',
  },
  STORE_UNAVAILABLE: {
    title: 'The store does not answer',
    fix: 'Check that the store runs, that its disk has room and that store.url or store.path is right; the bridge retries by itself.',
  },
  STORE_UNREADABLE: {
    title: 'The data folder cannot be opened',
    fix: 'Check that store.path exists, is writable and holds nothing but a Depotbridge store; restore it from a backup if it is damaged.',
  },
  STORE_REFUSED: {
    title: 'The store server refuses this bridge',
    fix: 'Correct store.url (user, password, rights) and store.cluster; the bridge needs all commands on keys that start with "depotbridge:".',
  },
  STORE_TOO_OLD: {
    title: 'The store server is older than the bridge needs',
    fix: 'Use Redis 7.0 or later, or Valkey 7.2 or later.',
  },
  STORE_BAD_KEY: {
    title: 'A store key is malformed',
    fix: 'Build keys with depotKey(depotId, …): "{depotId}:name", at most 512 bytes; one commit stays inside one depot.',
  },
  STORE_BAD_ID: {
    title: 'A stream id is malformed',
    fix: 'Use an id as the stream gave it, "milliseconds-sequence", or a bare time in milliseconds as a bound.',
  },
} as const satisfies Record<string, ErrorEntry>;
