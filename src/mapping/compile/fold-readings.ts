import type { Json } from '../api.js';
import type { FoldIr } from '../resolve/ir.js';
import type { FoldRole } from '../syntax/ast.js';
import { phasePlaces } from './fold-scratch.js';
import { byMeasurand, type FoldTake, type UnitConverter } from './fold-takes.js';

/** Stands for a word that was not sent: only texts are compared then, which V8 does without a call. */
export const noWord = '\0';

/** The words that say what a sampled value is about, as they were sent. */
export interface ReadingWords {
  readonly measurand: string;
  readonly phase: string;
  readonly unit: string;
  readonly context: string;
  readonly location: string;
  readonly format: string;
}

/** What was sent as a word; anything but text is none that a table could know. */
export function wordOf(sent: Json | undefined): string {
  return typeof sent === 'string'
    ? sent
    : sent === undefined || sent === null
      ? noWord
      : JSON.stringify(sent);
}

/** How one take counts a reading. */
export interface ReadingUse {
  readonly take: FoldTake;
  /** Context and location as one number, the best 0. */
  readonly rank: number;
  /** null = no conversion, undefined = the unit does not fit. */
  readonly convert: UnitConverter | null | undefined;
  readonly unit: string;
}

/** What the table makes of sampled values with certain words: found once, then only recognised. */
export interface Reading extends ReadingWords {
  readonly uses: readonly ReadingUse[];
  readonly place: number;
  readonly contextRank: number;
  readonly contextWord: string;
  /** The value is a signed text, to be kept and never parsed. */
  readonly signedData: boolean;
  /** What the table does not know: a note for each time it comes. */
  readonly unknown:
    | {
        readonly code: 'MAP_UNKNOWN_MEASURAND' | 'MAP_UNKNOWN_CONTEXT';
        readonly word: string;
        readonly measurand: string;
      }
    | undefined;
  /** The reading that came after this one last time: stations send the same list again and again. */
  next: Reading;
}

class KnownReading implements Reading {
  readonly measurand: string;
  readonly phase: string;
  readonly unit: string;
  readonly context: string;
  readonly location: string;
  readonly format: string;
  readonly uses: readonly ReadingUse[];
  readonly place: number;
  readonly contextRank: number;
  readonly contextWord: string;
  readonly signedData: boolean;
  readonly unknown: Reading['unknown'];
  next: Reading = this;

  constructor(
    words: ReadingWords,
    made: Pick<Reading, 'uses' | 'place' | 'contextRank' | 'contextWord' | 'signedData' | 'unknown'>,
  ) {
    this.measurand = words.measurand;
    this.phase = words.phase;
    this.unit = words.unit;
    this.context = words.context;
    this.location = words.location;
    this.format = words.format;
    this.uses = made.uses;
    this.place = made.place;
    this.contextRank = made.contextRank;
    this.contextWord = made.contextWord;
    this.signedData = made.signedData;
    this.unknown = made.unknown;
  }
}

/** Words come from outside: what is remembered of them has an end, per measurand and of measurands. */
const mostRemembered = 64;

/** Finds what a table makes of a reading. */
export class Readings {
  private readonly wanted: ReadonlyMap<Json, readonly FoldTake[]>;
  private readonly ignored: ReadonlySet<Json>;
  private readonly contexts: ReadonlyMap<Json, number>;
  private readonly defaults: {
    readonly measurand: string;
    readonly context: string;
    readonly location: string;
  };
  /** What comes before the first reading. */
  readonly first: Reading;
  private readonly known = new Map<string, Reading[]>();

  constructor({ ast }: FoldIr, takes: readonly FoldTake[]) {
    const fallback = (role: FoldRole): string => ast.absent.get(role)?.value ?? '';
    this.wanted = byMeasurand(takes);
    this.ignored = new Set<Json>(ast.ignore.map((word) => word.value));
    this.contexts = new Map<Json, number>(ast.contexts.map((word, rank) => [word.value, rank]));
    this.defaults = {
      measurand: fallback('measurand'),
      context: fallback('context'),
      location: fallback('location'),
    };
    const none = {
      measurand: noWord,
      phase: noWord,
      unit: noWord,
      context: noWord,
      location: noWord,
      format: noWord,
    };
    this.first = this.make(none);
  }

  find(words: ReadingWords): Reading {
    const list = this.known.get(words.measurand) ?? [];
    for (const reading of list) if (isReading(reading, words)) return reading;
    const made = this.make(words);
    if (list.length >= mostRemembered) return made;
    if (list.length === 0) {
      if (this.known.size >= mostRemembered) return made;
      this.known.set(words.measurand, list);
    }
    list.push(made);
    return made;
  }

  private make(words: ReadingWords): Reading {
    const sent = (word: string, otherwise: string): string => (word === noWord ? otherwise : word);
    const measurand = sent(words.measurand, this.defaults.measurand);
    const contextWord = sent(words.context, this.defaults.context);
    const location = sent(words.location, this.defaults.location);
    const takes = this.wanted.get(measurand);
    const contextRank = this.contexts.get(contextWord);
    const place = words.phase === noWord ? 0 : phasePlaces.get(words.phase);
    const signedData = words.format === 'SignedData';
    let unknown: Reading['unknown'];
    if (signedData) unknown = undefined;
    else if (takes === undefined) {
      if (!this.ignored.has(measurand))
        unknown = { code: 'MAP_UNKNOWN_MEASURAND', word: measurand, measurand };
    } else if (contextRank === undefined)
      unknown = { code: 'MAP_UNKNOWN_CONTEXT', word: contextWord, measurand };
    const rank = contextRank ?? 0;
    const used = signedData || contextRank === undefined || place === undefined ? [] : (takes ?? []);
    const uses = used.flatMap((take): ReadingUse[] => {
      const locationRank = take.locations.get(location);
      if (locationRank === undefined) return [];
      const unit = sent(words.unit, take.defaultUnit);
      const convert = take.converters.get(unit);
      return [
        {
          take,
          rank: locationRank * 64 + rank,
          convert,
          unit,
        },
      ];
    });
    return new KnownReading(words, {
      uses,
      place: place ?? 0,
      contextRank: rank,
      contextWord,
      signedData,
      unknown,
    });
  }
}

/** Whether a reading has these words. */
export function isReading(reading: Reading, words: ReadingWords): boolean {
  return (
    reading.measurand === words.measurand &&
    reading.phase === words.phase &&
    reading.unit === words.unit &&
    reading.context === words.context &&
    reading.location === words.location &&
    reading.format === words.format
  );
}
