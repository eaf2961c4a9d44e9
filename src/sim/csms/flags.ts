import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CsmsError } from './errors.js';
import { type CsmsOddities, ODDITIES, withOddity } from './oddities.js';
import { type BootAnswer, type CsmsOptions, type CsmsProtocol, type Plan, readAmount } from './options.js';

/** A CSMS as the command line describes it; what is left out is as in {@link CsmsOptions}. */
export interface CsmsFlags {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly protocol?: readonly CsmsProtocol[];
  /** YAML: identity: password. */
  readonly identities?: string;
  readonly user?: string;
  readonly password?: string;
  /** PEM files. */
  readonly cert?: string;
  readonly key?: string;
  readonly clientCa?: string;
  readonly deflate?: boolean;
  readonly boot?: NonNullable<BootAnswer['status']>;
  readonly bootIntervalSeconds?: number;
  readonly token?: readonly string[];
  readonly firstTransactionId?: number;
  /** `50kW` or `32A`. */
  readonly plan?: string;
  readonly planStackLevel?: number;
  readonly planAgainSeconds?: number;
  readonly planRaiseBy?: number;
  /** Each `name` or `name=value`. */
  readonly odd?: readonly string[];
}

/** @throws CsmsError `usage`, or what the system says of a file that cannot be read */
export function optionsOf(flags: CsmsFlags): CsmsOptions {
  const { port, host, path, user, password, deflate, firstTransactionId } = flags;
  return given({
    ...{ port, host, path, user, password, deflate, firstTransactionId },
    protocols: flags.protocol,
    stations: flags.identities === undefined ? undefined : readStations(flags.identities),
    tls: tlsOf(flags),
    boot: given({ status: flags.boot, intervalSeconds: flags.bootIntervalSeconds }),
    tokens: flags.token,
    plan: planOf(flags),
    oddities: odditiesOf(flags.odd ?? []),
  });
}

type Undefinable<T> = { [K in keyof T]: T[K] | undefined };

/** Without what is undefined. */
function given<T extends object>(object: Undefinable<T>): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function planOf(flags: CsmsFlags): Plan | undefined {
  const { plan, planStackLevel: stackLevel, planAgainSeconds: againSeconds, planRaiseBy: raiseBy } = flags;
  if (plan === undefined) return undefined;
  return given<Plan>({ ...readAmount(plan), stackLevel, againSeconds, raiseBy } as Undefinable<Plan>);
}

function tlsOf({ cert, key, clientCa }: CsmsFlags): CsmsOptions['tls'] {
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new CsmsError('usage', 'cert and key go together');
  const pem = (file: string) => readFileSync(file, 'utf8');
  return { cert: pem(cert), key: pem(key), ...(clientCa === undefined ? {} : { clientCa: pem(clientCa) }) };
}

function odditiesOf(texts: readonly string[]): CsmsOddities {
  return texts.reduce<CsmsOddities>((before, text) => {
    const more = withOddity(text, before);
    if (more) return more;
    const known = Object.entries(ODDITIES).map(([name, { value }]) => (value ? `${name}=${value}` : name));
    throw new CsmsError('usage', `${text} is no oddity; there are ${known.join(', ')}`);
  }, {});
}

/** A map of identities to passwords; without a password it is the one of all. */
function readStations(file: string): Record<string, string | null> {
  let read: unknown;
  try {
    read = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall) throw error;
    throw new CsmsError('usage', `${file}: ${(error as Error).message}`);
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw new CsmsError('usage', `${file}: it must be a map, identity: password`);
  }
  const stations = Object.entries(read).map(([identity, password]) => {
    if (typeof password === 'object' && password !== null) {
      throw new CsmsError('usage', `${file}: the password of ${identity} must be a text`);
    }
    return [identity, password === null ? null : String(password)] as const;
  });
  return Object.fromEntries(stations);
}
