/** VDV 463: the CMS side, to which presystems (BMS, ITCS) connect. */
import type { TlsConfig } from '../config/index.js';
import type { Running, Runtime } from '../depot/index.js';
import { Listener } from './listener.js';

export { type Dialect, type DialectProfile, profileOf } from './dialect.js';
export { composeInformation, type Information, type InformationSource } from './information.js';
export { replayFrame, replayRequests } from './replay.js';
export {
  presystemOf,
  type RequestsPayload,
  type TranslatedRequests,
  translateRequests,
} from './translate.js';

/** The running listener; its certificate can be replaced without cutting anybody off. */
export interface RunningVdv463 extends Running {
  /** @throws BridgeError VDV463_TLS_*: then the certificate in use stays */
  reloadTls(tls: TlsConfig): Promise<void>;
}

/**
 * Serves the upstream systems of the configuration at `/vdv463/<presystemId>`.
 *
 * @throws BridgeError VDV463_TLS_*, CONFIG_PASSWORD, VDV463_LISTEN, MAP_UNKNOWN
 */
export async function startVdv463(runtime: Runtime): Promise<RunningVdv463> {
  return Listener.open(runtime);
}
