/** Golden translations: every status, fault, stop reason and phase that a charger can report, in one view each. */
import { describe, expect, it } from 'vitest';
import { IdentityRegistry } from '../../src/identity/index.js';
import type { JsonObject } from '../../src/mapping/index.js';
import { type FrameFacts, translate } from '../../src/ocpp/index.js';
import { schemaOf, validatorOf } from '../../src/schemas/index.js';
import { exampleConfig, shippedTables } from './harness.js';

const identity = new IdentityRegistry(exampleConfig());
const at = Date.UTC(2026, 0, 1, 0, 0, 1);

function told(protocol: 'ocpp1.6' | 'ocpp2.0.1', action: string, payload: JsonObject) {
  const space = protocol === 'ocpp1.6' ? 'ocpp16' : 'ocpp201';
  expect(validatorOf(`${space}.${action}`)(payload)).toEqual([]);
  const stationId = protocol === 'ocpp1.6' ? 'N1' : 'N3';
  const facts: FrameFacts = { id: `${at}-0`, at, action, protocol, stationId };
  const { events, failures } = translate(facts, payload, shippedTables(), identity);
  expect(failures).toEqual([]);
  for (const event of events) expect(validatorOf(`bridge.${event.type}`)(event.payload)).toEqual([]);
  return events;
}

function payloadOf(events: ReturnType<typeof told>, type: string): Record<string, unknown> | undefined {
  return events.find((event) => event.type === type)?.payload as unknown as
    | Record<string, unknown>
    | undefined;
}

/** The words of an enumeration, from the schema itself: a new word makes a golden change. */
function words(message: string, path: string): string[] {
  const schema = schemaOf(message)?.schema as unknown as {
    properties: Record<string, { enum: string[] }>;
    definitions?: Record<string, { enum: string[] }>;
  };
  return schema.definitions?.[path]?.enum ?? schema.properties[path]?.enum ?? [];
}

