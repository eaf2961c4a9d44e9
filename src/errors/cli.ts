import type { ErrorEntry } from './index.js';

/** Errors of the command line. */
export const cliErrors = {
  CLI_NO_BRIDGE: {
    title: 'No bridge answers at listen.admin of this configuration',
    fix: 'Start it with this configuration, or name with --config the one it runs with.',
  },
  CLI_BRIDGE_REFUSED: {
    title: 'The running bridge refused what the command asked of it',
    fix: 'Correct what the message names; listen.admin.token must be the one the bridge was started with.',
  },
  CLI_BRIDGE_GONE: {
    title: 'The running bridge ended, or could not be reached any more, before it answered',
    fix: 'Start it again and look at what became of it: it may have done what it was asked. A command with `--key` can be given again.',
  },
  CLI_FILE: {
    title: 'A file named on the command line cannot be read or written',
    fix: 'Check path and permissions; relative paths begin in the folder the command is run in.',
  },
  CLI_TIME: {
    title: 'A time on the command line cannot be read, or lies outside of what the journal holds',
    fix: 'Give an instant (2026-11-21T02:14:00Z), a date, a time of the day in UTC (02:14), or a journal id.',
  },
  CLI_UNREACHABLE: {
    title: 'The other side cannot be reached',
    fix: 'Check host and port, and whether it runs.',
  },
  CLI_SIMULATOR: {
    title: 'A simulator cannot do what it was asked to',
    fix: 'Correct what the message names; --help lists the options.',
  },
  CLI_FAILED: {
    title: 'A command failed for a reason that nobody foresaw',
    fix: 'Run it again with DEPOTBRIDGE_STACK=1 in the environment and report what it prints.',
  },
} as const satisfies Record<string, ErrorEntry>;
