/** The parts of OCPP 2.0.1 calls that a station reads. Their form is checked against the schemas before. */

export interface IdToken201 {
  readonly idToken: string;
  readonly type: string;
}

export type Purpose201 =
  | 'ChargingStationExternalConstraints'
  | 'ChargingStationMaxProfile'
  | 'TxDefaultProfile'
  | 'TxProfile';

export interface ChargingSchedule201 {
  readonly id: number;
  readonly startSchedule?: string;
  readonly duration?: number;
  readonly chargingRateUnit: 'A' | 'W';
  readonly chargingSchedulePeriod: readonly {
    readonly startPeriod: number;
    readonly limit: number;
    readonly numberPhases?: number;
    readonly phaseToUse?: number;
  }[];
}

export interface ChargingProfile201 {
  readonly id: number;
  readonly stackLevel: number;
  readonly chargingProfilePurpose: Purpose201;
  readonly chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative';
  readonly recurrencyKind?: 'Daily' | 'Weekly';
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly transactionId?: string;
  readonly chargingSchedule: readonly ChargingSchedule201[];
}

export interface Component201 {
  readonly name: string;
  readonly instance?: string;
  readonly evse?: { readonly id: number; readonly connectorId?: number };
}

export interface Variable201 {
  readonly name: string;
  readonly instance?: string;
}

export interface VariableData201 {
  readonly attributeType?: 'Actual' | 'Target' | 'MinSet' | 'MaxSet';
  readonly component: Component201;
  readonly variable: Variable201;
}

export interface Requests201 {
  CancelReservation: { readonly reservationId: number };
  ChangeAvailability: {
    readonly operationalStatus: 'Operative' | 'Inoperative';
    readonly evse?: { readonly id: number; readonly connectorId?: number };
  };
  ClearCache: object;
  ClearChargingProfile: {
    readonly chargingProfileId?: number;
    readonly chargingProfileCriteria?: {
      readonly evseId?: number;
      readonly chargingProfilePurpose?: Purpose201;
      readonly stackLevel?: number;
    };
  };
  DataTransfer: { readonly vendorId: string; readonly messageId?: string; readonly data?: unknown };
  GetBaseReport: {
    readonly requestId: number;
    readonly reportBase: 'ConfigurationInventory' | 'FullInventory' | 'SummaryInventory';
  };
  GetChargingProfiles: {
    readonly requestId: number;
    readonly evseId?: number;
    readonly chargingProfile: {
      readonly chargingProfilePurpose?: Purpose201;
      readonly stackLevel?: number;
      readonly chargingProfileId?: readonly number[];
      readonly chargingLimitSource?: readonly string[];
    };
  };
  GetCompositeSchedule: {
    readonly evseId: number;
    readonly duration: number;
    readonly chargingRateUnit?: 'A' | 'W';
  };
  GetLocalListVersion: object;
  GetLog: { readonly requestId: number; readonly logType: string };
  GetTransactionStatus: { readonly transactionId?: string };
  GetVariables: { readonly getVariableData: readonly VariableData201[] };
  RequestStartTransaction: {
    readonly evseId?: number;
    readonly idToken: IdToken201;
    readonly remoteStartId: number;
    readonly groupIdToken?: IdToken201;
    readonly chargingProfile?: ChargingProfile201;
  };
  RequestStopTransaction: { readonly transactionId: string };
  ReserveNow: {
    readonly id: number;
    readonly expiryDateTime: string;
    readonly idToken: IdToken201;
    readonly groupIdToken?: IdToken201;
    readonly evseId?: number;
  };
  Reset: { readonly type: 'Immediate' | 'OnIdle'; readonly evseId?: number };
  SendLocalList: {
    readonly versionNumber: number;
    readonly updateType: 'Differential' | 'Full';
    readonly localAuthorizationList?: readonly {
      readonly idToken: IdToken201;
      readonly idTokenInfo?: { readonly status: string };
    }[];
  };
  SetChargingProfile: { readonly evseId: number; readonly chargingProfile: ChargingProfile201 };
  SetVariables: {
    readonly setVariableData: readonly (VariableData201 & { readonly attributeValue: string })[];
  };
  TriggerMessage: {
    readonly requestedMessage: string;
    readonly evse?: { readonly id: number; readonly connectorId?: number };
  };
  UnlockConnector: { readonly evseId: number; readonly connectorId: number };
  UpdateFirmware: { readonly requestId: number };
}

/** A fault as NotifyEvent tells it. */
export interface Fault201 {
  /** Component name, e.g. EmergencyStopSensor. */
  readonly component: string;
  /** Default Problem. */
  readonly variable?: string;
  /** Default `true`. */
  readonly actualValue?: string;
  readonly techCode?: string;
  readonly techInfo?: string;
}
