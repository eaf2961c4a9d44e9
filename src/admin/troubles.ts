/** What is wrong with one station: how often since the bridge started, and the last example with its journal id. */
import type { Runtime } from '../depot/index.js';
import type { HeldEvent, Instant, JournalId, StationState } from '../domain/index.js';
import { catalogue } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';

/** One kind of trouble with a station. */
export interface Trouble {
  /**
   * `not-translated`: payloads refused or not made whole by tables (parked); `refused-frames`: other frames that were
   * refused; `unmatched`: messages of transactions whose start nobody told, or that are over; `limit`: the limit in force is not what the plan says;
   * `command`: requests that the station refused or did not answer; `setting`: settings that it refused, or that wait for its
   * restart; `feed`: its CSMS hands over nothing any more; `csms`: what the CSMS behind refused, or said
   * wrong.
   */
  readonly kind:
    | 'not-translated'
    | 'refused-frames'
    | 'unmatched'
    | 'limit'
    | 'command'
    | 'setting'
    | 'feed'
    | 'csms';
  readonly text: string;
  readonly count: number;
  /** How many parked objects of this kind had to go. */
  readonly dropped?: number;
  readonly last?: { readonly message: string; readonly at?: Instant; readonly journalId?: JournalId };
}

/** The way of a station to its own CSMS, where the bridge stands between them. */
export interface Way {
  /** The CSMS, without credentials. */
  readonly csms: string;
  /** Since when it is joined with it; absent while it is not. */
  readonly since?: Instant;
  /** The CSMS told it to connect elsewhere. */
  readonly moved?: { readonly at: Instant; readonly url: string; readonly journalId?: JournalId };
  /** Since the bridge started. */
  readonly refused?: {
    readonly count: number;
    readonly last: {
      readonly at: Instant;
      readonly code: string;
      readonly status: number;
      readonly why: string;
    };
  };
}

/** Where troubles are known beside the state. */
export interface TroubleSources {
  readonly parked: () => readonly {
    readonly station?: string;
    readonly code: string;
    readonly mapping: string;
    readonly count: number;
    readonly dropped: number;
    readonly last: { readonly raw: JournalId; readonly message: string };
  }[];
  readonly refusals: (stationId: string) => readonly {
    readonly action: string;
    readonly how: 'refused' | 'unanswered';
    readonly count: number;
    readonly last: { readonly at: Instant; readonly journalId?: JournalId; readonly message: string };
  }[];
  readonly settings: (
    stationId: string,
  ) => { readonly refused: readonly string[]; readonly untilRestart: readonly string[] } | undefined;
  readonly way?: (stationId: string) => Way | undefined;
  /** Limits that a station took and does not apply. */
  readonly limitsNotHeld: (
    stationId: string,
  ) => readonly { readonly message: string; readonly at: Instant; readonly journalId: JournalId }[];
  /** Why nobody knows how a station is whose CSMS hands over frames. */
  readonly feedSilence?: (
    stationId: string,
  ) => { readonly message: string; readonly at: Instant } | undefined;
}

interface Counted {
  count: number;
  last: JournalEntry;
}

export class Troubles {
  readonly #runtime: Runtime;
  readonly #sources: TroubleSources;
  /** Refused frames by link and code: configured stations times codes of the catalogue. */
  readonly #frames = new Map<string, Map<string, Counted>>();
  /** Since when is counted. */
  readonly since: Instant;
  readonly stop: () => void;

  /** Counts from now on, until `stop`. */
  constructor(runtime: Runtime, sources: TroubleSources) {
    this.#runtime = runtime;
    this.#sources = sources;
    this.since = runtime.now().toISOString();
    for (const { ocpp } of runtime.identity.stations.values()) {
      this.#frames.set(`ocpp:${ocpp.identity}`, new Map());
      this.#frames.set(`csms:${ocpp.identity}`, new Map());
    }
    this.stop = runtime.depot.journal.onEntry((entry) => this.#look(entry));
  }

  /** The way of a station to its own CSMS; undefined if the bridge does not stand between them. */
  way(stationId: string): Way | undefined {
    return this.#sources.way?.(stationId);
  }

  /** The troubles of a station, by kind. */
  of(stationId: string): Trouble[] {
    const { identity, depot } = this.#runtime;
    const station = depot.state.stations.get(stationId);
    const { identity: name } = identity.stations.get(stationId)?.ocpp ?? {};
    return [
      ...this.#parked(stationId),
      ...framesOf(this.#frames.get(`ocpp:${name}`)),
      ...framesOf(this.#frames.get(`csms:${name}`)).map(ofCsms),
      ...refusedBy(this.way(stationId)),
      ...(station ? [...unmatched(station), ...limits(station)] : []),
      ...this.#limitsNotHeld(stationId),
      ...this.#commands(stationId),
      ...settings(this.#sources.settings(stationId)),
      ...silence(this.#sources.feedSilence?.(stationId)),
    ];
  }

  /** A listener of the journal: nothing to do for most entries. */
  #look(entry: JournalEntry): void {
    // A payload that does not fit its schema is parked, and counted there.
    if (entry.error === undefined || entry.error === 'OCPP_INVALID_PAYLOAD') return;
    // The answer to a frame that is none has no cause; the frame itself was counted.
    if (entry.direction === 'out' && entry.causes.length === 0) return;
    const byCode = this.#frames.get(entry.link);
    const counted = byCode?.get(entry.error);
    if (counted) Object.assign(counted, { count: counted.count + 1, last: entry });
    else byCode?.set(entry.error, { count: 1, last: entry });
  }

  #parked(stationId: string): Trouble[] {
    return this.#sources.parked().flatMap(({ station, code, mapping, count, dropped, last }) =>
      station === stationId
        ? [
            {
              kind: 'not-translated' as const,
              text: `${mapping}: ${titleOf(code)}`,
              count,
              ...(dropped > 0 ? { dropped } : {}),
              last: { message: `${code} ${last.message}`, journalId: last.raw, at: timeOf(last.raw) },
            },
          ]
        : [],
    );
  }

  #limitsNotHeld(stationId: string): Trouble[] {
    return this.#sources.limitsNotHeld(stationId).map((last) => ({
      kind: 'limit',
      text: titleOf('OCPP_LIMIT_NOT_HELD'),
      count: 1,
      last,
    }));
  }

  #commands(stationId: string): Trouble[] {
    return this.#sources.refusals(stationId).map(({ action, how, count, last }) => ({
      kind: 'command',
      text: how === 'refused' ? `${action} is refused` : `${action} gets no usable answer`,
      count,
      last,
    }));
  }
}

