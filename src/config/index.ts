/** The configuration: one YAML file, checked before anything starts. */
export { suggest } from '../documents/index.js';
export { type Attach, attachOf, type Control, controlOf, type LeaseTerms, leaseTermsOf } from './attach.js';
export { configSchema, DIALECTS } from './config.schema.js';
export { loadConfig, parseConfig } from './load.js';
export { isLoopback } from './loopback.js';
export { hashSecret, isHashed, type SecretTest, secretTest } from './secrets.js';
export type * from './types.js';
