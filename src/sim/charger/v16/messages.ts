/** The parts of OCPP 1.6 calls that a station reads. Their form is checked against the schemas before. */

export interface ChargingProfile16 {
  readonly chargingProfileId: number;
  readonly transactionId?: number;
  readonly stackLevel: number;
  readonly chargingProfilePurpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
  readonly chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative';
  readonly recurrencyKind?: 'Daily' | 'Weekly';
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly chargingSchedule: {
    readonly duration?: number;
    readonly startSchedule?: string;
    readonly chargingRateUnit: 'A' | 'W';
    readonly chargingSchedulePeriod: readonly {
      readonly startPeriod: number;
      readonly limit: number;
      readonly numberPhases?: number;
    }[];
    readonly minChargingRate?: number;
  };
}

export interface Requests16 {
  CancelReservation: { readonly reservationId: number };
  ChangeAvailability: { readonly connectorId: number; readonly type: 'Operative' | 'Inoperative' };
  ChangeConfiguration: { readonly key: string; readonly value: string };
  ClearCache: object;
  ClearChargingProfile: {
    readonly id?: number;
    readonly connectorId?: number;
    readonly chargingProfilePurpose?: ChargingProfile16['chargingProfilePurpose'];
    readonly stackLevel?: number;
  };
  DataTransfer: { readonly vendorId: string; readonly messageId?: string; readonly data?: string };
  ExtendedTriggerMessage: { readonly requestedMessage: string; readonly connectorId?: number };
  GetCompositeSchedule: {
    readonly connectorId: number;
    readonly duration: number;
    readonly chargingRateUnit?: 'A' | 'W';
  };
  GetConfiguration: { readonly key?: readonly string[] };
  GetDiagnostics: { readonly location: string };
  GetLocalListVersion: object;
  RemoteStartTransaction: {
    readonly connectorId?: number;
    readonly idTag: string;
    readonly chargingProfile?: ChargingProfile16;
  };
  RemoteStopTransaction: { readonly transactionId: number };
  ReserveNow: {
    readonly connectorId: number;
    readonly expiryDate: string;
    readonly idTag: string;
    readonly parentIdTag?: string;
    readonly reservationId: number;
  };
  Reset: { readonly type: 'Hard' | 'Soft' };
  SendLocalList: {
    readonly listVersion: number;
    readonly updateType: 'Differential' | 'Full';
    readonly localAuthorizationList?: readonly {
      readonly idTag: string;
      readonly idTagInfo?: { readonly status: string };
    }[];
  };
  SetChargingProfile: { readonly connectorId: number; readonly csChargingProfiles: ChargingProfile16 };
  TriggerMessage: { readonly requestedMessage: string; readonly connectorId?: number };
  UnlockConnector: { readonly connectorId: number };
  UpdateFirmware: { readonly location: string; readonly retrieveDate: string };
}

export interface Fault16 {
  /** ChargePointErrorCode, e.g. GroundFailure. */
  readonly errorCode: string;
  readonly vendorErrorCode?: string;
  readonly vendorId?: string;
  readonly info?: string;
}
