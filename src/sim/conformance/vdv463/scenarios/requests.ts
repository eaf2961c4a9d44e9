import { ERR } from '../../../bms/index.js';
import { REQUESTS } from '../kit.js';
import { type Scenario, SINCE_1_1, scenarios, WITH_INSTRUCTION, WITHOUT_INSTRUCTION } from '../scenario.js';
import { must } from '../verdicts.js';
import { automatic, confirmed, DEPARTURE, data, manual, refused } from './request-plays.js';

/** A payload is an err. */
function isErr(payload: unknown): Scenario['run'] {
  return async (kit) => {
    const wire = await kit.ready();
    const { envelope } = await wire.ask(REQUESTS, payload);
    must(envelope.type === ERR, 'it was confirmed');
  };
}

const REQUESTS_MUST: readonly Omit<Scenario, 'level'>[] = [
  { id: 'REQUESTS-01', title: 'A list is confirmed', basis: 'rule 9', run: confirmed(() => ({})) },
  {
    id: 'REQUESTS-02',
    title: 'The confirmation of a list is an empty object',
    basis: '§1',
    run: async (kit) => {
      const wire = await kit.ready();
      const { payload } = await kit.list(wire, [kit.order('R1')]);
      must(JSON.stringify(payload) === '{}', `it is ${JSON.stringify(payload)}`);
    },
  },
  {
    id: 'REQUESTS-03',
    title: 'An empty list is confirmed',
    basis: 'rule 25, vector 11',
    dialects: SINCE_1_1,
    run: async (kit) => {
      const wire = await kit.ready();
      await kit.list(wire, []);
    },
  },
  {
    id: 'REQUESTS-04',
    title: 'An empty list changes nothing in 1.0.0',
    basis: 'vector 11',
    dialects: ['1.0.0'],
    run: async (kit) => {
      const wire = await kit.ready();
      const here = { chargingPointId: kit.point() };
      await kit.listShown(wire, [kit.order('R1', here)], (now) => kit.shows(now, 'R1'), 'the request');
      await wire.ask(REQUESTS, { chargingRequestList: [] });
      await wire.information(kit.showsWithinMs, (now) => kit.shows(now, 'R1'), 'the request, still,');
      await kit.clear(wire);
    },
  },
  {
    id: 'REQUESTS-05',
    title: 'A payload without its list deletes nothing',
    basis: 'vector 11',
    run: async (kit) => {
      const wire = await kit.ready();
      const here = { chargingPointId: kit.point() };
      await kit.listShown(wire, [kit.order('R1', here)], (now) => kit.shows(now, 'R1'), 'the request');
      await wire.ask(REQUESTS, {});
      const { information } = await wire.information(kit.showsWithinMs);
      must(kit.shows(information, 'R1'), 'the request is gone');
      await kit.clear(wire);
    },
  },
  {
    id: 'REQUESTS-06',
    title: 'An entry without vehicleId is an err',
    basis: 'rule 28',
    run: refused(() => ({ vehicleId: undefined })),
  },
  {
    id: 'REQUESTS-07',
    title: 'An entry without chargingRequestData is an err',
    basis: 'rule 28',
    run: refused(() => ({ chargingRequestData: undefined })),
  },
  {
    id: 'REQUESTS-08',
    title: 'A state of charge as text is an err',
    basis: 'rule 28',
    run: refused(() => data({ minTargetSoc: '80' })),
  },
  {
    id: 'REQUESTS-09',
    title: 'A state of charge above 100 is an err',
    basis: '§1',
    dialects: SINCE_1_1,
    run: refused(() => data({ maxTargetSoc: 101 })),
  },
  {
    id: 'REQUESTS-10',
    title: 'A schema failure in one entry keeps the whole list from being applied',
    basis: 'rule 28',
    run: async (kit) => {
      const wire = await kit.ready();
      const good = kit.order('R1', { chargingPointId: kit.point() });
      const { envelope } = await wire.ask(REQUESTS, { chargingRequestList: [good, { vehicleId: 'V' }] });
      must(envelope.type === ERR, 'the list was confirmed');
      const { information } = await wire.information(kit.showsWithinMs);
      must(!kit.shows(information, 'R1'), 'the good entry was applied');
    },
  },
  {
    id: 'REQUESTS-11',
    title: 'A request without charging point is confirmed',
    basis: 'rule 31',
    run: confirmed(() => data({ requestedTimeForDeparture: DEPARTURE })),
  },
  {
    id: 'REQUESTS-12',
    title: 'A request with every field of its data is confirmed',
    basis: '§1',
    run: confirmed((kit) => ({
      chargingPointId: kit.point(),
      priority: 2,
      ...data({
        expectedSocAtArrival: 30.5,
        expectedArrivalTimeAtChargingPoint: DEPARTURE,
        requestedTimeForDeparture: DEPARTURE,
      }),
    })),
  },
  {
    id: 'REQUESTS-13',
    title: 'An ad hoc request is confirmed',
    basis: 'rule 30',
    run: confirmed(() => data({ adHocCharging: true })),
  },
  {
    id: 'REQUESTS-14',
    title: 'Automatic preconditioning is confirmed',
    basis: '§1',
    run: confirmed(() => automatic({ ambientTemperature: -5.5, requestedFinishTime: DEPARTURE })),
  },
  {
    id: 'REQUESTS-15',
    title: 'Manual preconditioning is confirmed',
    basis: '§1',
    run: confirmed(() => manual({ hvacAuxiliaryConsumerPower: 20, systemAuxiliaryConsumerPower: 5 })),
  },
  {
    id: 'REQUESTS-16',
    title: 'requestedStartTime of preconditioning is known since 1.1.0',
    basis: '§1',
    dialects: SINCE_1_1,
    run: confirmed(() => automatic({ requestedStartTime: DEPARTURE })),
  },
  {
    id: 'REQUESTS-17',
    title: 'targetSoc of preconditioning is known in 2.0',
    basis: '§1',
    dialects: WITHOUT_INSTRUCTION,
    run: confirmed(() => ({ ...automatic({ targetSoc: 90 }), ...manual({ targetSoc: 90 }) })),
  },
  {
    id: 'REQUESTS-18',
    title: 'chargingInstruction is an err in 2.0: no Terminate may turn into an order',
    basis: 'vector 12',
    dialects: WITHOUT_INSTRUCTION,
    run: refused(() => ({ chargingInstruction: 'Terminate' })),
  },
  {
    id: 'REQUESTS-19',
    title: 'Normal and Changed are confirmed, whatever the CMS knows already',
    basis: 'rule 24',
    dialects: WITH_INSTRUCTION,
    run: async (kit) => {
      const wire = await kit.ready();
      await kit.list(wire, [kit.order('R1', { chargingInstruction: 'Changed' })]);
      await kit.list(wire, [kit.order('R1', { chargingInstruction: 'Normal' })]);
      await kit.clear(wire);
    },
  },
  {
    id: 'REQUESTS-20',
    title: 'A list of 200 requests is confirmed',
    basis: 'rule 36',
    run: async (kit) => {
      const wire = await kit.ready();
      const requests = Array.from({ length: 200 }, (_none, index) => kit.order(`R${index}`));
      await kit.list(wire, requests);
      await kit.clear(wire);
    },
  },
  {
    id: 'REQUESTS-21',
    title: 'A payload without its list is an err',
    basis: 'rule 28, vector 11',
    run: isErr({}),
  },
  {
    id: 'REQUESTS-22',
    title: 'An empty list is an err in 1.0.0',
    basis: 'vector 11',
    dialects: ['1.0.0'],
    run: isErr({ chargingRequestList: [] }),
  },
];

/** ProvideChargingRequests: what the standard says is confirmed and what is not. */
export const requests: readonly Scenario[] = scenarios('must', REQUESTS_MUST);
