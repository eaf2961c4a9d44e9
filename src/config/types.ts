/** The configuration as the bridge uses it: defaults filled in. */
import type * as generated from './config.generated.js';

type Filled<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };

export type PointConfig = Filled<generated.PointConfig, 'connector'>;
export type StationConfig = Omit<generated.StationConfig, 'points'> & {
  points: [PointConfig, ...PointConfig[]];
};
export type VehicleConfig = generated.VehicleConfig;
export type StoreConfig = generated.StoreConfig;
export type TlsConfig = generated.TlsConfig;
export type ListenConfig = generated.ListenConfig;
export type PartnerConfig = generated.PartnerConfig;
export type ChargingConfig = Required<Omit<generated.ChargingConfig, 'beforePlugIn'>> &
  Pick<generated.ChargingConfig, 'beforePlugIn'>;
export type VehicleDataConfig = generated.VehicleDataConfig;
export type CsmsConfig = Filled<
  generated.CsmsConfig,
  'checksLogins' | 'connectSeconds' | 'control' | 'leaseAs' | 'leaseMinutes'
>;
export type WebhookConfig = Filled<generated.WebhookConfig, 'timeoutSeconds'>;
export type FeedConfig = Required<Omit<generated.FeedConfig, 'webhook'>> & { webhook?: WebhookConfig };
export type OcppConfig = Required<Omit<generated.OcppConfig, 'metering' | 'limits' | 'csms' | 'feed'>> & {
  /** The CSMS behind, where chargers have one. */
  csms?: CsmsConfig;
  feed: FeedConfig;
  metering: Required<generated.MeteringConfig>;
  limits: Required<generated.OcppLimitsConfig>;
};
export type TablesConfig = Required<generated.TablesConfig>;
export type JournalConfig = Required<generated.JournalConfig>;
export type DepotConfig = Omit<generated.DepotConfig, 'charging' | 'stations'> & {
  charging: ChargingConfig;
  stations: StationConfig[];
};
export type UpstreamConfig = Required<generated.UpstreamConfig>;
export type TariffConfig = generated.TariffConfig;
export type PriceConfig = generated.PriceConfig;
export type CdrsConfig = Required<generated.CdrsConfig>;
export type OcpiConfig = Omit<Filled<generated.OcpiConfig, 'partners' | 'tariffs'>, 'cdrs'> & {
  cdrs: CdrsConfig;
};

/** A validated configuration. */
export interface Config
  extends Omit<
    Filled<generated.Config, 'durability' | 'mappings' | 'vehicles'>,
    'depots' | 'upstreams' | 'ocpi' | 'ocpp' | 'journal' | 'log' | 'tables'
  > {
  depots: [DepotConfig];
  upstreams: UpstreamConfig[];
  ocpi?: OcpiConfig;
  ocpp: OcppConfig;
  journal: JournalConfig;
  tables: TablesConfig;
  log: Required<generated.LogConfig>;
}
