/** How a station is attached, by what the configuration says of it or of all. */
import type { Config, StationConfig } from './types.js';

/** Whose the chargers are: ours (`csms`), or those of a CSMS behind the bridge (`proxy`). */
export type Attach = Config['ocpp']['attach'];

/** What the bridge may send to a station: anything, nothing, or limits that end by themselves. */
export type Control = 'full' | NonNullable<StationConfig['ocpp']['control']>;

export function attachOf({ ocpp }: Pick<Config, 'ocpp'>, station: Pick<StationConfig, 'ocpp'>): Attach {
  return station.ocpp.attach ?? ocpp.attach;
}

export function controlOf(config: Pick<Config, 'ocpp'>, station: Pick<StationConfig, 'ocpp'>): Control {
  if (attachOf(config, station) === 'csms') return 'full';
  return station.ocpp.control ?? config.ocpp.csms?.control ?? 'observe';
}
