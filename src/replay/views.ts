/** What presystems and partners see of the state of one side. */
import type { Config, UpstreamConfig } from '../config/index.js';
import { fieldSources } from '../depot/index.js';
import type { DepotState, Instant, IsGuest, Source } from '../domain/index.js';
import type { IdentityRegistry } from '../identity/index.js';
import type { Generation } from '../mapping/index.js';
import { type PartnerFacts, PartnerLens, type Seen } from '../ocpi/index.js';
import { composeInformation, type Information } from '../vdv463/index.js';
import type { Told } from './differences.js';
import { leavesOf, type NamedLeaf } from './leaves.js';

/** What a view is made from. */
export interface Look {
  readonly state: DepotState;
  readonly generation: Generation;
  readonly identity: IdentityRegistry;
}

/** Something a reader is shown, with where its values came from. */
export interface Sight {
  readonly leaves: ReadonlyMap<string, NamedLeaf>;
  /** All of it, if it is told as one text: sights with the same are the same. */
  readonly text?: string;
  /** The origin of a leaf; worked out only where somebody asks. */
  origin(leaf: NamedLeaf): Told;
}

const NOTHING: Sight = { leaves: new Map(), origin: () => ({}) };

/** Times of telling are not compared: when something was told first depends on when it was looked at. */
const UNTOLD = /(^|[.\]])last_updated$/;

/** The snapshot that a presystem would be sent. */
export function informationFor(look: Look, config: Config, upstream: UpstreamConfig, now: Instant): Sight {
  const [{ name: depotName }] = config.depots;
  const { state, generation, identity } = look;
  const made = composeInformation({ state, depotName, generation, identity, now }, upstream);
  return made.ok ? sightOf(made) : failed(made);
}

function sightOf(made: Extract<Information, { ok: true }>): Sight {
  let fields: ReturnType<typeof made.fields> | undefined;
  let leaves: ReadonlyMap<string, NamedLeaf> | undefined;
  return {
    text: made.text,
    get leaves() {
      leaves ??= leavesOf(made.payload);
      return leaves;
    },
    origin: ({ path, value }) => {
      fields ??= made.fields();
      const field = fields.find((each) => each.path === path);
      if (field) return { value, rule: field.rule, raw: field.raw, read: field.read };
      const rule = made.ruleOf(path);
      return rule === undefined ? { value } : { value, rule };
    },
  };
}

function failed({ code, message }: { readonly code: string; readonly message: string }): Sight {
  return { ...NOTHING, leaves: leavesOf({ failure: `${code}: ${message}` }) };
}

/** The eyes of all roaming partners, over one side. */
export class Roamers {
  readonly lenses: readonly PartnerLens[];
  readonly #isGuest: IsGuest;

  constructor(config: Config, identity: IdentityRegistry, facts: readonly PartnerFacts[]) {
    const { ocpi } = config;
    const [depot] = config.depots;
    this.lenses = (ocpi?.partners ?? []).map((partner) => {
      const known = facts.find(({ partnerId }) => partnerId === partner.id);
      const common = { config: partner, depot, identity, ocpp: config.ocpp };
      return new PartnerLens({ ...common, ...(known ? { facts: known } : {}), party: partyOf(ocpi) });
    });
    this.#isGuest = (process) => this.lenses.some((lens) => lens.isGuest(process));
  }

  /** Whether a process is a guest's of any partner. */
  get isGuest(): IsGuest {
    return this.#isGuest;
  }

  /** A granted bay as a partner sees it. */
  evse(lens: PartnerLens, pointId: string, look: Look, now: Instant): Sight {
    const place = lens.placeOf(pointId);
    if (!place) return NOTHING;
    return sightOfObject(lens.evse(look.state, place, this.#isGuest, look.generation, now));
  }

  /** The session of a process as a partner sees it; nothing if it is not one of its guests. */
  session(lens: PartnerLens, processId: string, look: Look, now: Instant): Sight {
    const process = look.state.processes.get(processId);
    const seen = process && lens.session(process, look.generation, now);
    return seen ? sightOfObject(seen) : NOTHING;
  }
}

function partyOf(ocpi: Config['ocpi']) {
  return ocpi?.party ?? { countryCode: '', partyId: '', name: '' };
}

function sightOfObject(seen: Seen<object>): Sight {
  if (!seen.ok) return failed(seen);
  const { value, provenance, alias, view } = seen;
  const sources: Readonly<Record<string, Source>> = view.sources;
  let fields: ReturnType<typeof fieldSources> | undefined;
  return {
    leaves: timeless(leavesOf(value)),
    origin: (leaf) => {
      fields ??= fieldSources(value, provenance, sources, alias);
      const field = fields.find((each) => each.path === leaf.path);
      const rule = provenance.ruleOf(leaf.path);
      const base = { value: leaf.value, ...(rule === undefined ? {} : { rule }) };
      return field ? { ...base, raw: field.raw, read: field.read } : base;
    },
  };
}

/** Without what says when it was told. */
export function timeless(leaves: ReadonlyMap<string, NamedLeaf>): Map<string, NamedLeaf> {
  return new Map([...leaves].filter(([path]) => !UNTOLD.test(path)));
}
