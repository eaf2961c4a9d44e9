/** The CPO side of OCPI: what roaming partners see, are told, and may ask for. */
import type { Runtime } from '../depot/index.js';
import type { OcpiOptions, RunningOcpi } from './start.js';

export { type PartnerFacts, PartnerLens, readPartnerFacts, type Seen } from './past.js';
export type { OcpiOptions, RunningOcpi } from './start.js';

/**
 * Starts to serve roaming partners; HTTP is loaded by whoever serves, not by whoever looks.
 *
 * @throws BridgeError OCPI_NOT_CONFIGURED, STORE_UNAVAILABLE; or the listener's error
 */
export async function startOcpi(runtime: Runtime, options: OcpiOptions): Promise<RunningOcpi> {
  const { startOcpi: start } = await import('./start.js');
  return start(runtime, options);
}