describe('OCPP 1.6', () => {
  it('status words', () => {
    const golden = words('ocpp16.StatusNotification', 'status').map((status) => {
      const events = told('ocpp1.6', 'StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
      const { status: said, phase } = payloadOf(events, 'PointStatusReported') ?? {};
      return `${status} → ${said}${phase ? `, ${phase}` : ''}`;
    });
    expect(golden).toMatchInlineSnapshot(`
      [
        "Available → Available",
        "Preparing → Occupied, Preparing",
        "Charging → Occupied, Charging",
        "SuspendedEVSE → Occupied, SuspendedEVSE",
        "SuspendedEV → Occupied, SuspendedEV",
        "Finishing → Occupied, Finishing",
        "Reserved → Reserved",
        "Unavailable → Unavailable",
        "Faulted → Faulted",
      ]
    `);
  });

  it('error codes', () => {
    const golden = words('ocpp16.StatusNotification', 'errorCode').flatMap((errorCode) =>
      (errorCode === 'NoError' ? ['Available', 'Faulted'] : ['Faulted']).map((status) => {
        const point = payloadOf(
          told('ocpp1.6', 'StatusNotification', { connectorId: 1, errorCode, status }),
          'FaultReported',
        );
        const station = payloadOf(
          told('ocpp1.6', 'StatusNotification', { connectorId: 0, errorCode, status }),
          'FaultReported',
        );
        return `${errorCode}/${status} → ${point?.['active']}, point ${point?.['pointFaultCode'] ?? '–'}, station ${station?.['stationFaultCode'] ?? '–'}`;
      }),
    );
    expect(golden).toMatchInlineSnapshot(`
      [
        "ConnectorLockFailure/Faulted → true, point UsageFailure, station OtherChargingStationFailure",
        "EVCommunicationError/Faulted → true, point CommunicationFailure, station CommunicationFailure",
        "GroundFailure/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "HighTemperature/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "InternalError/Faulted → true, point OtherChargingPointFailure, station OtherChargingStationFailure",
        "LocalListConflict/Faulted → true, point OtherChargingPointFailure, station ConfigurationFailure",
        "NoError/Available → false, point –, station –",
        "NoError/Faulted → true, point OtherChargingPointFailure, station OtherChargingStationFailure",
        "OtherError/Faulted → true, point OtherChargingPointFailure, station OtherChargingStationFailure",
        "OverCurrentFailure/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "PowerMeterFailure/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "PowerSwitchFailure/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "ReaderFailure/Faulted → true, point OtherChargingPointFailure, station OtherChargingStationFailure",
        "ResetFailure/Faulted → true, point OtherChargingPointFailure, station OtherChargingStationFailure",
        "UnderVoltage/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "OverVoltage/Faulted → true, point OtherChargingPointFailure, station ElectricalOperationFailure",
        "WeakSignal/Faulted → true, point CommunicationFailure, station CommunicationFailure",
      ]
    `);
  });

  it('stop reasons', () => {
    const golden = [undefined, ...words('ocpp16.StopTransaction', 'reason')].map((reason) => {
      const payload = { transactionId: 1, meterStop: 1, timestamp: '2026-01-01T00:00:00Z' };
      const events = told('ocpp1.6', 'StopTransaction', reason ? { ...payload, reason } : payload);
      return `${reason} → ${payloadOf(events, 'TransactionEnded')?.['stopClass']}`;
    });
    expect(golden).toMatchInlineSnapshot(`
      [
        "undefined → ordinary",
        "EmergencyStop → technical",
        "EVDisconnected → ordinary",
        "HardReset → technical",
        "Local → ordinary",
        "Other → technical",
        "PowerLoss → technical",
        "Reboot → technical",
        "Remote → ordinary",
        "SoftReset → technical",
        "UnlockCommand → ordinary",
        "DeAuthorized → ordinary",
      ]
    `);
  });
});

describe('OCPP 2.0.1', () => {
  const timestamp = '2026-01-01T00:00:00Z';

  it('status words', () => {
    const golden = words('ocpp201.StatusNotification', 'ConnectorStatusEnumType').map((connectorStatus) => {
      const events = told('ocpp2.0.1', 'StatusNotification', {
        evseId: 1,
        connectorId: 1,
        connectorStatus,
        timestamp,
      });
      return `${connectorStatus} → ${payloadOf(events, 'PointStatusReported')?.['status']}`;
    });
    expect(golden).toMatchInlineSnapshot(`
      [
        "Available → Available",
        "Occupied → Occupied",
        "Reserved → Reserved",
        "Unavailable → Unavailable",
        "Faulted → Faulted",
      ]
    `);
  });

  it('charging states, by what made the station speak', () => {
    const states = [undefined, ...words('ocpp201.TransactionEvent', 'ChargingStateEnumType')];
    const golden = words('ocpp201.TransactionEvent', 'TriggerReasonEnumType').map((triggerReason) => {
      const phases = states.map((chargingState) => {
        const events = told('ocpp2.0.1', 'TransactionEvent', {
          eventType: 'Updated',
          timestamp,
          triggerReason,
          seqNo: 1,
          transactionInfo: { transactionId: 'tx', ...(chargingState ? { chargingState } : {}) },
        });
        return `${chargingState ?? 'unsaid'}: ${payloadOf(events, 'TransactionUpdated')?.['phase'] ?? '–'}`;
      });
      return `${triggerReason} → ${phases.join(', ')}`;
    });
    expect(golden).toMatchInlineSnapshot(`
      [
        "Authorized → unsaid: Preparing, Charging: Charging, EVConnected: Preparing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Preparing",
        "CablePluggedIn → unsaid: Preparing, Charging: Charging, EVConnected: Preparing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Preparing",
        "ChargingRateChanged → unsaid: –, Charging: Charging, EVConnected: –, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: –",
        "ChargingStateChanged → unsaid: –, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "Deauthorized → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "EnergyLimitReached → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "EVCommunicationLost → unsaid: SuspendedEV, Charging: Charging, EVConnected: SuspendedEV, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: SuspendedEV",
        "EVConnectTimeout → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "MeterValueClock → unsaid: –, Charging: Charging, EVConnected: –, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: –",
        "MeterValuePeriodic → unsaid: –, Charging: Charging, EVConnected: –, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: –",
        "TimeLimitReached → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "Trigger → unsaid: –, Charging: Charging, EVConnected: –, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: –",
        "UnlockCommand → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "StopAuthorized → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "EVDeparted → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "EVDetected → unsaid: Preparing, Charging: Charging, EVConnected: Preparing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Preparing",
        "RemoteStop → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "RemoteStart → unsaid: Preparing, Charging: Charging, EVConnected: Preparing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Preparing",
        "AbnormalCondition → unsaid: SuspendedEVSE, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
        "SignedDataReceived → unsaid: –, Charging: Charging, EVConnected: –, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: –",
        "ResetCommand → unsaid: Finishing, Charging: Charging, EVConnected: Finishing, SuspendedEV: SuspendedEV, SuspendedEVSE: SuspendedEVSE, Idle: Finishing",
      ]
    `);
  });

  it('stop reasons', () => {
    const golden = [undefined, ...words('ocpp201.TransactionEvent', 'ReasonEnumType')].map(
      (stoppedReason) => {
        const events = told('ocpp2.0.1', 'TransactionEvent', {
          eventType: 'Ended',
          timestamp,
          triggerReason: 'Trigger',
          seqNo: 1,
          transactionInfo: { transactionId: 'tx', ...(stoppedReason ? { stoppedReason } : {}) },
        });
        return `${stoppedReason} → ${payloadOf(events, 'TransactionEnded')?.['stopClass']}`;
      },
    );
    expect(golden).toMatchInlineSnapshot(`
      [
        "undefined → ordinary",
        "DeAuthorized → ordinary",
        "EmergencyStop → technical",
        "EnergyLimitReached → ordinary",
        "EVDisconnected → ordinary",
        "GroundFault → technical",
        "ImmediateReset → technical",
        "Local → ordinary",
        "LocalOutOfCredit → ordinary",
        "MasterPass → ordinary",
        "Other → technical",
        "OvercurrentFault → technical",
        "PowerLoss → technical",
        "PowerQuality → technical",
        "Reboot → technical",
        "Remote → ordinary",
        "SOCLimitReached → ordinary",
        "StoppedByEV → ordinary",
        "TimeLimitReached → ordinary",
        "Timeout → ordinary",
      ]
    `);
  });

  it('components that fail', () => {
    const names = (schemaOf('ocpp201.NotifyEvent')?.vocabulary['eventData[].component.name'] ??
      []) as string[];
    expect(names.length).toBeGreaterThan(60);
    const classes = new Map<string, string[]>();
    for (const name of names) {
      const fault = (evse: JsonObject) =>
        payloadOf(
          told('ocpp2.0.1', 'NotifyEvent', {
            generatedAt: timestamp,
            seqNo: 0,
            eventData: [
              {
                eventId: 1,
                timestamp,
                trigger: 'Alerting',
                actualValue: 'true',
                eventNotificationType: 'HardWiredNotification',
                component: { name, ...evse },
                variable: { name: 'Problem' },
              },
            ],
          }),
          'FaultReported',
        );
      const code = `${fault({ evse: { id: 1 } })?.['pointFaultCode']} / ${fault({})?.['stationFaultCode']}`;
      classes.set(code, [...(classes.get(code) ?? []), name]);
    }
    expect([...classes].map(([code, members]) => `${code}: ${members.join(' ')}`)).toMatchInlineSnapshot(`
      [
        "OtherChargingPointFailure / OtherChargingStationFailure: AccessBarrier AcPhaseSelector Actuator AlignedDataCtrlr AreaVentilation AuthCacheCtrlr BayOccupancySensor BeaconLighting ChargingStation ChargingStatusIndicator ClockCtrlr ConnectedEV Connector ConnectorHolsterRelease ConnectorHolsterSensor ConnectorProtectionRelease Controller CustomizationCtrlr DeviceDataCtrlr Display DisplayMessageCtrlr EnvironmentalLighting EVSE ExternalTemperatureSensor FloodSensor Heater HumiditySensor LightSensor LocalAvailabilitySensor LocalController LocalEnergyStorage MonitoringCtrlr RealTimeClock ReservationCtrlr SampledDataCtrlr SecurityCtrlr ShockSensor SpacesCountSignage Switch TariffCostCtrlr TiltSensor TokenReader TxCtrlr UIInput",
        "OtherChargingPointFailure / ElectricalOperationFailure: AcDcConverter AirCoolingSystem ControlMetering DistributionPanel ElectricalFeed ELVSupply FiscalMetering GroundIsolationProtection LiquidCoolingSystem OverCurrentProtection OverCurrentProtectionRecloser PowerContactor RCD RCDRecloser TemperatureSensor UpstreamProtectionTrigger",
        "OtherChargingPointFailure / ConfigurationFailure: AuthCtrlr LocalAuthListCtrlr SmartChargingCtrlr",
        "UsageFailure / UsageFailure: CableBreakawaySensor CaseAccessSensor EmergencyStopSensor",
        "CommunicationFailure / CommunicationFailure: CHAdeMOCtrlr CPPWMController DataLink ISO15118Ctrlr OCPPCommCtrlr VehicleIdSensor",
        "UsageFailure / OtherChargingStationFailure: ConnectorPlugRetentionLock EVRetentionLock",
      ]
    `);
  });
});

it('one frame names its rules, field by field', () => {
  const events = told('ocpp1.6', 'MeterValues', {
    connectorId: 1,
    transactionId: 7,
    meterValue: [
      {
        timestamp: '2026-01-01T00:00:00Z',
        sampledValue: [{ value: '42500', measurand: 'Power.Active.Import', unit: 'W' }],
      },
    ],
  });
  const [event] = events;
  expect(event?.ruleOf('samples.0.powerW')).toBe('ocpp16.sample/m.power');
  expect(event?.ruleOf('')).toBe('ocpp16.meter-values');
});
