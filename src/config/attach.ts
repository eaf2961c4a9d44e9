/** How a station is attached, by what the configuration says of it or of all. */
import type { Config, StationConfig } from './types.js';

/** Whose the chargers are: ours (`csms`), or those of a CSMS behind the bridge (`proxy`) or beside it (`feed`). */
export type Attach = Config['ocpp']['attach'];

/** What the bridge may send to a station: anything, nothing, or limits that end by themselves. */
export type Control = 'full' | NonNullable<StationConfig['ocpp']['control']>;

export function attachOf({ ocpp }: Pick<Config, 'ocpp'>, station: Pick<StationConfig, 'ocpp'>): Attach {
  return station.ocpp.attach ?? ocpp.attach;
}

export function controlOf(config: Pick<Config, 'ocpp'>, station: Pick<StationConfig, 'ocpp'>): Control {
  const attach = attachOf(config, station);
  if (attach === 'csms') return 'full';
  const { csms, feed } = config.ocpp;
  // Without a webhook nothing could be sent.
  if (attach === 'feed') return feed.webhook ? (station.ocpp.control ?? feed.control) : 'observe';
  return station.ocpp.control ?? csms?.control ?? 'observe';
}

/** How limits are leased at a station. */
export interface LeaseTerms {
  readonly leaseAs: 'merge' | 'cap';
  readonly leaseMinutes: number;
}

/** The terms at a station of which we have no more than a lease; undefined for others. */
export function leaseTermsOf(
  config: Pick<Config, 'ocpp'>,
  station: Pick<StationConfig, 'ocpp'>,
): LeaseTerms | undefined {
  if (controlOf(config, station) !== 'lease') return undefined;
  return attachOf(config, station) === 'feed' ? config.ocpp.feed : config.ocpp.csms;
}
