import { type ErrorShape, errorPayload, pointsOf, REQ } from '../../../bms/index.js';
import { INFORMATION, type Kit, REQUESTS } from '../kit.js';
import { type Scenario, SINCE_1_1, scenarios } from '../scenario.js';
import { must, NotPlayable } from '../verdicts.js';
import type { Frame, Wire } from '../wire.js';

const isInformation = ({ envelope }: Frame) => envelope?.type === REQ && envelope.action === INFORMATION;

/** A booted connection that answers no information, with the first one in hand. */
async function withheld(kit: Kit): Promise<{ wire: Wire; first: Awaited<ReturnType<Wire['information']>> }> {
  const wire = await kit.open();
  wire.confirming = false;
  await wire.ask('BootNotification', { presystem: kit.options.kind });
  const first = await wire.information(kit.showsWithinMs, undefined, 'the first information', 0);
  return { wire, first };
}

/** An err of some shape is a receipt: the information is not sent again. */
function errIsReceipt(payload: unknown): Scenario['run'] {
  return async (kit) => {
    const { wire, first } = await withheld(kit);
    wire.refuse(first, payload);
    wire.confirming = true;
    const frames = await wire.during(kit.wait(kit.timeoutMs * 1.5));
    const again = frames.some(({ envelope }) => envelope?.messageId === first.envelope.messageId);
    must(!again, 'the information was sent again');
    must(wire.open, 'the connection was closed');
  };
}

const shaped = (shape: ErrorShape) => errIsReceipt(errorPayload(shape, 'boom'));

const INFORMATION_MUST: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'INFORMATION-01',
    title: 'The first information comes without being asked for',
    basis: 'rule 8',
    run: async (kit) => {
      await kit.informed();
    },
  },
  {
    id: 'INFORMATION-02',
    title: 'Information comes again within the interval',
    basis: 'rule 36',
    run: async (kit) => {
      const wire = await kit.informed();
      await wire.information(kit.showsWithinMs);
    },
  },
  {
    id: 'INFORMATION-03',
    title: 'Each information is whole: the same charging points every time',
    basis: 'rule 36',
    run: async (kit) => {
      const wire = await kit.booted();
      const ids = async (from?: number) => {
        const { information } = await wire.information(kit.showsWithinMs, undefined, INFORMATION, from);
        return pointsOf(information)
          .map(({ chargingPointId }) => chargingPointId)
          .sort()
          .join();
      };
      const first = await ids(0);
      const second = await ids();
      must(first === second, `first ${first}, then ${second}`);
    },
  },
  {
    id: 'INFORMATION-04',
    title: 'A charging point appears once',
    basis: 'rule 36',
    run: async (kit) => {
      const wire = await kit.booted();
      const { information } = await wire.information(kit.showsWithinMs, undefined, INFORMATION, 0);
      const ids = pointsOf(information).map(({ chargingPointId }) => chargingPointId);
      must(new Set(ids).size === ids.length, `ids: ${ids.join()}`);
    },
  },
  {
    id: 'INFORMATION-05',
    title: 'Each information has its own message id',
    basis: 'rule 9',
    run: async (kit) => {
      const wire = await kit.booted();
      const first = await wire.information(kit.showsWithinMs, undefined, INFORMATION, 0);
      const second = await wire.information(kit.showsWithinMs);
      must(first.envelope.messageId !== second.envelope.messageId, 'both carry the same');
    },
  },
  {
    id: 'INFORMATION-06',
    title: 'While one information is unanswered no other is sent',
    basis: 'rule 10, vector 6',
    run: async (kit) => {
      const { wire, first } = await withheld(kit);
      for (const name of ['R1', 'R2', 'R3']) await kit.list(wire, [kit.order(name)]);
      // Counted, not timed: another one is in order once the first was sent as often as it may be.
      const ids = () =>
        wire
          .since(0)
          .filter(isInformation)
          .map(({ envelope }) => envelope?.messageId);
      const other = () => ids().findIndex((id) => id !== first.envelope.messageId);
      const usedUp = () => ids().length > kit.retries;
      const allMs = kit.timeoutMs * (kit.retries + 1);
      await wire.until(() => other() >= 0 || usedUp(), kit.wait(allMs + kit.answerMs));
      must(other() < 0 || other() > kit.retries, 'another one was sent before the first was given up');
    },
  },
  {
    id: 'INFORMATION-07',
    title: 'Information that is not answered is sent again',
    basis: 'rule 11',
    run: async (kit) => {
      const { wire } = await withheld(kit);
      await wire.next(isInformation, kit.retriesWithinMs, 'the information a second time');
    },
  },
  {
    id: 'INFORMATION-08',
    title: 'An err is receipt enough: no retry',
    basis: 'rule 12, vector 10',
    run: (kit) => shaped(kit.options.dialect === '2.0.0' ? 'errorMessage' : 'message')(kit),
  },
  {
    id: 'INFORMATION-09',
    title: 'A late confirmation, after a retry, does no harm',
    basis: 'rule 14',
    run: async (kit) => {
      const { wire, first } = await withheld(kit);
      await wire.next(isInformation, kit.retriesWithinMs, 'the retry');
      wire.confirm(first);
      wire.confirm(first);
      wire.confirming = true;
      await kit.clear(wire);
      must(wire.open, 'the connection was closed');
    },
  },
  {
    id: 'INFORMATION-10',
    title: 'Requests of both sides may cross: both are answered',
    basis: 'rule 10, vector 5',
    run: async (kit) => {
      const { wire, first } = await withheld(kit);
      const messageId = wire.request(REQUESTS, { chargingRequestList: [kit.order('R1')] });
      // Before the CMS gives its information up: an answer that waits for that is a deadlock with a way out.
      const giveUpMs = kit.timeoutMs * (kit.retries + 1);
      await wire.answerTo(messageId, 0, Math.min(kit.answerMs, giveUpMs * 0.75));
      wire.confirm(first);
      wire.confirming = true;
      await wire.information(kit.showsWithinMs);
    },
  },
];

