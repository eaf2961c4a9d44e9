/** What real CSMSs do otherwise than one would like; all off if left out. They may change while it runs. */
export interface CsmsOddities {
  /** Answers so late, ms: every action, or some of them. */
  readonly answersAfterMs?: number | Readonly<Record<string, number>>;
  /** Holds an answer back until the next call has been answered, for up to 250 ms. */
  readonly answersOutOfOrder?: boolean;
  /** Answers these actions with a CALLERROR of this code. */
  readonly refuses?: Readonly<Record<string, string>>;
  /** Never answers these actions; `*` stands for all. */
  readonly silentOn?: readonly string[];
  /**
   * Counts the calls of both directions together (CitrineOS): a call of the station is refused with RpcFrameworkError while
   * another is open, whoever made it, and its own waits while it answers.
   */
  readonly oneCallBothWays?: boolean;
  /** Refuses timestamps with more than three digits after the point (CitrineOS): FormatViolation. */
  readonly refusesFineTimestamps?: boolean;
  /** Message ids of its calls: UUIDs; 1, 2, 3 … on each connection; or those the station used for its own calls. */
  readonly messageIds?: 'uuid' | 'counter' | 'mirrored';
  /** Calls without waiting for the answer to the call before. */
  readonly pipelined?: boolean;
  /** Writes its JSON over several lines. */
  readonly spaced?: boolean;
  /** A second connection of a station: takes over (if left out), lives beside the first, or is refused with 409. */
  readonly secondConnection?: 'replaces' | 'coexists' | 'refused';
  /** Upgrades: cut at once, never answered, or refused with this HTTP status. Established connections stay. */
  readonly upgrades?: 'cut' | 'unanswered' | number;
  /** Upgrades are answered so late, ms. */
  readonly upgradesAfterMs?: number;
}

/** How the command line takes an oddity. */
interface OddityWords {
  readonly value: string;
  readonly description: string;
  /** @returns undefined for a value that is none */
  readonly read: (value: string, before: CsmsOddities) => CsmsOddities | undefined;
}

const number = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

/** `Action:rest`, or the rest for every action. */
function pairOf(text: string): readonly [action: string | undefined, rest: string] {
  const [action = '', ...rest] = text.split(':');
  return rest.length === 0 ? [undefined, action] : [action, rest.join(':')];
}

const flag = <K extends keyof CsmsOddities>(key: K, description: string): OddityWords => ({
  value: '',
  description,
  read: (value) => (value === '' ? { [key]: true } : undefined),
});

function choice<K extends keyof CsmsOddities>(
  key: K,
  choices: readonly string[],
  description: string,
): OddityWords {
  return {
    value: choices.join('|'),
    description,
    read: (value) => (choices.includes(value) ? { [key]: value } : undefined),
  };
}

function answersAfterMs(value: string, before: CsmsOddities): CsmsOddities | undefined {
  const [action, rest] = pairOf(value);
  const ms = number(rest);
  if (ms === undefined) return undefined;
  if (action === undefined) return { answersAfterMs: ms };
  const others = typeof before.answersAfterMs === 'object' ? before.answersAfterMs : {};
  return { answersAfterMs: { ...others, [action]: ms } };
}

function refuses(value: string, before: CsmsOddities): CsmsOddities | undefined {
  const [action, code] = pairOf(value);
  return action === undefined ? undefined : { refuses: { ...before.refuses, [action]: code } };
}

function upgrades(value: string): CsmsOddities | undefined {
  if (value === 'cut' || value === 'unanswered') return { upgrades: value };
  const status = number(value);
  return status !== undefined && status >= 400 && status <= 599 ? { upgrades: status } : undefined;
}

function upgradesAfterMs(value: string): CsmsOddities | undefined {
  const ms = number(value);
  return ms === undefined ? undefined : { upgradesAfterMs: ms };
}

/** Every oddity by its name, as the command line takes it. */
export const ODDITIES: Readonly<Record<keyof CsmsOddities, OddityWords>> = {
  answersAfterMs: {
    value: '[Action:]ms',
    description: 'answers so late: every action, or this one',
    read: answersAfterMs,
  },
  answersOutOfOrder: flag(
    'answersOutOfOrder',
    'holds an answer back until the next call has been answered, for up to 250 ms',
  ),
  refuses: { value: 'Action:Code', description: 'answers this action with a CALLERROR', read: refuses },
  silentOn: {
    value: 'Action',
    description: 'never answers this action; * stands for all',
    read: (value, { silentOn = [] }) => (value === '' ? undefined : { silentOn: [...silentOn, value] }),
  },
  oneCallBothWays: flag(
    'oneCallBothWays',
    'refuses a call of the station while another is open, whoever made it, as CitrineOS does',
  ),
  refusesFineTimestamps: flag(
    'refusesFineTimestamps',
    'refuses timestamps with more than three digits after the point, as CitrineOS does',
  ),
  messageIds: choice(
    'messageIds',
    ['uuid', 'counter', 'mirrored'],
    'message ids of its calls: UUIDs (default), 1, 2, 3 …, or those that the station used for its own',
  ),
  pipelined: flag('pipelined', 'calls without waiting for the answer to the call before'),
  spaced: flag('spaced', 'writes its JSON over several lines'),
  secondConnection: choice(
    'secondConnection',
    ['replaces', 'coexists', 'refused'],
    'a second connection of a station takes over (default), lives beside the first, or is refused',
  ),
  upgrades: {
    value: 'cut|unanswered|status',
    description: 'new connections are cut, never answered, or refused with this HTTP status',
    read: upgrades,
  },
  upgradesAfterMs: {
    value: 'ms',
    description: 'new connections are answered so late',
    read: upgradesAfterMs,
  },
};

/** Adds what `name` or `name=value` says. @returns undefined if there is no such oddity or value */
export function withOddity(text: string, before: CsmsOddities): CsmsOddities | undefined {
  const [name = '', ...value] = text.split('=');
  if (!Object.hasOwn(ODDITIES, name)) return undefined;
  const more = ODDITIES[name as keyof CsmsOddities].read(value.join('='), before);
  return more && { ...before, ...more };
}
