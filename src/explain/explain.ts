/** Why something is as it is, or was: one sentence per field, with the frames and rules behind it. */
import type { Config } from '../config/index.js';
import type { Instant } from '../domain/index.js';
import { type LoadedGeneration, rulePlaces } from '../mapping/index.js';
import { Identities, type Recording, type When } from '../replay/index.js';
import { bayIn, type Case, configOf } from './case.js';
import { Complete, type Draft, type Finding } from './finding.js';
import { limitDrafts } from './limit.js';
import { type Past, pastAt, type Watch } from './past.js';
import { ownPoint, troubles, watchPoint } from './point.js';
import { processDrafts, watchProcess } from './process.js';
import { requestDrafts, watchRequest } from './request.js';
import { seenByPartner } from './seen-partner.js';
import { seenByPresystem } from './seen-upstream.js';
import { nameOf, type Viewer, viewersOf } from './viewers.js';

/** What is to be explained. */
export type Subject =
  | { readonly kind: 'point' | 'limit' | 'process'; readonly id: string }
  | { readonly kind: 'request'; readonly presystemId: string; readonly id: string };

export interface ExplainOptions {
  readonly recording: Recording;
  readonly config: Config;
  /** The tables in force: the journal is read with them. */
  readonly generation: LoadedGeneration;
  readonly subject: Subject;
  /** Left out: now. */
  readonly at?: When;
  /** A presystem or partner, for a point: what it sees. Left out: what the bridge knows. */
  readonly viewer?: string;
}

export interface Explanation {
  readonly subject: string;
  readonly at: Instant;
  /** `emsp-demo (OCPI 2.2.1)` */
  readonly viewer?: string;
  readonly findings: readonly Finding[];
  /** What to know of the explanation itself: how far it reaches back, by which tables it was read. */
  readonly notes: readonly string[];
}

/** What was asked for is not known; the text says what is. */
export interface Unknown {
  readonly unknown: string;
}

/** @throws BridgeError CLI_TIME */
export async function explain(options: ExplainOptions): Promise<Explanation | Unknown> {
  const { recording, config, generation, subject, at } = options;
  const viewers = viewersOf(config, new Identities(config, recording).present, await recording.partners());
  const viewer = viewers.find(({ id }) => id === options.viewer);
  if (options.viewer !== undefined && !viewer)
    return unknown(
      `${options.viewer} is no presystem and no partner`,
      viewers.map(({ id }) => id),
    );
  const place = placeOf(config, subject);
  if (typeof place === 'string') return { unknown: place };
  const watch = watchOf(config, subject, place, viewer);
  const past = await pastAt({ recording, config, generation, watch, ...(at ? { at } : {}) });
  const places = rulePlaces(generation);
  const complete = new Complete(recording, places);
  const one: Case = { config, recording, past, generation, places, complete };
  const drafts = await draftsOf(one, subject, viewers, viewer);
  if (!drafts) return notKnown(one, subject);
  return {
    subject:
      subject.kind === 'request'
        ? `request ${subject.presystemId}/${subject.id}`
        : `${subject.kind} ${subject.id}`,
    at: past.at,
    ...(viewer ? { viewer: nameOf(viewer) } : {}),
    findings: await Promise.all(drafts.map((draft) => complete.finding(draft))),
    notes: notesOf(past),
  };
}

interface Place {
  readonly stationId: string;
  readonly pointId: string;
}

/** Where it is by the configuration; a text: it is not known at all. */
function placeOf(config: Config, subject: Subject): Place | undefined | string {
  if (subject.kind === 'request') {
    const ids = config.upstreams.map(({ presystemId }) => presystemId);
    return ids.includes(subject.presystemId)
      ? undefined
      : unknown(`${subject.presystemId} is no presystem`, ids).unknown;
  }
  if (subject.kind === 'process') return undefined;
  const found = configOf({ config }, subject.id);
  if (found) return { stationId: found.station.id, pointId: subject.id };
  const ids = config.depots[0].stations.flatMap(({ points }) => points.map(({ id }) => id));
  return unknown(`${subject.id} is no charging point`, ids).unknown;
}

function watchOf(
  config: Config,
  subject: Subject,
  place: Place | undefined,
  viewer: Viewer | undefined,
): Watch {
  if (subject.kind === 'request') return watchRequest(subject.presystemId, subject.id);
  if (subject.kind === 'process' || !place) return watchProcess(subject.id);
  return watchPoint({ config }, place, viewer);
}

async function draftsOf(
  one: Case,
  subject: Subject,
  viewers: readonly Viewer[],
  viewer: Viewer | undefined,
): Promise<Draft[] | undefined> {
  const { state } = one.past.look;
  if (subject.kind === 'request') return requestDrafts(one, subject.presystemId, subject.id, viewers);
  if (subject.kind === 'process') return processDrafts(one, subject.id, viewers);
  const bay = bayIn(state, subject.id);
  if (!bay) return undefined;
  if (subject.kind === 'limit') return limitDrafts(one, bay);
  if (!viewer) return ownPoint(one, bay, viewers);
  const seen =
    viewer.kind === 'presystem'
      ? await seenByPresystem(one, viewer, bay)
      : await seenByPartner(one, viewer, bay);
  return [...seen, ...(await troubles(one, bay))];
}

function notKnown({ past }: Case, subject: Subject): Unknown {
  const { state } = past.look;
  if (subject.kind === 'request') {
    const listed = Object.keys(state.presystems[subject.presystemId]?.requests ?? {});
    return unknown(`${subject.presystemId} has no request ${subject.id} at ${past.at}`, listed);
  }
  if (subject.kind === 'process')
    return unknown(`no process ${subject.id} is known at ${past.at}`, state.processes.keys().slice(-5));
  return unknown(`${subject.id} was not configured at ${past.at}`, []);
}

const SHOWN = 12;

function unknown(what: string, known: readonly string[]): Unknown {
  if (known.length === 0) return { unknown: what };
  const more = known.length > SHOWN ? ` and ${known.length - SHOWN} more` : '';
  return { unknown: `${what}; there are ${known.slice(0, SHOWN).join(', ')}${more}` };
}

function notesOf({ base, since, otherTables, unkeptIdentities }: Past): string[] {
  const begins = base.kind === 'point' ? 'a state that was kept then' : 'the beginning of the journal';
  return [
    `read from ${since} on (${begins})`,
    ...(base.kind === 'expired'
      ? [
          'the beginning of the journal has expired and no state was kept from before: what was told before is not known',
        ]
      : []),
    ...(otherTables > 0
      ? [`${otherTables} frames came while other tables were in force; they were read with those of now`]
      : []),
    ...(unkeptIdentities.length > 0
      ? ['the identities of that day were not kept: those of the configuration were taken']
      : []),
  ];
}
