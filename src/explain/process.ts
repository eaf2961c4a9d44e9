/** A charging process: where, who, for whom, how it goes or went, and what ended it. */
import type { DepotState, ProcessState } from '../domain/index.js';
import type { Json } from '../mapping/index.js';
import { type Bay, bayIn, type Case, sinceText, timeIn } from './case.js';
import { endCause } from './causes.js';
import { readingText, vehicleText } from './facts.js';
import type { Draft } from './finding.js';
import { limitDrafts } from './limit.js';
import type { Watch } from './past.js';
import { misheardDraft } from './point.js';
import type { Viewer } from './viewers.js';
import { and, kw, kwh } from './words.js';

/** Undefined: no such process is known then. */
export async function processDrafts(
  one: Case,
  processId: string,
  viewers: readonly Viewer[],
): Promise<Draft[] | undefined> {
  const { state } = one.past.look;
  const process = state.processes.get(processId);
  const here = process && bayIn(state, process.pointId);
  if (!process || !here) return undefined;
  const isThere = here.point.processId === processId;
  const request = requestOfProcess(state, process);
  // What the bay knows is of whoever is there now.
  const point = isThere ? here.point : { pointId: process.pointId, faults: {}, readings: {} };
  const bay: Bay = { station: here.station, point, process, request };
  const misheard = one.past.misheard.filter(({ stationId }) => stationId === process.stationId);
  return [
    place(one, process, isThere),
    transaction(one, bay),
    { ...draftOf('vehicle', vehicleText(one, bay)) },
    requestDraft(one, bay),
    ...phase(one, process),
    draftOf(
      'energy',
      readingText(one, bay, process.deliveredWh, {
        name: 'an energy',
        show: (wh) => `${kwh(wh)} of this process`,
      }),
    ),
    draftOf('power', readingText(one, bay, process.readings.powerW, { name: 'a power', show: kw })),
    draftOf(
      'soc',
      readingText(one, bay, process.readings.socPct, {
        name: 'a state of charge',
        show: (value) => `${value} %`,
      }),
    ),
    ...stop(one, process),
    ...(isThere && !process.endedAt ? await limitDrafts(one, bay) : []),
    ...sessions(process, viewers),
    ...misheard.map((each) => misheardDraft(one, each)),
  ];
}

function draftOf(
  field: string,
  { value, text, sources }: { value?: Json; text: string; sources: Draft['sources'] },
): Draft {
  return {
    field,
    ...(value === undefined ? {} : { value }),
    sentence: text,
    ...(sources ? { sources } : {}),
  };
}

function requestOfProcess(state: DepotState, { requestKey }: ProcessState) {
  for (const { requests } of Object.values(state.presystems))
    for (const request of Object.values(requests)) if (request.key === requestKey?.value) return request;
  return undefined;
}

function place(one: Case, process: ProcessState, isThere: boolean): Draft {
  const { pointId, stationId, startedAt, startSource, closedAt, placeGuessed } = process;
  const left = closedAt
    ? `, left at ${timeIn(one, closedAt)}`
    : isThere
      ? ''
      : ', which is at the bay no more';
  const guessed = placeGuessed ? '; nobody said where it is, so the only possible bay was taken' : '';
  const sentence = `at ${pointId} of charger ${stationId}, begun at ${timeIn(one, startedAt)}${left}${guessed}`;
  return { field: 'place', value: pointId, sentence, sources: [startSource] };
}

function transaction(one: Case, bay: Bay): Draft {
  const { process } = bay;
  const ended = endCause(bay, one);
  if (ended) return { field: 'transaction', value: 'ended', sentence: ended.text, sources: ended.sources };
  const leaf = process?.transactionId;
  if (!process || !leaf) return { field: 'transaction', value: 'none', sentence: 'none has begun' };
  const at = timeIn(one, process.transactionStartedAt ?? process.startedAt);
  const away =
    bay.station.link.value === 'connected' ? '' : ', as far as anybody knows: its charger is not connected';
  return {
    field: 'transaction',
    value: 'open',
    sentence: `${leaf.value} is open since ${at}${away}`,
    sources: [leaf],
  };
}

function requestDraft(one: Case, { process, request, point }: Bay): Draft {
  if (request) {
    const id = `${request.presystemId}/${request.request.chargingRequestId}`;
    const sentence = `it serves request ${id}, listed at ${timeIn(one, request.receivedAt)}`;
    return { field: 'request', value: id, sentence, sources: [request.source] };
  }
  if (process?.requestKey) return { field: 'request', sentence: 'its request is on no list any more' };
  const vehicleId = (point.vehicle ?? process?.vehicle)?.value.vehicleId;
  const who = vehicleId ? `vehicle ${vehicleId}` : 'a vehicle that is not known';
  const sentence = `none: no presystem has asked for ${who}, or for bay ${process?.pointId ?? point.pointId}`;
  return { field: 'request', sentence };
}

function phase(one: Case, { phase: leaf }: ProcessState): Draft[] {
  if (!leaf) return [];
  const when = sinceText(one, one.past.history.since('phase'));
  const sentence = `${leaf.value}${when ? `, ${when}` : ''}: the charger said so at ${timeIn(one, leaf.at)}`;
  return [{ field: 'phase', value: leaf.value, sentence, sources: [leaf] }];
}

function stop(one: Case, { stop: leaf }: ProcessState): Draft[] {
  if (!leaf) return [];
  const { outcome, reason } = leaf.value;
  const sentence = `the charger was told to end it, and ${outcome === 'failed' ? 'did not answer' : outcome} at ${timeIn(one, leaf.at)}${reason ? ` (${reason})` : ''}`;
  return [
    { field: 'stop', value: outcome, sentence, sources: [leaf, { raw: leaf.value.intentId, rule: '' }] },
  ];
}

function sessions(process: ProcessState, viewers: readonly Viewer[]): Draft[] {
  const owners = viewers.filter((viewer) => viewer.kind === 'partner' && viewer.lens.isGuest(process));
  if (owners.length === 0) return [];
  const names = and(owners.map(({ id }) => id));
  return [{ field: 'session', value: names, sentence: `it is the session of a guest of ${names}` }];
}

/** What is followed of a process. */
export function watchProcess(processId: string): Watch {
  return {
    parts: ({ processes }) => [processes.get(processId)],
    values({ state }) {
      const process = state.processes.get(processId);
      const values: [string, Json | undefined][] = [
        ['phase', process?.phase?.value],
        ['transaction', process?.transactionId?.value],
        ['endedAt', process?.endedAt],
        ['request', process?.requestKey?.value],
      ];
      return new Map(values.filter((entry): entry is [string, Json] => entry[1] !== undefined));
    },
  };
}
