import { type ChargingInformation, type PlacedPoint, pointsOf } from '../../../bms/index.js';
import type { Kit } from '../kit.js';
import { type Scenario, SINCE_1_1, scenarios, WITH_INSTRUCTION, WITHOUT_INSTRUCTION } from '../scenario.js';
import { must } from '../verdicts.js';
import type { Wire } from '../wire.js';

type Wanted = (point: PlacedPoint | undefined) => boolean;

const ENDED: ReadonlySet<string | undefined> = new Set([undefined, 'Finishing']);
const charging: Wanted = (point) => !ENDED.has(point?.chargingProcessInfo?.processStatus);
const ended: Wanted = (point) => !charging(point);

function at(information: ChargingInformation, chargingPointId: string): PlacedPoint | undefined {
  return pointsOf(information).find((point) => point.chargingPointId === chargingPointId);
}

/** Plays with plugged vehicles and leaves the bench empty. */
function plugged(play: (kit: Kit, wire: Wire, plug: Kit['bench']['plug']) => Promise<void>): Scenario['run'] {
  return async (kit) => {
    const { bench } = kit;
    const wire = await kit.ready();
    const used = new Set<string>();
    try {
      await play(kit, wire, async (chargingPointId, vehicleId) => {
        used.add(chargingPointId);
        await bench.plug(chargingPointId, vehicleId);
      });
    } finally {
      for (const chargingPointId of used) await bench.unplug(chargingPointId);
    }
    if (wire.open) await kit.clear(wire);
  };
}

/** Waits for a snapshot in which a charging point looks as wanted. */
async function seen(kit: Kit, wire: Wire, chargingPointId: string, wanted: Wanted, what: string) {
  const { information } = await wire.information(
    kit.chargesWithinMs,
    (now) => wanted(at(now, chargingPointId)),
    what,
  );
  return { information, process: at(information, chargingPointId)?.chargingProcessInfo };
}

/** R1 runs at the first charging point, for vehicle-R1. */
async function running(kit: Kit, wire: Wire, plug: Kit['bench']['plug']) {
  const here = { chargingPointId: kit.point() };
  await kit.list(wire, [kit.order('R1', here)]);
  await plug(kit.point(), 'vehicle-R1');
  const runs: Wanted = (point) =>
    charging(point) && point?.chargingProcessInfo?.chargingRequestId === kit.id('R1');
  return seen(kit, wire, kit.point(), runs, 'R1 running');
}

/** A process of nobody is not asked for in 1.0.0: it would have to predict for a wish nobody has (vector 18). */
const CHARGING_MUST: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'CHARGING-01',
    title: 'A plugged vehicle with a request shows as its charging process',
    basis: 'rule 34',
    run: plugged(async (kit, wire, plug) => {
      const { process } = await running(kit, wire, plug);
      must(kit.names(process?.presystemId), `it belongs to ${process?.presystemId}`);
    }),
  },
  {
    id: 'CHARGING-02',
    title: 'Id and start of a process never change and its energy never falls',
    basis: 'rule 32',
    run: plugged(async (kit, wire, plug) => {
      const { process: first } = await running(kit, wire, plug);
      const { process: later } = await seen(kit, wire, kit.point(), charging, 'the process later');
      must(first?.chargingProcessId === later?.chargingProcessId, 'the id changed');
      must(first?.startTime === later?.startTime, 'the start changed');
      must((later?.deliveredEnergy ?? 0) >= (first?.deliveredEnergy ?? 0), 'the energy fell');
    }),
  },
  {
    id: 'CHARGING-03',
    title: 'A vehicle without a request charges as a process of nobody',
    basis: 'rule 32, vectors 17, 18',
    dialects: SINCE_1_1,
    run: plugged(async (kit, wire, plug) => {
      await plug(kit.point());
      const { process } = await seen(kit, wire, kit.point(), charging, 'a process');
      must(process?.chargingRequestId === undefined, `it belongs to ${process?.chargingRequestId}`);
    }),
  },
  {
    id: 'CHARGING-04',
    title: 'A request that quotes a process of nobody adopts it',
    basis: 'rule 32, vector 17',
    dialects: SINCE_1_1,
    run: plugged(async (kit, wire, plug) => {
      await plug(kit.point());
      const { process } = await seen(kit, wire, kit.point(), charging, 'a process');
      const chargingProcessId = process?.chargingProcessId ?? '';
      const adopting = kit.order('R9', { chargingProcessId, chargingPointId: kit.point() });
      const now = await kit.listUntil(
        wire,
        [adopting],
        (info) => kit.sighting(info, 'R9')?.process !== undefined,
        'the adopted process',
      );
      const adopted = kit.sighting(now, 'R9')?.process;
      must(adopted?.chargingProcessId === chargingProcessId, `it is now ${adopted?.chargingProcessId}`);
      must(kit.names(adopted?.presystemId), `it belongs to ${adopted?.presystemId}`);
    }),
  },
  {
    id: 'CHARGING-05',
    title: 'Leaving out a running request does not end it in 1.x',
    basis: 'rule 25, vector 11',
    dialects: ['1.1.0', 'draft-2025-05'],
    run: plugged(async (kit, wire, plug) => {
      await running(kit, wire, plug);
      await kit.list(wire, []);
      const { process } = await seen(kit, wire, kit.point(), () => true, 'information');
      must(!ENDED.has(process?.processStatus), `it is ${process?.processStatus ?? 'gone'}`);
    }),
  },
  {
    id: 'CHARGING-06',
    title: 'Terminate ends a running request in 1.x',
    basis: 'rule 25, vector 12',
    dialects: WITH_INSTRUCTION,
    run: plugged(async (kit, wire, plug) => {
      await running(kit, wire, plug);
      await kit.list(wire, [
        kit.order('R1', { chargingInstruction: 'Terminate', chargingPointId: kit.point() }),
      ]);
      await seen(kit, wire, kit.point(), ended, 'the end');
    }),
  },
  {
    id: 'CHARGING-07',
    title: 'A closed connection does not end a running request',
    basis: 'rule 19',
    run: plugged(async (kit, wire, plug) => {
      await running(kit, wire, plug);
      await wire.close();
      const again = await kit.booted();
      const { information } = await again.information(kit.showsWithinMs, undefined, 'information', 0);
      const status = at(information, kit.point())?.chargingProcessInfo?.processStatus;
      must(!ENDED.has(status), `it is ${status ?? 'gone'}`);
      await kit.clear(again);
    }),
  },
  {
    id: 'CHARGING-08',
    title: 'A request without charging point is bound where its vehicle plugs in',
    basis: 'rule 31, vector 16',
    run: plugged(async (kit, wire, plug) => {
      await kit.list(wire, [kit.order('R1')]);
      await plug(kit.point(1), 'vehicle-R1');
      const { process } = await seen(kit, wire, kit.point(1), charging, 'the process');
      must(process?.chargingRequestId === kit.id('R1'), `it belongs to ${process?.chargingRequestId}`);
    }),
  },
];

