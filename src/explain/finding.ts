/** What an explanation is made of: one sentence per field, and what stands behind it. */
import { homedir } from 'node:os';
import { isAbsolute, relative } from 'node:path';
import { type Instant, instantAt, type JournalId, type Source } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Json, RulePlace } from '../mapping/index.js';
import type { Recording } from '../replay/index.js';
import type { Receipt } from './told.js';
import { shortened } from './words.js';

/** A raw frame, or a decision of the bridge, behind a value. */
export interface Evidence {
  readonly id: JournalId;
  readonly at?: Instant;
  readonly link?: string;
  readonly action?: string;
  /** A short piece of the raw text. Absent: the entry has expired. */
  readonly excerpt?: string;
}

/** A rule behind a value. */
export interface RuleFact {
  readonly rule: string;
  /** Absent for what code decides. */
  readonly file?: string;
  readonly line?: number;
  readonly text?: string;
  /** The comment of its author. */
  readonly reason?: string;
}

export interface Finding {
  /** As the viewer names it: `status`, `presentPower`. */
  readonly field: string;
  /** Absent: no source has said it, or this viewer is not told. */
  readonly value?: Json;
  /** One plain sentence. */
  readonly sentence: string;
  readonly since?: { readonly at: Instant; readonly id?: JournalId };
  readonly evidence: readonly Evidence[];
  readonly rules: readonly RuleFact[];
  readonly told?: Receipt;
}

/** A finding before its entries and rules are looked up. */
export interface Draft extends Omit<Finding, 'evidence' | 'rules'> {
  /** What it was read from: raw entries, and the rules that read them. */
  readonly sources?: readonly Source[];
  /** Rules that wrote it for the viewer, before those that read it. */
  readonly writtenBy?: readonly string[];
}

const EXCERPT = 120;
/** State that nobody has spoken of. */
const NOBODY = '0-0';
/** Of state that nobody has spoken of, and of entries that no rule has read. */
const NO_RULES: ReadonlySet<string> = new Set(['', 'bridge/initial']);

/** What code decides, in words. */
const DECISIONS: Readonly<Record<string, string>> = {
  'bridge/link':
    'the bridge watches the socket of a station: lost is one that stays away beyond ocpp.linkGraceSeconds',
  'bridge/LimitAnswered': 'how the charger answered the limit that the bridge set for a transaction',
  'bridge/DefaultLimitAnswered': 'how the charger answered the limit for whoever plugs in',
  'bridge/StopAnswered': 'how the charger answered the order to end a transaction',
  'bridge/vehicle-data': 'a DataTransfer that ocpp.vehicleDataTransfer declares',
  'bridge/boot': 'the presystem booted',
  'charging/asap': 'the plan of charging.policy asap: as much as there is, in order of claim',
  'charging/deadline':
    'the plan of charging.policy deadline: the minimum of each by departure, then the maximum',
  'charging/forward': 'charging.policy forward: the bridge sets no limits',
};

export class Complete {
  readonly #recording: Pick<Recording, 'find'>;
  readonly #places: ReadonlyMap<string, RulePlace>;
  readonly #entries = new Map<JournalId, JournalEntry | undefined>();

  constructor(recording: Pick<Recording, 'find'>, places: ReadonlyMap<string, RulePlace>) {
    this.#recording = recording;
    this.#places = places;
  }

  async finding({ sources = [], writtenBy = [], ...draft }: Draft): Promise<Finding> {
    const raws = [...new Set(sources.map(({ raw }) => raw))].filter((raw) => raw !== NOBODY);
    const rules = [...new Set([...writtenBy, ...sources.map(({ rule }) => rule)])];
    const evidence = await Promise.all(raws.map((raw) => this.#evidence(raw, draft.value)));
    return {
      ...draft,
      evidence,
      rules: rules.filter((rule) => !NO_RULES.has(rule)).map((rule) => this.#rule(rule)),
    };
  }

  async entry(id: JournalId): Promise<JournalEntry | undefined> {
    if (!this.#entries.has(id)) this.#entries.set(id, await this.#recording.find(id));
    return this.#entries.get(id);
  }

  async #evidence(id: JournalId, value: Json | undefined): Promise<Evidence> {
    const entry = await this.entry(id);
    if (!entry) return { id };
    return {
      id,
      at: instantAt(entry.at),
      link: entry.link,
      action: entry.action,
      excerpt: excerptOf(entry.raw, value),
    };
  }

  #rule(rule: string): RuleFact {
    const place = this.#places.get(rule);
    if (!place) return { rule, ...(DECISIONS[rule] ? { text: DECISIONS[rule] } : {}) };
    const { file, line, text, reason } = place;
    return { rule, file: shortPath(file), line, text, ...(reason ? { reason } : {}) };
  }
}

/** The piece of a frame that has the value in it, or its payload from the beginning. */
function excerptOf(raw: string, value: Json | undefined): string {
  // Frames are lists whose last element is the payload.
  const payload = raw.startsWith('[') && raw.includes('{') ? raw.slice(raw.indexOf('{'), -1) : raw;
  if (payload.length <= EXCERPT) return shortened(payload, EXCERPT);
  const at = typeof value === 'string' || typeof value === 'number' ? payload.indexOf(`${value}`) : -1;
  if (at < EXCERPT / 2) return shortened(payload, EXCERPT);
  return `…${shortened(payload.slice(at - EXCERPT / 2), EXCERPT)}`;
}

/** From the working directory on, if it is there; without the home directory at least. */
function shortPath(file: string): string {
  if (!isAbsolute(file)) return file;
  const within = relative(process.cwd(), file);
  if (!within.startsWith('..')) return within;
  const home = homedir();
  return file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
