/** The configuration: one YAML file, checked before anything starts. */
export { isLoopback } from './check.js';
export { configSchema, DIALECTS } from './config.schema.js';
export { loadConfig, parseConfig } from './load.js';
export { hashSecret, type SecretTest, secretTest } from './secrets.js';
export { suggest } from './suggest.js';
export type * from './types.js';
