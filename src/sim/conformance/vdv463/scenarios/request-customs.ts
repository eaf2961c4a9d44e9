import { CONF, ERR } from '../../../bms/index.js';
import { type Kit, REQUESTS } from '../kit.js';
import { type Scenario, scenarios, WITH_INSTRUCTION } from '../scenario.js';
import { must } from '../verdicts.js';
import type { Wire } from '../wire.js';
import { confirmed, data, refused } from './request-plays.js';

const REQUESTS_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'REQUESTS-30',
    title: 'A field the dialect does not have is an err',
    basis: '§1',
    run: refused(() => ({ lineNumber: '42' })),
  },
  {
    id: 'REQUESTS-31',
    title: 'A time without offset is an err',
    basis: 'vector 20',
    run: refused(() => data({ requestedTimeForDeparture: '2031-01-01T04:30:00' })),
  },
  {
    id: 'REQUESTS-32',
    title: 'A time with a zone name is an err',
    basis: 'vector 20',
    run: refused(() => data({ requestedTimeForDeparture: '2031-01-01T04:30:00+01:00[Europe/Berlin]' })),
  },
  {
    id: 'REQUESTS-33',
    title: 'A time with nanoseconds is confirmed',
    basis: 'vector 20',
    run: confirmed(() => data({ requestedTimeForDeparture: '2031-01-01T04:30:00.123456789Z' })),
  },
  {
    id: 'REQUESTS-34',
    title: 'Priority zero and below is confirmed',
    basis: 'rule 29',
    run: async (kit) => {
      const wire = await kit.ready();
      await kit.list(wire, [kit.order('R1', { priority: 0 }), kit.order('R2', { priority: -1 })]);
      await kit.clear(wire);
    },
  },
  {
    id: 'REQUESTS-35',
    title: 'Plain identifiers are confirmed in 1.0.0, whose schema wants URIs no system uses',
    basis: '§3',
    dialects: ['1.0.0'],
    run: confirmed(() => ({ chargingRequestId: 'plain request 1' })),
  },
  {
    id: 'REQUESTS-36',
    title: 'Terminate for an unknown request is confirmed',
    basis: 'rule 27',
    dialects: WITH_INSTRUCTION,
    run: confirmed(() => ({ chargingRequestId: 'urn:never:seen', chargingInstruction: 'Terminate' })),
  },
  {
    id: 'REQUESTS-37',
    title: 'Terminate twice is confirmed twice',
    basis: 'rule 27, vector 12',
    dialects: WITH_INSTRUCTION,
    run: async (kit) => {
      const wire = await kit.ready();
      await kit.list(wire, [kit.order('R1')]);
      await kit.list(wire, [kit.order('R1', { chargingInstruction: 'Terminate' })]);
      await kit.list(wire, [kit.order('R1', { chargingInstruction: 'Terminate' })]);
    },
  },
  {
    id: 'REQUESTS-38',
    title: 'The same message twice is answered identically',
    basis: 'rule 13, vector 8',
    run: async (kit) => {
      const wire = await kit.ready();
      const raw = wire.write(REQUESTS, { chargingRequestList: [kit.order('R1')] });
      const answers = [await answerTo(kit, wire, raw), await answerTo(kit, wire, raw)];
      must(answers[0] === answers[1], answers.join(' and then '));
    },
  },
  {
    id: 'REQUESTS-39',
    title: 'A message id used again for another list is an err',
    basis: 'rule 13, vector 8',
    run: async (kit) => {
      const wire = await kit.ready();
      const messageId = wire.request(REQUESTS, { chargingRequestList: [kit.order('R1')] });
      await wire.answerTo(messageId);
      const { envelope } = await wire.ask(
        REQUESTS,
        { chargingRequestList: [kit.order('R2')] },
        { messageId },
      );
      must(envelope.type === ERR, 'it was confirmed');
    },
  },
  {
    id: 'REQUESTS-40',
    title: 'An upstream clock two hours wrong is no reason to refuse',
    basis: 'vector 20',
    run: async (kit) => {
      const wire = await kit.ready();
      const timestamp = new Date(Date.now() - 7_200_000).toISOString();
      const { envelope } = await wire.ask(
        REQUESTS,
        { chargingRequestList: [kit.order('R1')] },
        { timestamp },
      );
      must(envelope.type === CONF, 'it was refused');
    },
  },
  {
    id: 'REQUESTS-41',
    title: 'One id twice in a list is answered once',
    basis: 'rule 9',
    run: async (kit) => {
      const wire = await kit.ready();
      await wire.ask(REQUESTS, { chargingRequestList: [kit.order('R1'), kit.order('R1', { priority: 1 })] });
      await kit.clear(wire);
    },
  },
];

async function answerTo(kit: Kit, wire: Wire, raw: string): Promise<string> {
  const [, , , , messageId] = JSON.parse(raw) as string[];
  wire.expectAnswer(messageId ?? '');
  const from = wire.mark;
  wire.send(raw);
  const wanted = ({ envelope }: { envelope: { messageId: string } | undefined }) =>
    envelope?.messageId === messageId;
  return (await wire.next(wanted, kit.answerMs, 'an answer', from)).raw;
}

/** ProvideChargingRequests where the standard is silent. */
export const requestCustoms: readonly Scenario[] = scenarios('should', REQUESTS_SHOULD);
