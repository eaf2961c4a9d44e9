import { setTimeout as pause } from 'node:timers/promises';
import type { CsmsSimulator } from './csms-simulator.js';
import { CsmsError } from './errors.js';
import { withOddity } from './oddities.js';
import { readAmount } from './options.js';

/** A command that the operator of the simulated CSMS gives, by its first word. */
interface Command {
  readonly usage: string;
  readonly description: string;
  /** Resolves to what there is to say that no event of the CSMS says. */
  readonly run: (csms: CsmsSimulator, words: readonly string[]) => Promise<unknown>;
}

const need = (word: string | undefined): string => {
  if (word === undefined) throw new CsmsError('usage', 'something is missing');
  return word;
};

/** What can be typed; any other first word is a station, and the rest an action and its payload. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  limit: {
    usage: 'limit STATION POINT 50kW|32A [LEVEL]',
    description: 'SetChargingProfile: a TxProfile if a transaction runs there, else a TxDefaultProfile',
    run: (csms, [identity, point, amount, level = '0']) =>
      csms.order.setLimit(need(identity), {
        ...readAmount(need(amount)),
        pointId: Number(need(point)),
        stackLevel: Number(level),
      }),
  },
  clear: {
    usage: 'clear STATION',
    description: 'ClearChargingProfile: all of them',
    run: (csms, [identity]) => csms.order.clearProfiles(need(identity)),
  },
  start: {
    usage: 'start STATION POINT TOKEN',
    description: 'starts a transaction remotely',
    run: (csms, [identity, point, token]) =>
      csms.order.remoteStart(need(identity), { pointId: Number(need(point)), token: need(token) }),
  },
  stop: {
    usage: 'stop STATION POINT',
    description: 'stops the transaction that runs there',
    run: (csms, [identity, point]) => {
      const { transactions } = csms.station(need(identity));
      const running = transactions.findLast((each) => each.isRunning && each.pointId === Number(point));
      if (!running) throw new CsmsError('usage', `no transaction runs at point ${point} of ${identity}`);
      return csms.order.remoteStop(running.identity, running.id);
    },
  },
  odd: {
    usage: 'odd NAME[=VALUE]',
    description: 'is odd from now on; without a name it is none of it any more',
    run: async (csms, [text]) => {
      const oddities = text === undefined ? {} : withOddity(text, csms.oddities);
      if (!oddities) throw new CsmsError('usage', `${text} is no oddity`);
      csms.oddities = oddities;
      return `odd: ${Object.keys(oddities).join(', ') || 'in nothing'}`;
    },
  },
  cut: {
    usage: 'cut [STATION] [CODE]',
    description: 'ends the connections of one station, or of all; without a code as a broken cable does',
    run: (csms, words) => {
      const code = words.find((word) => /^\d{4}$/.test(word));
      const identity = words.find((word) => word !== code);
      return csms.cut(identity, code === undefined ? undefined : { code: Number(code) });
    },
  },
  down: {
    usage: 'down',
    description: 'closes the port and every connection',
    run: async (csms) => {
      await csms.stop();
      return 'down';
    },
  },
  up: {
    usage: 'up',
    description: 'is there again, on the same port',
    run: async (csms) => `listening: ${await csms.start()}`,
  },
  wait: {
    usage: 'wait SECONDS | wait STATION ACTION',
    description:
      'reads on after this time, or when the station has made the next such call, however long it takes',
    run: (csms, [first, action]) =>
      action === undefined ? wait(need(first)) : nextCall(csms, need(first), action),
  },
};

function wait(text: string): Promise<unknown> {
  const seconds = Number(text);
  if (!(seconds >= 0)) throw new CsmsError('usage', `${text} is no number of seconds`);
  return pause(seconds * 1000);
}

function nextCall(csms: CsmsSimulator, identity: string, action: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (call: { readonly identity: string; readonly action: string }) => {
      if (call.identity !== identity || call.action !== action) return;
      csms.events.off('call', look);
      resolve();
    };
    csms.events.on('call', look);
  });
}

/**
 * Does what a line says: one of the commands, or `STATION ACTION [JSON]` for any call.
 * @returns what there is to say that no event of the CSMS says: what was done, or why it could not be
 */
export async function obey(csms: CsmsSimulator, line: string): Promise<string | undefined> {
  const [first = '', ...words] = line.trim().split(/\s+/);
  if (first === '' || first.startsWith('#')) return undefined;
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  try {
    const said = command ? await command.run(csms, words) : await csms.call(first, ...callOf(line));
    return typeof said === 'string' ? said : undefined;
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof CsmsError && error.kind !== 'usage') return undefined;
    return `not done: ${message}${command ? `; it must be: ${command.usage}` : ''}`;
  }
}

/** @throws CsmsError `usage` */
function callOf(line: string): [action: string, payload: object] {
  const [, action, json = '{}'] = /^\s*\S+\s+(\w+)(?:\s+(.+))?$/.exec(line) ?? [];
  if (action === undefined) {
    throw new CsmsError(
      'usage',
      `it must be STATION ACTION [JSON], or one of ${Object.keys(COMMANDS).join(', ')}`,
    );
  }
  try {
    return [action, JSON.parse(json) as object];
  } catch (error) {
    throw new CsmsError('usage', `${action}: ${(error as Error).message}`);
  }
}
