/** The story of one night, by minutes after 19:50: who does what when. */
import type { Clock, Vehicle } from '../sim/charger/index.js';
import type { Peers } from './peers.js';

export interface Scene {
  readonly minute: number;
  /** What the audience is told. */
  readonly tells: string;
  act(peers: Peers): Promise<unknown> | unknown;
}

/** Minutes from the first scene to the last. */
export const NIGHT_MINUTES = 565;

const bus = (idTag: string, batteryKwh: number, socPct: number, maxPowerKw: number): Vehicle => ({
  idTag,
  batteryWh: batteryKwh * 1000,
  socPct,
  maxPowerW: maxPowerKw * 1000,
});

/** The visitor's car shows no card: its driver starts by app, through the partner. */
const visitor: Vehicle = { batteryWh: 60_000, socPct: 40, maxPowerW: 50_000, maxAcPowerW: 11_000 };

function order(
  clock: Clock,
  vehicle: number,
  pointId: string,
  arrivalMinutes: number,
  departureMinutes: number,
  priority: number,
) {
  const inMinutes = (minutes: number) => new Date(clock.now() + minutes * 60_000).toISOString();
  return {
    vehicleId: `WEB6283461320000${vehicle}`,
    chargingRequestId: `CR-${vehicle}`,
    chargingPointId: pointId,
    priority,
    chargingInstruction: 'Normal' as const,
    chargingRequestData: {
      minTargetSoc: 80,
      maxTargetSoc: 95,
      expectedArrivalTimeAtChargingPoint: inMinutes(arrivalMinutes),
      requestedTimeForDeparture: inMinutes(departureMinutes),
    },
  };
}

export function night(clock: Clock): Scene[] {
  return [
    {
      minute: 0,
      tells: 'The BMS orders charging for three buses that are still on the road',
      act: ({ bms }) =>
        bms.setRequests([
          order(clock, 1, 'N1-1', 10, 520, 2),
          order(clock, 2, 'N2-1', 30, 540, 3),
          order(clock, 3, 'N3-1', 50, 490, 1),
        ]),
    },
    {
      minute: 10,
      tells: 'Bus 4711 arrives at N1-1 with 38 %',
      act: ({ chargers }) => chargers.N1.plugIn(1, bus('BUS4711', 350, 38, 150)),
    },
    {
      minute: 30,
      tells: 'Bus 4712 arrives at N2-1 with 45 %',
      act: ({ chargers }) => chargers.N2.plugIn(1, bus('BUS4712', 350, 45, 150)),
    },
    {
      minute: 50,
      tells: 'Bus 4713 arrives at N3-1 with 30 %',
      act: ({ chargers }) => chargers.N3.plugIn(1, bus('BUS4713', 490, 30, 300)),
    },
    {
      minute: 90,
      tells: 'A visitor plugs in at N4-1',
      act: ({ chargers }) => chargers.N4.plugIn(1, visitor),
    },
    { minute: 95, tells: 'The visitor starts by app: the partner sends START_SESSION', act: startByApp },
    {
      minute: 130,
      tells: 'Bus 4714, whose battery nobody knows, arrives at N2-2',
      act: ({ chargers }) => chargers.N2.plugIn(2, bus('BUS4714', 300, 60, 150)),
    },
    {
      minute: 180,
      tells: 'N2-1 reports a ground failure',
      act: ({ chargers }) =>
        chargers.N2.fault(1, { errorCode: 'GroundFailure', vendorErrorCode: 'E042', info: 'RCD tripped' }),
    },
    { minute: 205, tells: 'N2-1 has recovered', act: ({ chargers }) => chargers.N2.clearFault(1) },
    { minute: 215, tells: 'The visitor leaves', act: ({ chargers }) => chargers.N4.unplug(1) },
    {
      minute: 240,
      tells: 'The ITCS wants bus 4714 charged at once',
      act: ({ itcs }) =>
        itcs.setRequests([
          {
            vehicleId: 'WEB62834613200004',
            chargingRequestId: 'ADHOC-1',
            chargingRequestData: { minTargetSoc: 70, maxTargetSoc: 90, adHocCharging: true },
          },
        ]),
    },
    { minute: 360, tells: 'Bus 4714 is needed and leaves', act: ({ chargers }) => chargers.N2.unplug(2) },
    { minute: 365, tells: 'The ITCS takes its order off the list', act: ({ itcs }) => itcs.setRequests([]) },
    { minute: 490, tells: 'Bus 4713 leaves', act: ({ chargers }) => chargers.N3.unplug(1) },
    { minute: 520, tells: 'Bus 4711 leaves', act: ({ chargers }) => chargers.N1.unplug(1) },
    { minute: 540, tells: 'Bus 4712 leaves', act: ({ chargers }) => chargers.N2.unplug(1) },
    { minute: 550, tells: 'The BMS has nothing more to order', act: ({ bms }) => bms.setRequests([]) },
  ];
}

async function startByApp({ emsp }: Peers): Promise<void> {
  const { items } = await emsp.getLocations();
  const location = items[0] as
    | { id: string; evses: { uid: string; connectors: { id: string }[] }[] }
    | undefined;
  const evse = location?.evses[0];
  if (!location || !evse) throw new Error('the partner sees no location');
  const asked = await emsp.startSession({ locationId: location.id, evseUid: evse.uid });
  await asked.result(10_000);
}
