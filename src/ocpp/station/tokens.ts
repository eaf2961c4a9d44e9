/** Who may charge: vehicles of the depot, then whoever the hook knows, then as configured. */
import type { Runtime } from '../../depot/index.js';
import type { OcppOptions } from '../options.js';

/** Asks whether a token may charge at a station. */
export type Admit = (token: string, stationId: string) => Promise<boolean>;

export function admitWith(runtime: Runtime, authorize: OcppOptions['authorize']): Admit {
  return async (token, stationId) => {
    if (runtime.identity.vehicleByToken(token) !== undefined) return true;
    try {
      if (await authorize?.(token, stationId)) return true;
    } catch (error) {
      // A bus must not be refused because a partner's token list is out of order.
      runtime.log.error({ err: error, stationId }, 'tokens could not be looked up');
    }
    return runtime.config.ocpp.acceptUnknownTokens;
  };
}
