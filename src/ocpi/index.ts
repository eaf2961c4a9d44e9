/** The CPO side of OCPI: what roaming partners see, are told, and may ask for. */

export { type PartnerFacts, PartnerLens, readPartnerFacts, type Seen } from './past.js';
export { type OcpiOptions, type RunningOcpi, startOcpi } from './start.js';