const CHARGING_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'CHARGING-20',
    title: 'Leaving out one running request ends it in 2.0',
    basis: 'rule 26',
    dialects: WITHOUT_INSTRUCTION,
    run: plugged(async (kit, wire, plug) => {
      await running(kit, wire, plug);
      await kit.list(wire, []);
      await seen(kit, wire, kit.point(), ended, 'the end');
    }),
  },
  {
    id: 'CHARGING-21',
    title: 'Leaving out all of several running requests at once ends none of them in 2.0',
    basis: 'rule 26',
    dialects: WITHOUT_INSTRUCTION,
    run: plugged(async (kit, wire, plug) => {
      const both = [0, 1].map((index) => kit.order(`R${index + 1}`, { chargingPointId: kit.point(index) }));
      await kit.list(wire, both);
      await plug(kit.point(0), 'vehicle-R1');
      await plug(kit.point(1), 'vehicle-R2');
      await seen(kit, wire, kit.point(1), charging, 'both running');
      await kit.list(wire, []);
      const { information } = await seen(kit, wire, kit.point(), () => true, 'information');
      must(charging(at(information, kit.point(0))), 'the first was ended');
      must(charging(at(information, kit.point(1))), 'the second was ended');
    }),
  },
  {
    id: 'CHARGING-22',
    title: 'A running request moved to another charging point goes on where it is',
    basis: 'rule 31, vector 16',
    run: plugged(async (kit, wire, plug) => {
      await running(kit, wire, plug);
      await kit.list(wire, [kit.order('R1', { chargingPointId: kit.point(1) })]);
      const { information } = await seen(kit, wire, kit.point(), () => true, 'information');
      must(charging(at(information, kit.point())), 'it was ended');
      must(!charging(at(information, kit.point(1))), 'a second process began');
    }),
  },
  {
    id: 'CHARGING-23',
    title: 'A request pending beside a running one is deleted by an empty list',
    basis: 'rule 25, vector 11',
    dialects: SINCE_1_1,
    run: plugged(async (kit, wire, plug) => {
      await running(kit, wire, plug);
      const here = { chargingPointId: kit.point() };
      const two = [kit.order('R1', here), kit.order('R2', here)];
      await kit.listUntil(wire, two, (now) => kit.shows(now, 'R2'), 'R2 pending');
      await kit.listUntil(wire, [], (now) => !kit.shows(now, 'R2'), 'R2 gone');
    }),
  },
];

/** What only a plugged vehicle shows; needs a bench. */
export const chargingScenarios: readonly Scenario[] = [
  ...scenarios('must', CHARGING_MUST),
  ...scenarios('should', CHARGING_SHOULD),
];
