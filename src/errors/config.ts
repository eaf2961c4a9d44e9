import type { ErrorEntry } from './index.js';

/** Errors of the configuration. */
export const configErrors = {
  CONFIG_SYNTAX: {
    title: 'The configuration is not valid YAML',
    fix: 'Correct the line named.',
  },
} as const satisfies Record<string, ErrorEntry>;