function framesOf(byCode: ReadonlyMap<string, Counted> = new Map()): Trouble[] {
  return [...byCode].map(([code, { count, last }]) => ({
    kind: 'refused-frames',
    text: code === 'OCPP_TIMEOUT' ? 'answers came too late' : titleOf(code),
    count,
    last: {
      message: `${code} ${last.action}`,
      at: new Date(last.at).toISOString(),
      journalId: last.direction === 'out' ? (last.causes[0] ?? last.id) : last.id,
    },
  }));
}

function ofCsms(trouble: Trouble): Trouble {
  return { ...trouble, kind: 'csms', text: `its CSMS: ${trouble.text}` };
}

function refusedBy({ refused }: Pick<Way, 'refused'> = {}): Trouble[] {
  if (!refused) return [];
  const { at, code, status, why } = refused.last;
  return [
    { kind: 'csms', text: titleOf(code), count: refused.count, last: { message: `${status}, ${why}`, at } },
  ];
}

function unmatched({ held = [], transactions }: StationState): Trouble[] {
  const isOver = ({ payload }: HeldEvent) => Object.hasOwn(transactions, payload.transactionId ?? '');
  const unknown = held.filter((event) => !isOver(event));
  const stops = unknown.filter(({ type }) => type === 'TransactionEnded');
  const others = unknown.filter(({ type }) => type !== 'TransactionEnded');
  const kinds = [
    ['ends of transactions whose start nobody told', stops],
    ['messages that wait for the start of their transaction', others],
    [
      'messages of a later time than the end of their transaction: nothing was added to it',
      held.filter(isOver),
    ],
  ] as const;
  return kinds.flatMap(([text, waiting]): Trouble[] => {
    const last = waiting.at(-1);
    if (!last) return [];
    const message = `${last.type} of transaction ${last.payload.transactionId}`;
    return [
      {
        ...{ kind: 'unmatched', text, count: waiting.length },
        last: { message, at: last.payload.receivedAt, journalId: last.raw },
      },
    ];
  });
}

/** A limit that was not taken does not hold, whatever the plan says. */
function limits({ points }: StationState): Trouble[] {
  return Object.values(points).flatMap(({ pointId, limit }): Trouble[] => {
    if (!limit || limit.value.outcome === 'accepted' || limit.value.outcome === 'cleared') return [];
    const { outcome, reason = outcome } = limit.value;
    const last = { message: reason, at: limit.at, journalId: limit.raw };
    return [{ kind: 'limit', text: `${pointId}: the limit of the plan does not hold`, count: 1, last }];
  });
}

function settings(written: ReturnType<TroubleSources['settings']>): Trouble[] {
  const { refused = [], untilRestart = [] } = written ?? {};
  const kinds = [
    ['settings were refused', refused],
    ['settings wait for a restart of the station', untilRestart],
  ] as const;
  return kinds.flatMap(([text, names]) =>
    names.length > 0
      ? [{ kind: 'setting' as const, text: `${text}: ${names.join(', ')}`, count: names.length }]
      : [],
  );
}

function silence(last: { readonly message: string; readonly at: Instant } | undefined): Trouble[] {
  return last ? [{ kind: 'feed', text: titleOf('FEED_SILENT'), count: 1, last }] : [];
}

function titleOf(code: string): string {
  return Object.hasOwn(catalogue, code) ? catalogue[code as keyof typeof catalogue].title : code;
}

/** Journal ids begin with their milliseconds. */
function timeOf(id: JournalId): Instant {
  return new Date(Number(id.split('-')[0])).toISOString();
}
