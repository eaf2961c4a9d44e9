import type { ChargingInformation } from '../../../bms/index.js';
import type { Kit } from '../kit.js';
import { type Scenario, SINCE_1_1, scenarios, WITHOUT_INSTRUCTION } from '../scenario.js';
import { must } from '../verdicts.js';
import type { Wire } from '../wire.js';

/** Requests at the first charging point, in force and seen there. */
async function inForce(kit: Kit, wire: Wire, ...names: string[]): Promise<void> {
  await kit.listShown(
    wire,
    here(kit, ...names),
    (now) => names.every((name) => kit.shows(now, name)),
    names.join(),
  );
}

function here(kit: Kit, ...names: string[]) {
  return names.map((name) => kit.order(name, { chargingPointId: kit.point() }));
}

const rejectedIds = (kit: Kit, now: ChargingInformation) =>
  (now.rejectedChargingRequestInfoList ?? [])
    .filter(({ presystemId }) => presystemId === kit.options.presystemId)
    .map(({ chargingRequestId }) => chargingRequestId);

const LISTS_MUST: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'LISTS-01',
    title: 'A request for a charging point shows there with its vehicle',
    basis: 'rules 24, 36',
    run: async (kit) => {
      const wire = await kit.ready();
      const now = await kit.listShown(wire, here(kit, 'R1'), (info) => kit.shows(info, 'R1'), 'the request');
      const seen = kit.sighting(now, 'R1');
      must(seen?.point.chargingPointId === kit.point(), `it shows at ${seen?.point.chargingPointId}`);
      const vehicleId = seen?.scheduled?.vehicleId;
      must(vehicleId === undefined || vehicleId === 'vehicle-R1', `its vehicle is ${vehicleId}`);
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-02',
    title: 'A request with a known id is changed, not added',
    basis: 'rule 24',
    run: async (kit) => {
      const wire = await kit.ready();
      await inForce(kit, wire, 'R1');
      const moved = [kit.order('R1', { chargingPointId: kit.point(1) })];
      const at = (now: ChargingInformation) => kit.sighting(now, 'R1')?.point.chargingPointId;
      const now = await kit.listShown(wire, moved, (info) => at(info) === kit.point(1), 'the moved request');
      const times =
        JSON.stringify(now).split(`"chargingRequestId":${JSON.stringify(kit.id('R1'))}`).length - 1;
      must(times === 1, `it shows ${times} times`);
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-03',
    title: 'A request that is left out before it started is deleted, the others stay',
    basis: 'rules 25, 36',
    run: async (kit) => {
      const wire = await kit.ready();
      await inForce(kit, wire, 'R1', 'R2');
      const now = await kit.listUntil(wire, here(kit, 'R2'), (info) => !kit.shows(info, 'R1'), 'R1 gone');
      must(kit.shows(now, 'R2'), 'R2 is gone too');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-04',
    title: 'An empty list deletes everything that did not start',
    basis: 'rule 25, vector 11',
    dialects: SINCE_1_1,
    run: async (kit) => {
      const wire = await kit.ready();
      await inForce(kit, wire, 'R1', 'R2');
      const gone = (info: ChargingInformation) => !kit.shows(info, 'R1') && !kit.shows(info, 'R2');
      await kit.listUntil(wire, [], gone, 'both gone');
    },
  },
  {
    id: 'LISTS-05',
    title: 'Requests survive a closed connection',
    basis: 'rule 19',
    run: async (kit) => {
      const before = await kit.ready();
      await inForce(kit, before, 'R1');
      await before.close();
      const wire = await kit.booted();
      const { information } = await wire.information(kit.showsWithinMs, undefined, 'information', 0);
      must(kit.shows(information, 'R1'), 'the request is gone');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-06',
    title: 'Requests survive a lost link',
    basis: 'rule 19',
    run: async (kit) => {
      const before = await kit.ready();
      await inForce(kit, before, 'R1');
      await before.cut();
      const wire = await kit.booted();
      const { information } = await wire.information(kit.showsWithinMs, undefined, 'information', 0);
      must(kit.shows(information, 'R1'), 'the request is gone');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-07',
    title: 'Two upstream systems may use one request id; leaving it out touches only the sender’s',
    basis: 'rule 22, vector 13',
    run: async (kit) => {
      const { second } = kit;
      const other = await kit.ready(second);
      const wire = await kit.ready();
      await kit.list(other, [kit.order('R1', { chargingPointId: kit.point(1) })]);
      await inForce(kit, wire, 'R1');
      await kit.clear(wire);
      const both = (now: ChargingInformation) => kit.shows(now, 'R1', second.presystemId);
      const { information } = await other.information(kit.showsWithinMs, both, 'the other’s request');
      must(!kit.shows(information, 'R1'), 'the sender’s request is still there');
      await kit.clear(other, second);
    },
  },
  {
    id: 'LISTS-08',
    title: 'A rejected request is reported with its id and a reason',
    basis: 'rule 28, vector 14',
    dialects: WITHOUT_INSTRUCTION,
    run: async (kit) => {
      const wire = await kit.ready();
      const nowhere = kit.order('R1', { chargingPointId: 'no-such-charging-point' });
      const reported = (now: ChargingInformation) => rejectedIds(kit, now).includes('R1');
      const now = await kit.listUntil(wire, [nowhere], reported, 'the rejection');
      const reason = now.rejectedChargingRequestInfoList?.find(
        (entry) => entry.chargingRequestId === 'R1',
      )?.reason;
      must((reason ?? '').trim() !== '', 'the reason is empty');
      await kit.clear(wire);
    },
  },
];

const LISTS_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'LISTS-20',
    title: 'A valid request is applied although another entry cannot be',
    basis: 'rule 28, vector 14',
    run: async (kit) => {
      const wire = await kit.ready();
      const list = [...here(kit, 'R1'), kit.order('R2', { chargingPointId: 'no-such-charging-point' })];
      await kit.listShown(wire, list, (now) => kit.shows(now, 'R1'), 'the valid request');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-21',
    title: 'A request whose change cannot be applied stays as it was',
    basis: 'rule 28, vector 14',
    run: async (kit) => {
      const wire = await kit.ready();
      await inForce(kit, wire, 'R2');
      const list = [...here(kit, 'R1'), kit.order('R2', { chargingPointId: 'no-such-charging-point' })];
      const now = await kit.listShown(wire, list, (info) => kit.shows(info, 'R1'), 'the valid request');
      must(kit.sighting(now, 'R2')?.point.chargingPointId === kit.point(), 'its old version is gone');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-22',
    title: 'A minimum above the maximum is rejected, never corrected in silence',
    basis: 'rule 28, vector 15',
    run: async (kit) => {
      const wire = await kit.ready();
      const wrong = kit.order('R2', {
        chargingPointId: kit.point(),
        chargingRequestData: { minTargetSoc: 90, maxTargetSoc: 80 },
      });
      const list = [...here(kit, 'R1'), wrong];
      const now = await kit.listShown(wire, list, (info) => kit.shows(info, 'R1'), 'the valid request');
      must(!kit.shows(now, 'R2'), 'it was taken');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-23',
    title: 'An unknown charging process is rejected',
    basis: 'rule 32',
    run: async (kit) => {
      const wire = await kit.ready();
      const wrong = kit.order('R2', {
        chargingPointId: kit.point(),
        chargingProcessId: 'urn:no:such:process',
      });
      const list = [...here(kit, 'R1'), wrong];
      const now = await kit.listShown(wire, list, (info) => kit.shows(info, 'R1'), 'the valid request');
      must(!kit.shows(now, 'R2'), 'it was taken');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-24',
    title: 'A rejection ends when the entry is put right',
    basis: 'rule 28',
    dialects: WITHOUT_INSTRUCTION,
    run: async (kit) => {
      const wire = await kit.ready();
      const nowhere = kit.order('R1', { chargingPointId: 'no-such-charging-point' });
      await kit.listUntil(wire, [nowhere], (now) => rejectedIds(kit, now).includes('R1'), 'the rejection');
      const now = await kit.listShown(wire, here(kit, 'R1'), (info) => kit.shows(info, 'R1'), 'the request');
      must(!rejectedIds(kit, now).includes('R1'), 'it is still reported as rejected');
      await kit.clear(wire);
    },
  },
  {
    id: 'LISTS-25',
    title: 'Names with letters of any script come back unchanged',
    basis: '§1',
    run: async (kit) => {
      const wire = await kit.ready();
      const vehicleId = 'Büssing-Ωμέγα-巴士';
      const list = [kit.order('R1', { chargingPointId: kit.point(), vehicleId })];
      const now = await kit.listShown(wire, list, (info) => kit.shows(info, 'R1'), 'the request');
      const seen = kit.sighting(now, 'R1')?.scheduled?.vehicleId ?? vehicleId;
      must(seen === vehicleId, `it came back as ${seen}`);
      await kit.clear(wire);
    },
  },
];

/** The full-list semantics: update, deletion by omission, owners, rejections. */
export const lists: readonly Scenario[] = [
  ...scenarios('must', LISTS_MUST),
  ...scenarios('should', LISTS_SHOULD),
];
