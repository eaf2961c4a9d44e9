import type { ErrorEntry } from './index.js';

/** Errors of the VDV 463 side. */
export const vdv463Errors = {
  VDV463_NOT_BOOTED: {
    title: 'A message came before BootNotification was accepted',
    fix: 'The presystem must send BootNotification first after each connect.',
  },
} as const satisfies Record<string, ErrorEntry>;
