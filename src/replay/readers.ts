/** Compares what presystems and partners see: of one side with what they were told, or of two sides with each other. */
import type { Config } from '../config/index.js';
import { instantAt, type JournalId } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { PartnerLens } from '../ocpi/index.js';
import type { Place } from './compare.js';
import type { Differences, Told } from './differences.js';
import { differingLeaves, leavesOf } from './leaves.js';
import type { Side, Step } from './side.js';
import { type Telling, tellingsIn } from './tellings.js';
import { informationFor, type Look, type Roamers, type Sight, timeless } from './views.js';

export interface ReadersCompared {
  /** `vdv463:BMS-1 1.1.0`, `ocpi:emsp-demo 2.2.1` */
  readonly target: string;
  /** Snapshots or objects that were compared, and how many of them differ. */
  readonly compared: number;
  readonly differing: number;
}

export interface ReadersOptions {
  readonly config: Config;
  readonly roamers: Roamers;
  /** One: compared with what was told. Two: compared with each other. */
  readonly sides: readonly Side[];
  readonly found: Differences;
  /** Reads an entry whole, with the origins of its fields. */
  readonly find: (id: JournalId) => Promise<JournalEntry | undefined>;
  /** Whether a station is looked at. */
  readonly wanted: (stationId: string) => boolean;
}

/** A partner is told a state that may be this many steps old: it is looked at once the events of a turn are over. */
const STEPS_BEHIND = 8;

export class Readers {
  readonly #options: ReadersOptions;
  readonly #counts = new Map<string, { compared: number; differing: number }>();
  /** The newest states of the one side, the newest first. */
  readonly #looks: Look[] = [];

  constructor(options: ReadersOptions) {
    this.#options = options;
  }

