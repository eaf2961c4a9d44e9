/**
 * The CSMS of a station behind the bridge changes its password (use case A01): the station comes back with the new one,
 * and where the bridge asks for a password too, its book must know it.
 */
import type { Runtime } from '../../depot/index.js';
import { passwordsIn, setsPassword } from '../hidden.js';
import type { Station } from '../station/index.js';
import type { StationPasswords } from './book.js';
import { hashConfigured } from './forms.js';

const YES = new Set(['Accepted', 'RebootRequired']);
/** Stands for the journal id of a frame that the store lost. */
const UNSTORED = '0-0';

/** Learns what stations take from their CSMS. */
export function learnPasswords(
  runtime: Pick<Runtime, 'now'>,
  stations: Iterable<Station>,
  book: StationPasswords,
): void {
  for (const station of stations) {
    const { id } = station.config;
    if (!book.has(id)) continue;
    station.listen({
      onBooted: () => undefined,
      onConnected: () => undefined,
      onDisconnected: () => undefined,
      onOverheard: (call, answer) => {
        if (call.by !== 'csms' || !setsPassword(call.action, call.payload) || !isTaken(answer)) return;
        const hashes = [...new Set(passwordsIn(call.action, call.payload).flatMap(logins))].map(
          hashConfigured,
        );
        const intent = call.begun?.entry.id ?? UNSTORED;
        void book.learned(id, { intent, at: runtime.now().getTime(), hashes });
      },
    });
  }
}

/** As a station may send it: digits as they are, or in the case in which they are compared. */
function logins(password: string): string[] {
  return [password, ...(/^[\da-f]+$/i.test(password) ? [password.toLowerCase()] : [])];
}

function isTaken(answer: unknown): boolean {
  const { status, setVariableResult } = (answer ?? {}) as Record<string, unknown>;
  if (typeof status === 'string') return YES.has(status);
  if (!Array.isArray(setVariableResult)) return false;
  const results = setVariableResult as ({
    attributeStatus?: unknown;
    variable?: { name?: unknown };
  } | null)[];
  const ours = results.find((each) => /^BasicAuthPassword$/i.test(String(each?.variable?.name)));
  return YES.has(String((ours ?? results[0])?.attributeStatus));
}
