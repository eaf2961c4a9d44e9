import type { ChargingRequest, PresystemKind } from './messages.js';

/** A bus of the night: when it comes, when it must go, and how full. */
export interface PlannedBus {
  readonly vehicleId: string;
  readonly arrivalAt: Date;
  readonly departureAt: Date;
  /** % */
  readonly minTargetSoc: number;
  /** % */
  readonly maxTargetSoc: number;
  /** % */
  readonly expectedSocAtArrival?: number;
  /** Left out: the charging point becomes known when the bus is plugged in. */
  readonly chargingPointId?: string;
  /** Lower is more important. */
  readonly priority?: number;
}

/** Something that changes during the night, from `at` on. */
export interface PlanChange {
  readonly at: Date;
  readonly vehicleId: string;
  /** New values for the bus. */
  readonly bus?: Partial<Omit<PlannedBus, 'vehicleId'>>;
  /** The bus stays away: its request disappears. */
  readonly cancelled?: boolean;
}

/** A bus a control centre wants charged at once. */
export interface AdHocOrder {
  readonly vehicleId: string;
  readonly from: Date;
  readonly until: Date;
  readonly minTargetSoc: number;
  readonly maxTargetSoc: number;
  readonly chargingPointId?: string;
  readonly priority?: number;
}

export interface Plan {
  /** A BMS orders for its buses; an ITCS only its ad hoc orders, and with none of them it just watches. */
  readonly kind: PresystemKind;
  readonly buses: readonly PlannedBus[];
  readonly changes?: readonly PlanChange[];
  readonly adHoc?: readonly AdHocOrder[];
  /** How long before its arrival a bus enters the list: 2 h. */
  readonly leadMs?: number;
  /** Dialects with chargingInstruction write it; 2.0 does not. */
  readonly withInstruction?: boolean;
  /** Put before every chargingRequestId: ids need to be unique per presystem only. */
  readonly idPrefix?: string;
}

const TWO_HOURS = 7_200_000;

/** The full request list at an instant. Same plan and instant, same list: it can be asked about any night. */
export function requestsAt(plan: Plan, now: Date): readonly ChargingRequest[] {
  const planned = plan.kind === 'BMS' ? plan.buses.flatMap((bus) => busRequest(plan, bus, now)) : [];
  const adHoc = (plan.adHoc ?? []).flatMap((order) => adHocRequest(plan, order, now));
  return [...planned, ...adHoc];
}

/** Every instant at which the list changes, in order. */
export function changesOf(plan: Plan): readonly Date[] {
  const lead = plan.leadMs ?? TWO_HOURS;
  const buses = plan.kind === 'BMS' ? plan.buses : [];
  const moved = (plan.changes ?? []).flatMap(({ bus }) => (bus ? [bus] : []));
  const instants = [
    ...[...buses, ...moved].flatMap(({ arrivalAt, departureAt }) => [
      ...(arrivalAt ? [arrivalAt.getTime() - lead] : []),
      ...(departureAt ? [departureAt.getTime()] : []),
    ]),
    ...(plan.changes ?? []).map(({ at }) => at.getTime()),
    ...(plan.adHoc ?? []).flatMap(({ from, until }) => [from.getTime(), until.getTime()]),
  ];
  return [...new Set(instants)].sort((a, b) => a - b).map((instant) => new Date(instant));
}

function busRequest(plan: Plan, planned: PlannedBus, now: Date): readonly ChargingRequest[] {
  const changes = (plan.changes ?? []).filter(
    ({ at, vehicleId }) => vehicleId === planned.vehicleId && at.getTime() <= now.getTime(),
  );
  if (changes.some(({ cancelled }) => cancelled)) return [];
  const bus: PlannedBus = Object.assign({}, planned, ...changes.map((change) => change.bus));
  const enters = bus.arrivalAt.getTime() - (plan.leadMs ?? TWO_HOURS);
  if (now.getTime() < enters || now.getTime() >= bus.departureAt.getTime()) return [];
  const { vehicleId, chargingPointId, priority, minTargetSoc, maxTargetSoc, expectedSocAtArrival } = bus;
  return [
    {
      vehicleId,
      chargingRequestId: requestId(plan, vehicleId, planned.arrivalAt),
      chargingRequestData: {
        minTargetSoc,
        maxTargetSoc,
        ...(expectedSocAtArrival === undefined ? {} : { expectedSocAtArrival }),
        expectedArrivalTimeAtChargingPoint: bus.arrivalAt.toISOString(),
        requestedTimeForDeparture: bus.departureAt.toISOString(),
      },
      ...(chargingPointId === undefined ? {} : { chargingPointId }),
      ...(priority === undefined ? {} : { priority }),
      ...(plan.withInstruction ? { chargingInstruction: changes.length ? 'Changed' : 'Normal' } : {}),
    },
  ];
}

function adHocRequest(plan: Plan, order: AdHocOrder, now: Date): readonly ChargingRequest[] {
  if (now.getTime() < order.from.getTime() || now.getTime() >= order.until.getTime()) return [];
  const { vehicleId, chargingPointId, priority, minTargetSoc, maxTargetSoc } = order;
  return [
    {
      vehicleId,
      chargingRequestId: requestId(plan, `${vehicleId}-adhoc`, order.from),
      chargingRequestData: { minTargetSoc, maxTargetSoc, adHocCharging: true },
      ...(chargingPointId === undefined ? {} : { chargingPointId }),
      ...(priority === undefined ? {} : { priority }),
      ...(plan.withInstruction ? { chargingInstruction: 'Normal' } : {}),
    },
  ];
}

/** One id per visit, the same however the visit moves: a bus returns the next night under another one. */
function requestId({ idPrefix = '' }: Plan, name: string, firstPlannedAt: Date): string {
  return `${idPrefix}${name}-${firstPlannedAt.toISOString().slice(0, 16).replace(/\D/g, '')}`;
}