  get compared(): ReadersCompared[] {
    return [...this.#counts].map(([target, counts]) => ({ target, ...counts }));
  }

  /** An entry is about to be taken: if it told a reader something, that is compared with what the side shows. */
  async told(entry: JournalEntry): Promise<void> {
    const place = { raw: entry.id, at: instantAt(entry.at) };
    for (const telling of tellingsIn(entry)) {
      if (telling.kind === 'information') await this.#information(telling, entry, place);
      else if (this.#options.sides.length === 1) await this.#object(telling, entry, place);
    }
  }

  /** Events were taken: partners may see something else now. */
  changed(step: Step | undefined, place: Place): void {
    const { sides } = this.#options;
    const [left, right] = sides;
    if (!left || !step) return;
    if (!right) {
      const { state, generation, identity } = left;
      this.#looks.unshift({ state, generation, identity });
      this.#looks.length = Math.min(this.#looks.length, STEPS_BEHIND);
    } else this.#partners(left, right, step.stationId, place);
  }

  /** The window is over: what everybody sees at its end. */
  end(place: Place): void {
    const [left, right] = this.#options.sides;
    if (!left || !right) return;
    this.#partners(left, right, undefined, place);
    for (const upstream of this.#options.config.upstreams) {
      const [a, b] = [left, right].map((side) =>
        informationFor(side, this.#options.config, upstream, place.at),
      );
      if (a && b) this.#compare(`vdv463:${upstream.presystemId} ${upstream.dialect}`, '', a, b, place);
    }
  }

  async #information(
    telling: Extract<Telling, { kind: 'information' }>,
    entry: JournalEntry,
    place: Place,
  ): Promise<void> {
    const { config, sides } = this.#options;
    const upstream = config.upstreams.find(({ presystemId }) => presystemId === telling.reader);
    const [left, right] = sides;
    if (!upstream || !left) return;
    const made = informationFor(left, config, upstream, telling.now);
    const target = `vdv463:${upstream.presystemId} ${upstream.dialect}`;
    if (right) this.#compare(target, '', made, informationFor(right, config, upstream, telling.now), place);
    else this.#compare(target, '', await this.#recorded(telling, entry, made), made, place);
  }

  /** Partners' objects over one side: as it is, or as it was a few steps ago. */
  async #object(telling: Extract<Telling, { id: string }>, entry: JournalEntry, place: Place): Promise<void> {
    const { roamers, sides } = this.#options;
    const lens = roamers.lenses.find(({ partnerId }) => partnerId === telling.reader);
    const [side] = sides;
    if (!lens || !side) return;
    const told = recorded(telling, entry);
    const isPart = entry.action.startsWith('PATCH');
    let nearest: Sight | undefined;
    for (const look of [side, ...this.#looks]) {
      const whole = this.#look(lens, telling, look, place);
      const sight = isPart ? partOf(whole, told) : whole;
      nearest ??= sight;
      if (differingLeaves(told.leaves, sight.leaves).next().done) {
        nearest = sight;
        break;
      }
    }
    if (!nearest) return;
    this.#compare(targetOf(lens), telling.id, await this.#recorded(telling, entry, nearest), nearest, place);
  }

  /** What was told, with the origins of its fields if there is anything to say of them. */
  async #recorded(telling: Telling, entry: JournalEntry, shown: Sight): Promise<Sight> {
    const told = recorded(telling, entry);
    if (told.text !== undefined && told.text === shown.text) return told;
    if (entry.fields?.length || differingLeaves(told.leaves, shown.leaves).next().done) return told;
    return recorded(telling, (await this.#options.find(entry.id)) ?? entry);
  }

  #look(lens: PartnerLens, telling: Extract<Telling, { id: string }>, look: Look, { at }: Place): Sight {
    const { roamers } = this.#options;
    if (telling.kind === 'session') return roamers.session(lens, telling.id, look, at);
    const pointId = lens.places.find(({ evseUid }) => evseUid === telling.id)?.pointId ?? '';
    return roamers.evse(lens, pointId, look, at);
  }

  /** `stationId`: only what is there; undefined: everywhere. */
  #partners(left: Side, right: Side, stationId: string | undefined, place: Place): void {
    const { roamers, wanted } = this.#options;
    for (const lens of roamers.lenses) {
      for (const each of lens.places) {
        if ((stationId !== undefined && each.stationId !== stationId) || !wanted(each.stationId)) continue;
        const [a, b] = [left, right].map((side) => roamers.evse(lens, each.pointId, side, place.at));
        if (a && b) this.#compare(targetOf(lens), each.pointId, a, b, place);
        const processes = [left, right].map(
          (side) => side.state.stations.get(each.stationId)?.points[each.pointId]?.processId,
        );
        for (const processId of new Set(processes)) {
          if (processId === undefined) continue;
          const [c, d] = [left, right].map((side) => roamers.session(lens, processId, side, place.at));
          if (c && d && (c.leaves.size > 0 || d.leaves.size > 0))
            this.#compare(targetOf(lens), processId, c, d, place);
        }
      }
    }
  }

  #compare(target: string, subject: string, left: Sight, right: Sight, place: Place): void {
    const counts = this.#counts.get(target) ?? { compared: 0, differing: 0 };
    this.#counts.set(target, counts);
    counts.compared += 1;
    if (left.text !== undefined && left.text === right.text) return;
    let differs = false;
    for (const [path, a, b] of differingLeaves(left.leaves, right.leaves)) {
      if (!this.#isOfWanted(path)) continue;
      differs = true;
      const [told, shown]: Told[] = [a ? left.origin(a) : {}, b ? right.origin(b) : {}];
      const sides = { left: told ?? {}, right: shown ?? {} };
      this.#options.found.add({ target, subject, path, ...sides, ...place });
    }
    if (differs) counts.differing += 1;
  }

  #isOfWanted(path: string): boolean {
    const stationId = /chargingStationInfoList\[([^\]]+)\]/.exec(path)?.[1];
    return stationId === undefined || this.#options.wanted(stationId);
  }
}

function targetOf({ partnerId, version }: PartnerLens): string {
  return `ocpi:${partnerId} ${version}`;
}

function recorded({ kind, value }: Telling, { fields = [] }: JournalEntry): Sight {
  let leaves: ReturnType<typeof leavesOf> | undefined;
  return {
    ...(kind === 'information' ? { text: JSON.stringify(value) } : {}),
    get leaves() {
      leaves ??= kind === 'information' ? leavesOf(value) : timeless(leavesOf(value));
      return leaves;
    },
    origin: (leaf) => {
      const field = fields.find(({ path }) => path === leaf.path);
      return field
        ? { value: leaf.value, rule: field.rule, raw: field.raw, read: field.read }
        : { value: leaf.value };
    },
  };
}

/** Of a whole object only what a part of it tells. */
function partOf({ leaves, origin }: Sight, part: Sight): Sight {
  return { leaves: new Map([...leaves].filter(([path]) => part.leaves.has(path))), origin };
}
