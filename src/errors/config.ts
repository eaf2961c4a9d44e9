import type { ErrorEntry } from './index.js';

/** Errors of the configuration. */
export const configErrors = {
  CONFIG_NOT_FOUND: {
    title: 'The configuration file cannot be read',
    fix: 'Check the path given with --config; `config/depot.example.yaml` is a file to start from.',
  },
  CONFIG_SYNTAX: {
    title: 'The configuration is not valid YAML',
    fix: 'Correct the line named; indentation and quotes are the usual cause.',
  },
  CONFIG_INVALID: {
    title: 'A setting has a value that is not allowed',
    fix: 'Put in what the message names; `config/depotbridge.schema.json` lets an editor complete and check.',
  },
  CONFIG_UNKNOWN_KEY: {
    title: 'A setting is not known',
    fix: 'Correct its name or remove it; settings are listed in docs/configuration.md.',
  },
  CONFIG_SECRET: {
    title: 'A secret named by env: or file: cannot be resolved',
    fix: 'Set the environment variable, or make the file readable for the bridge.',
  },
  CONFIG_PASSWORD: {
    title: 'A hashed password is malformed',
    fix: 'Let `depotbridge hash-password` make it: `sha256:<64 hex digits>` or `scrypt:<N>:<r>:<p>:<salt, base64>:<hash, base64>`.',
  },
  CONFIG_REFERENCE: {
    title: 'A setting refers to something that is not configured, or an id is used twice',
    fix: 'Correct the id; ids of stations, points, vehicles, presystems and partners are unique.',
  },
  CONFIG_EXPOSED: {
    title: 'A listener is reachable from outside without what protects it',
    fix: 'Bind it to 127.0.0.1, or add tls (and admin.token for the admin API).',
  },
} as const satisfies Record<string, ErrorEntry>;
