import { type Envelope, ERR, errorText, newMessageId } from '../../../bms/index.js';
import { type Kit, REQUESTS } from '../kit.js';
import { type Scenario, scenarios, WITHOUT_INSTRUCTION } from '../scenario.js';
import { must } from '../verdicts.js';
import type { Wire } from '../wire.js';

/** Sends a text that is no message: an err or the end of the connection must follow, and no harm to the next. */
function notAMessage(text: (wire: Wire, kit: Kit) => string): Scenario['run'] {
  return async (kit) => {
    const wire = await kit.ready();
    const from = wire.mark;
    wire.tolerateStrangeAnswers();
    wire.send(text(wire, kit));
    const isErr = ({ envelope }: { envelope: Envelope | undefined }) => envelope?.type === ERR;
    await wire.until(() => !wire.open || wire.since(from).some(isErr), kit.answerMs);
    must(!wire.open || wire.since(from).some(isErr), 'neither an err nor an end of the connection followed');
    await wire.close();
    await kit.booted();
  };
}

/** A request with something wrong around its payload is an err that echoes its message id. */
function badEnvelope(spelling: Readonly<Record<string, unknown>>): Scenario['run'] {
  return async (kit) => {
    const wire = await kit.ready();
    wire.tolerateStrangeAnswers();
    const list = { chargingRequestList: [kit.order('R1')] };
    const { envelope } = await wire.ask(REQUESTS, list, spelling as Partial<Envelope>);
    must(envelope.type === ERR, 'it was confirmed');
  };
}

function positions(change: (values: unknown[]) => unknown): (wire: Wire, kit: Kit) => string {
  return (wire, kit) => {
    const raw = wire.write(REQUESTS, { chargingRequestList: [kit.order('R1')] });
    return JSON.stringify(change(JSON.parse(raw) as unknown[]));
  };
}

const NAMES = ['type', 'source', 'presystemId', 'timestamp', 'messageId', 'action', 'payload'];

const ERRORS_MUST: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'ERRORS-01',
    title: 'An unknown action is an err that echoes message id and action',
    basis: 'rule 15, vector 9',
    run: async (kit) => {
      const wire = await kit.ready();
      const { envelope } = await wire.ask('Heartbeat', {});
      must(envelope.type === ERR, 'it was confirmed');
      must(envelope.action === 'Heartbeat', `the action came back as ${envelope.action}`);
    },
  },
  {
    id: 'ERRORS-02',
    title: 'After an err the connection is as usable as before',
    basis: 'rule 15',
    run: async (kit) => {
      const wire = await kit.ready();
      await wire.ask('Heartbeat', {});
      await kit.list(wire, [kit.order('R1')]);
      await kit.clear(wire);
    },
  },
  {
    id: 'ERRORS-03',
    title: 'A text that is not JSON is an err or the end of the connection',
    basis: 'rule 15',
    run: notAMessage((wire) => wire.write(REQUESTS, {}).slice(0, -1)),
  },
  {
    id: 'ERRORS-04',
    title: 'A message of six positions is an err or the end of the connection',
    basis: 'rule 15',
    run: notAMessage(positions((values) => values.slice(0, 6))),
  },
  {
    id: 'ERRORS-05',
    title: 'A message of eight positions is an err or the end of the connection',
    basis: 'rule 15',
    run: notAMessage(positions((values) => [...values, 'one more'])),
  },
  {
    id: 'ERRORS-06',
    title: 'A JSON text that is no array is an err or the end of the connection',
    basis: 'rule 15',
    run: notAMessage(() => '"hello"'),
  },
  {
    id: 'ERRORS-07',
    title: 'A payload of null is an err',
    basis: 'rule 15',
    run: async (kit) => {
      const wire = await kit.ready();
      const { envelope } = await wire.ask(REQUESTS, null);
      must(envelope.type === ERR, 'it was confirmed');
    },
  },
  {
    id: 'ERRORS-08',
    title: 'The err of 2.0 says why in errorMessage',
    basis: '§1',
    dialects: WITHOUT_INSTRUCTION,
    run: async (kit) => {
      const wire = await kit.ready();
      const { envelope } = await wire.ask('Heartbeat', {});
      const { errorMessage } = (envelope.payload ?? {}) as { errorMessage?: unknown };
      must(
        typeof errorMessage === 'string' && errorMessage !== '',
        `it is ${JSON.stringify(envelope.payload)}`,
      );
    },
  },
  {
    id: 'ERRORS-09',
    title: 'An err is never answered',
    basis: 'rule 9',
    run: async (kit) => {
      const wire = await kit.ready();
      const messageId = newMessageId();
      wire.send(wire.write(REQUESTS, { errorMessage: 'boom' }, { type: ERR, messageId }));
      const frames = await wire.during(Math.min(500, kit.answerMs));
      must(!frames.some(({ envelope }) => envelope?.messageId === messageId), 'an answer came');
      must(wire.open, 'the connection was closed');
    },
  },
];

const ERRORS_SHOULD: readonly Omit<Scenario, 'level'>[] = [
  {
    id: 'ERRORS-20',
    title: 'An err says in words what is wrong',
    basis: 'rule 15',
    run: async (kit) => {
      const wire = await kit.ready();
      const { envelope } = await wire.ask('Heartbeat', {});
      must(errorText(envelope.payload).length > 4, `it says ${JSON.stringify(envelope.payload)}`);
    },
  },
  {
    id: 'ERRORS-21',
    title: 'A message with named members instead of positions is answered or the connection ends',
    basis: '§3',
    run: async (kit) => {
      const wire = await kit.ready();
      const from = wire.mark;
      wire.tolerateStrangeAnswers();
      wire.send(
        positions((values) => Object.fromEntries(values.map((value, i) => [NAMES[i], value])))(wire, kit),
      );
      const answered = () =>
        wire.since(from).some(({ envelope }) => envelope !== undefined && envelope.type !== 1);
      must(await wire.until(() => answered() || !wire.open, kit.answerMs), 'silence followed');
    },
  },
  {
    id: 'ERRORS-22',
    title: 'A message id that is no UUID is an err',
    basis: '§1',
    run: badEnvelope({ messageId: 'seventeen' }),
  },
  {
    id: 'ERRORS-23',
    title: 'A timestamp without offset is an err',
    basis: '§1',
    run: badEnvelope({ timestamp: '2026-11-21 01:00:00' }),
  },
  {
    id: 'ERRORS-24',
    title: 'A presystemId of null is an err',
    basis: '§3',
    run: badEnvelope({ presystemId: null }),
  },
  {
    id: 'ERRORS-25',
    title: 'A confirmation nobody asked for is ignored',
    basis: 'rule 14',
    run: async (kit) => {
      const wire = await kit.ready();
      wire.send(
        wire.write('BootNotification', { status: 'Accepted' }, { type: 2, messageId: newMessageId() }),
      );
      await kit.list(wire, [kit.order('R1')]);
      await kit.clear(wire);
    },
  },
];

/** What is no message, or a wrong one. */
export const errors: readonly Scenario[] = [
  ...scenarios('must', ERRORS_MUST),
  ...scenarios('should', ERRORS_SHOULD),
];
