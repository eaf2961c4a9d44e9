/** The CPO side of OCPI: what roaming partners see, are told, and may ask for. */
export { type OcpiOptions, type RunningOcpi, startOcpi } from './start.js';
