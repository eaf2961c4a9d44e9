/** What the bridge asks of its tables: a set that lacks one of these would lose messages, or not start. */
import type { Config } from '../config/index.js';
import type { Need } from '../mapping/index.js';

/** What each message of a charger or of its CSMS, and a limit on its way to a charger, must become. */
const CHARGERS: readonly (readonly [source: string, ...targets: string[]])[] = [
  ['ocpp16.BootNotification', 'bridge.StationBooted'],
  ['ocpp16.Authorize', 'bridge.TokenPresented'],
  [
    'ocpp16.StatusNotification',
    'bridge.PointStatusReported',
    'bridge.StationStatusReported',
    'bridge.FaultReported',
  ],
  ['ocpp16.StartTransaction', 'bridge.TransactionStarted'],
  ['ocpp16.StopTransaction', 'bridge.TransactionEnded', 'bridge.MeterSampled'],
  ['ocpp16.MeterValues', 'bridge.MeterSampled'],
  ['bridge.LimitCommand', 'ocpp16.SetChargingProfile', 'ocpp201.SetChargingProfile'],
  ['ocpp201.BootNotification', 'bridge.StationBooted'],
  ['ocpp201.Authorize', 'bridge.TokenPresented'],
  ['ocpp201.StatusNotification', 'bridge.PointStatusReported'],
  [
    'ocpp201.NotifyEvent',
    'bridge.FaultReported',
    'bridge.PointStatusReported',
    'bridge.StationStatusReported',
  ],
  [
    'ocpp201.TransactionEvent',
    'bridge.TransactionStarted',
    'bridge.TransactionUpdated',
    'bridge.TransactionEnded',
    'bridge.MeterSampled',
  ],
  ['ocpp201.MeterValues', 'bridge.MeterSampled'],
  ['ocpp201.NotifyEVChargingNeeds', 'bridge.ChargingNeedsReported'],
  // What the CSMS of a station is heard to set.
  ['ocpp16.SetChargingProfile', 'bridge.CsmsLimitSet'],
  ['ocpp16.ClearChargingProfile', 'bridge.CsmsLimitCleared'],
  ['ocpp16.RemoteStartTransaction', 'bridge.CsmsLimitSet'],
  ['ocpp201.SetChargingProfile', 'bridge.CsmsLimitSet'],
  ['ocpp201.ClearChargingProfile', 'bridge.CsmsLimitCleared'],
  ['ocpp201.RequestStartTransaction', 'bridge.CsmsLimitSet'],
];

const DIALECTS = ['1.0.0', '1.1.0', '2.0.0', 'draft-2025-05'] as const;
const UPSTREAM = ['information', 'request'] as const;
const VERSIONS = ['2.1.1', '2.2.1', '2.3.0'] as const;
const PARTNER = [
  'location',
  'evse',
  'session',
  'token',
  'tariff',
  'cdr',
  'command-response',
  'command-result',
] as const;

const chargers: readonly Need[] = CHARGERS.flatMap(([source, ...targets]) =>
  targets.map((target) => ({ source, target })),
);

function upstreamNeeds(dialects: readonly string[]): Need[] {
  return dialects.flatMap((dialect) => UPSTREAM.map((name) => ({ mapping: `vdv463-${dialect}.${name}` })));
}

function partnerNeeds(versions: readonly string[]): Need[] {
  return versions.flatMap((version) =>
    PARTNER.map((name) => ({ mapping: `ocpi${version.replaceAll('.', '')}.${name}` })),
  );
}

/** What a bridge with this configuration needs: chargers may come with either version of OCPP. */
export function needsOf({ upstreams, ocpi }: Config): readonly Need[] {
  const versions = (ocpi?.partners ?? []).flatMap((partner) => partner.versions);
  return [
    ...chargers,
    ...upstreamNeeds([...new Set(upstreams.map(({ dialect }) => dialect))]),
    ...partnerNeeds([...new Set(versions)]),
  ];
}

/** What any bridge may need. */
export const allNeeds: readonly Need[] = [...chargers, ...upstreamNeeds(DIALECTS), ...partnerNeeds(VERSIONS)];
