/** What a station tells of itself, which selects its overlays: from options, else from the running bridge. */
import type { Config } from '../config/index.js';
import type { Selector } from '../mapping/index.js';
import { runningBridge } from './bridge-client.js';

export interface StationOptions {
  readonly station?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** Version of OCPP: 1.6, 2.0.1, 2.1. */
  readonly ocpp?: string;
}

/** The options alone. */
export function selectorOf(options: StationOptions, config?: Config): Selector {
  const { station, vendor, model, firmware, ocpp } = options;
  const site = config?.depots[0].id;
  return {
    ...(vendor === undefined ? {} : { vendor }),
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(station === undefined ? {} : { station }),
    ...(ocpp === undefined ? {} : { peerVersion: ocpp }),
    ...(site === undefined ? {} : { site }),
  };
}

interface StationState {
  readonly boot?: { readonly value: Pick<Selector, 'vendor' | 'model' | 'firmware'>; readonly raw: string };
}

const VERSIONS: Readonly<Record<string, string>> = {
  'ocpp1.6': '1.6',
  'ocpp2.0.1': '2.0.1',
  'ocpp2.1': '2.1',
};

/** The options, and what they leave open from the station's last BootNotification if the bridge runs. */
export async function knownSelector(options: StationOptions, config: Config): Promise<Selector> {
  const told = selectorOf(options, config);
  const bridge = options.station === undefined ? undefined : await runningBridge(config);
  if (!bridge) return told;
  const state = await bridge.call<StationState>(
    'GET',
    `/api/v1/stations/${encodeURIComponent(options.station ?? '')}`,
  );
  if (!state.boot) return told;
  const { vendor, model, firmware } = state.boot.value;
  const { protocol } = await bridge.call<{ protocol: string }>('GET', `/api/v1/journal/${state.boot.raw}`);
  const version = VERSIONS[protocol];
  return {
    ...(vendor === undefined ? {} : { vendor }),
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(version === undefined ? {} : { peerVersion: version }),
    ...told,
  };
}
