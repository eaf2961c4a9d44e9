import { ERR } from '../../../bms/index.js';
import { accepted, BOOT, INFORMATION, type Kit, REQUESTS } from '../kit.js';
import { type Scenario, scenarios } from '../scenario.js';
import { must, NotPlayable } from '../verdicts.js';

async function bootIsErr(kit: Kit, payload: unknown): Promise<void> {
  const wire = await kit.open();
  const { envelope } = await wire.ask(BOOT, payload);
  must(envelope.type === ERR, `answered was ${JSON.stringify(envelope.payload)}`);
}

const BOOT_MUST: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'BOOT-01',
    title: 'BootNotification is confirmed Accepted',
    basis: 'rule 6',
    run: async (kit) => {
      await kit.booted();
    },
  },
  {
    id: 'BOOT-02',
    title: 'The confirmation carries the message id of the request',
    basis: 'rule 9',
    run: async (kit) => {
      const wire = await kit.open();
      const messageId = wire.request(BOOT, { presystem: kit.options.kind });
      const { envelope } = await wire.next(() => true, kit.answerMs, 'an answer', 0);
      must(envelope?.messageId === messageId, `the answer carries ${envelope?.messageId}`);
    },
  },
  {
    id: 'BOOT-03',
    title: 'An unknown kind of upstream system is an err',
    basis: 'rule 15',
    run: (kit) => bootIsErr(kit, { presystem: 'FLEET' }),
  },
  {
    id: 'BOOT-04',
    title: 'A BootNotification without its one field is an err',
    basis: 'rule 15',
    run: (kit) => bootIsErr(kit, {}),
  },
  {
    id: 'BOOT-05',
    title: 'Nothing is sent before BootNotification',
    basis: 'rule 6',
    run: async (kit) => {
      const wire = await kit.open();
      const frames = await wire.during(Math.min(1_000, kit.answerMs));
      must(frames.length === 0, `sent was ${frames[0]?.raw}`);
    },
  },
  {
    id: 'BOOT-06',
    title: 'Charging requests before BootNotification are an err with their message id',
    basis: 'rule 6, vector 3',
    run: async (kit) => {
      const wire = await kit.open();
      const { envelope } = await wire.ask(REQUESTS, { chargingRequestList: [kit.order('early')] });
      must(envelope.type === ERR, 'they were confirmed');
    },
  },
  {
    id: 'BOOT-07',
    title: 'A new connection boots anew and is informed anew',
    basis: 'rules 6, 17',
    run: async (kit) => {
      const first = await kit.informed();
      await first.close();
      await kit.informed();
    },
  },
  {
    id: 'BOOT-08',
    title: 'A link lost without a word does not keep the upstream system out',
    basis: 'rules 17, 20',
    run: async (kit) => {
      const first = await kit.informed();
      await first.cut();
      await kit.informed();
    },
  },
];

const BOOT_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'BOOT-20',
    title: 'The confirmation carries action and presystemId of the request',
    basis: 'rule 9',
    run: async (kit) => {
      const wire = await kit.open();
      const { envelope } = await wire.ask(BOOT, { presystem: kit.options.kind });
      must(envelope.action === BOOT, `the action is ${envelope.action}`);
      must(envelope.presystemId === kit.options.presystemId, `the presystemId is ${envelope.presystemId}`);
    },
  },
  {
    id: 'BOOT-21',
    title: 'Charging requests before BootNotification leave the connection usable',
    basis: 'rule 6, vector 3',
    run: async (kit) => {
      const wire = await kit.open();
      await wire.ask(REQUESTS, { chargingRequestList: [kit.order('early')] });
      const { envelope } = await wire.ask(BOOT, { presystem: kit.options.kind });
      must(accepted(envelope), 'BootNotification afterwards was not accepted');
    },
  },
  {
    id: 'BOOT-22',
    title: 'A second BootNotification on a connection is confirmed again',
    basis: 'rule 6',
    run: async (kit) => {
      const wire = await kit.booted();
      const { envelope } = await wire.ask(BOOT, { presystem: kit.options.kind });
      must(accepted(envelope), 'it was not accepted');
    },
  },
  {
    id: 'BOOT-23',
    title: 'A presystemId that is not the user’s is not accepted',
    basis: 'rule 23',
    run: async (kit) => {
      const wire = await kit.open();
      const presystemId = 'somebody-else-of-the-conformance-kit';
      wire.request(BOOT, { presystem: kit.options.kind }, { presystemId });
      await wire.until(() => wire.mark > 0 || !wire.open, kit.answerMs);
      must(!wire.since(0).some(({ envelope }) => envelope && accepted(envelope)), 'it was accepted');
    },
  },
  {
    id: 'BOOT-24',
    title: 'Another presystemId inside a connection is an err',
    basis: 'rule 21',
    run: async (kit) => {
      const wire = await kit.ready();
      const list = { chargingRequestList: [kit.order('R1')] };
      const { envelope } = await wire.ask(REQUESTS, list, { presystemId: 'another' });
      must(envelope.type === ERR, 'it was confirmed');
    },
  },
  {
    id: 'BOOT-25',
    title: 'A second connection of the same upstream system takes over from the first',
    basis: 'rule 20',
    run: async (kit) => {
      const first = await kit.informed();
      await kit.informed();
      must(await first.until(() => !first.open, kit.answerMs), 'the first connection stayed open');
    },
  },
  {
    id: 'BOOT-26',
    title: 'A field BootNotification does not have is an err',
    basis: 'rule 15',
    run: (kit) => bootIsErr(kit, { presystem: kit.options.kind, vendor: 'x' }),
  },
  {
    id: 'BOOT-27',
    title: 'Information follows BootNotification at once, not an interval later',
    basis: 'rule 8',
    run: async (kit) => {
      if (kit.intervalMs <= kit.answerMs) throw new NotPlayable('the interval is too short to tell');
      const wire = await kit.open();
      await wire.ask(BOOT, { presystem: kit.options.kind });
      await wire.information(kit.answerMs, undefined, INFORMATION, 0);
    },
  },
];

/** BootNotification and what may not come before it. */
export const boot: readonly Scenario[] = [
  ...scenarios('must', BOOT_MUST),
  ...scenarios('should', BOOT_SHOULD),
];
