/** VDV 463 as an upstream system writes and reads it: names of the standard, all dialects in one shape. */

/** 1.0.0, 1.1.0, the May 2025 draft and 2.0.0; one is agreed with each CMS, the wire does not name it. */
export type Dialect = '1.0.0' | '1.1.0' | 'draft-2025-05' | '2.0.0';

export type PresystemKind = 'BMS' | 'ITCS';

export type Action = 'BootNotification' | 'ProvideChargingRequests' | 'ProvideChargingInformation';

/** Position 0 of the envelope: request, confirmation, error. */
export type MessageType = 1 | 2 | 3;
export const REQ: MessageType = 1;
export const CONF: MessageType = 2;
export const ERR: MessageType = 3;

export interface ChargingRequestData {
  /** % */
  readonly minTargetSoc: number;
  /** % */
  readonly maxTargetSoc: number;
  /** % */
  readonly expectedSocAtArrival?: number;
  readonly expectedArrivalTimeAtChargingPoint?: string;
  readonly requestedTimeForDeparture?: string;
  readonly adHocCharging?: boolean;
}

export interface AutomaticPreconditioning {
  readonly preconditioningRequest: string;
  /** °C */
  readonly ambientTemperature?: number;
  readonly requestedStartTime?: string;
  readonly requestedFinishTime?: string;
  readonly targetSoc?: number;
}

export interface ManualPreconditioning {
  readonly hvacPreconditioningStartTime: string;
  readonly systemPreconditioningStartTime: string;
  /** kW */
  readonly hvacAuxiliaryConsumerPower?: number;
  /** kW */
  readonly systemAuxiliaryConsumerPower?: number;
  readonly targetSoc?: number;
}

export type ChargingInstruction = 'Normal' | 'Changed' | 'Terminate';

export interface ChargingRequest {
  readonly vehicleId: string;
  readonly chargingRequestId: string;
  readonly chargingRequestData: ChargingRequestData;
  readonly chargingPointId?: string;
  readonly chargingProcessId?: string;
  /** Lower is more important. */
  readonly priority?: number;
  readonly automaticPreconditioning?: AutomaticPreconditioning;
  readonly manualPreconditioning?: ManualPreconditioning;
  /** 1.x and the draft only. */
  readonly chargingInstruction?: ChargingInstruction;
}

export interface ElectricData {
  readonly chargingPower?: number;
  readonly chargingCurrent?: number;
  readonly chargingVoltage?: number;
  readonly reactivePower?: number;
}

/** The prediction blocks differ most between dialects, so they stay open. */
export type ChargingPredictionData = Readonly<Record<string, unknown>>;

export interface ChargingProcessInfo {
  readonly chargingProcessId: string;
  readonly processStatus: string;
  readonly startTime: string;
  readonly chargingPredictionData: ChargingPredictionData;
  readonly electricData: ElectricData;
  readonly presystemId?: string;
  readonly chargingRequestId?: string;
  /** Wh */
  readonly deliveredEnergy?: number;
}

export interface ScheduledChargingProcess {
  readonly chargingRequestId: string;
  readonly vehicleId: string;
  readonly chargingPredictionData: ChargingPredictionData;
  readonly presystemId?: string;
  readonly chargingProcessId?: string;
  readonly startTime?: string;
}

export interface VehicleInfo {
  readonly vehicleId: string;
  readonly vehicleChargingStatus: string;
  readonly vehicleStatusInfo: Readonly<Record<string, unknown>>;
  readonly preconditioningInfo: Readonly<Record<string, unknown>>;
  readonly evccId?: string;
  readonly mileage?: number;
  readonly tractionBatteryInfo?: {
    readonly stateOfCharge?: number;
    readonly stateOfHealth?: number;
    readonly temperature?: number;
    readonly batteryStatus?: string;
  };
  readonly vehicleFaultInfo?: Readonly<Record<string, unknown>>;
}

export interface ChargingPointInfo {
  readonly chargingPointId: string;
  readonly chargingPointStatus: string;
  readonly insideTemperature?: number;
  readonly outsideTemperature?: number;
  readonly connectorTemperature?: number;
  /** Wh */
  readonly energyMeterReading?: number;
  /** kW; 1.x and the draft: what flows now. */
  readonly presentPower?: number;
  /** kW; 2.0: what the load management allows now. */
  readonly presentPowerLimit?: number;
  readonly chargingPointFaultInfo?: Readonly<Record<string, unknown>>;
  readonly vehicleInfo?: VehicleInfo;
  readonly chargingProcessInfo?: ChargingProcessInfo;
  readonly scheduledChargingProcessList?: readonly ScheduledChargingProcess[];
}

export interface ChargingStationInfo {
  readonly chargingStationId: string;
  readonly chargingPointInfoList: readonly ChargingPointInfo[];
  /** 1.x and the draft only. */
  readonly chargingStationStatus?: string;
  /** kW */
  readonly totalPower?: number;
  readonly chargingStationFaultInfo?: Readonly<Record<string, unknown>>;
}

export interface DepotInfo {
  readonly depotId: string;
  readonly chargingStationInfoList: readonly ChargingStationInfo[];
  readonly name?: string;
}

export interface RejectedChargingRequestInfo {
  readonly presystemId: string;
  readonly chargingRequestId: string;
  readonly reason: string;
}

/** Payload of a ProvideChargingInformation request: always the whole depot, never a difference. */
export interface ChargingInformation {
  readonly depotInfoList: readonly DepotInfo[];
  /** 2.0 only. */
  readonly rejectedChargingRequestInfoList?: readonly RejectedChargingRequestInfo[];
}