const INFORMATION_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'INFORMATION-20',
    title: 'A retry has identical bytes',
    basis: 'rule 11, vector 6',
    run: async (kit) => {
      const { wire, first } = await withheld(kit);
      const again = await wire.next(isInformation, kit.retriesWithinMs, 'the retry');
      must(again.raw === first.raw, 'the bytes differ');
    },
  },
  {
    id: 'INFORMATION-21',
    title: 'When all retries are used up one fresh information follows',
    basis: 'rules 11, 18, vector 6',
    run: async (kit) => {
      const { wire, first } = await withheld(kit);
      const allMs = kit.timeoutMs * (kit.retries + 1);
      const fresh = (frame: Frame) =>
        isInformation(frame) && frame.envelope?.messageId !== first.envelope.messageId;
      const found = await wire.next(fresh, kit.wait(allMs + kit.showsWithinMs), 'a fresh information');
      wire.confirming = true;
      must(found.envelope?.timestamp !== first.envelope.timestamp, 'it is as old as the first');
    },
  },
  {
    id: 'INFORMATION-22',
    title: 'A confirmation with a strange message id is no receipt and does no harm',
    basis: 'rule 14, vector 7',
    run: async (kit) => {
      const { wire, first } = await withheld(kit);
      wire.confirm({ envelope: { ...first.envelope, messageId: crypto.randomUUID() } });
      await wire.next(isInformation, kit.retriesWithinMs, 'the retry');
      must(wire.open, 'the connection was closed');
    },
  },
  {
    id: 'INFORMATION-23',
    title: 'An err that is a bare text is a receipt',
    basis: 'rule 12, vector 10',
    run: shaped('string'),
  },
  {
    id: 'INFORMATION-24',
    title: 'An err with `errorCode` and `errorDescription` is a receipt',
    basis: 'rule 12, vector 10',
    run: shaped('errorCode'),
  },
  {
    id: 'INFORMATION-25',
    title: 'An err with `errorMessage` or `message`, whichever is not the dialect’s, is a receipt',
    basis: 'rule 12, vector 10',
    run: (kit) => shaped(kit.options.dialect === '2.0.0' ? 'message' : 'errorMessage')(kit),
  },
  {
    id: 'INFORMATION-26',
    title: 'An err with null is a receipt',
    basis: 'rule 12, vector 10',
    run: errIsReceipt(null),
  },
  {
    id: 'INFORMATION-27',
    title: 'A change shows before the interval is over',
    basis: 'rule 36',
    dialects: SINCE_1_1,
    run: async (kit) => {
      if (kit.intervalMs <= kit.answerMs) throw new NotPlayable('the interval is too short to tell');
      const wire = await kit.ready();
      const from = wire.mark;
      await kit.list(wire, [kit.order('R1', { chargingPointId: kit.point() })]);
      const shown = wire.information(kit.answerMs, (now) => kit.shows(now, 'R1'), 'the new request', from);
      await shown.finally(() => kit.clear(wire));
    },
  },
  {
    id: 'INFORMATION-28',
    title: 'An information the upstream system sends itself is an err',
    basis: 'rule 15',
    run: async (kit) => {
      const wire = await kit.ready();
      const { envelope } = await wire.ask(INFORMATION, { depotInfoList: [] });
      must(envelope.type === 3, 'it was confirmed');
    },
  },
  {
    id: 'INFORMATION-29',
    title: 'Requests sent before the first information was confirmed are answered once',
    basis: 'rules 8, 9, vector 4',
    run: async (kit) => {
      const wire = await kit.open();
      wire.confirming = false;
      await wire.ask('BootNotification', { presystem: kit.options.kind });
      const messageId = wire.request(REQUESTS, { chargingRequestList: [kit.order('R1')] });
      await wire.answerTo(messageId, 0);
    },
  },
];

/** ProvideChargingInformation: when it comes, how often, what counts as its receipt. */
export const information: readonly Scenario[] = [
  ...scenarios('must', INFORMATION_MUST),
  ...scenarios('should', INFORMATION_SHOULD),
];
