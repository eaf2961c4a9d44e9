/** Who is who between OCPP, VDV 463 and OCPI. */
export type { IdentityFacts, IdentityKind, PointEntry } from './registry.js';
export { evseIdOf, IDENTITY_KINDS, IdentityRegistry } from './registry.js';
