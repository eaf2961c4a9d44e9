/**
 * A CSMS may tell a charger to connect elsewhere (2.x SetNetworkProfile, a setting of 1.6 or 2.x that holds a URL): then
 * the bridge stands between them no more. It is passed on like anything else, and said aloud.
 */
import type { Runtime } from '../../depot/index.js';
import { catalogue } from '../../errors/index.js';
import type { OverheardCall, Station } from '../station/index.js';

/** Where a station was told to go. */
export interface Move {
  readonly at: string;
  /** Without credentials. */
  readonly url: string;
  readonly journalId?: string;
}

const YES = new Set(['Accepted', 'RebootRequired']);
const SETTERS = new Set(['ChangeConfiguration', 'SetVariables', 'SetNetworkProfile']);
const URL_IN = /^wss?:\/\/\S+$/i;
const LONGEST_URL = 512;

export class Moves {
  readonly #runtime: Pick<Runtime, 'log' | 'now'>;
  readonly #hostOf: (stationId: string) => string | undefined;
  readonly #known = new Map<string, Move>();

  /** @param hostOf under which host and port a station found the bridge: told that again, it stays */
  constructor(runtime: Pick<Runtime, 'log' | 'now'>, hostOf: (stationId: string) => string | undefined) {
    this.#runtime = runtime;
    this.#hostOf = hostOf;
  }

  /** The last time that a station was told to go elsewhere, and took it. */
  of(stationId: string): Move | undefined {
    return this.#known.get(stationId);
  }

  /** It has been told otherwise since. */
  heard(station: Station, call: OverheardCall, answer: unknown): void {
    if (call.by !== 'csms' || !SETTERS.has(call.action) || !isTaken(answer)) return;
    const { id, ocpp } = station.config;
    const told = urlsIn(call.payload, 0);
    const url = told.find(({ host }) => host !== this.#hostOf(id));
    if (!url) {
      if (told.length > 0) this.#known.delete(id);
      return;
    }
    url.username = '';
    url.password = '';
    const shown = String(url).slice(0, LONGEST_URL);
    const journalId = call.begun?.entry.id;
    const at = this.#runtime.now().toISOString();
    this.#known.set(id, { at, url: shown, ...(journalId === undefined ? {} : { journalId }) });
    const code = 'OCPP_MOVED_AWAY';
    const { log } = this.#runtime;
    log.warn({ code, stationId: id, identity: ocpp.identity, url: shown }, catalogue[code].title);
    void station.csmsFrames.note({
      action: 'MovedAway',
      value: { code, stationId: id, url: shown },
      causes: journalId === undefined ? [] : [journalId],
    });
  }
}

function isTaken(answer: unknown): boolean {
  const { status, setVariableResult } = (answer ?? {}) as Record<string, unknown>;
  if (typeof status === 'string') return YES.has(status);
  return (
    Array.isArray(setVariableResult) &&
    setVariableResult.some((each: { attributeStatus?: unknown } | null) =>
      YES.has(String(each?.attributeStatus)),
    )
  );
}

const DEEPEST = 6;

/** WebSocket URLs that stand as values anywhere in a payload. */
function urlsIn(value: unknown, depth: number): readonly URL[] {
  if (typeof value === 'string') {
    const url = URL_IN.test(value.trim()) ? URL.parse(value.trim()) : null;
    return url ? [url] : [];
  }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return [];
  return Object.values(value).flatMap((each) => urlsIn(each, depth + 1));
}
