/** A charging request: what was asked, what became of it, and why it waits, was refused or is gone. */
import type { DepotState, Leaf, PresystemState, RequestState } from '../domain/index.js';
import type { Json } from '../mapping/index.js';
import { bayIn, type Case, timeIn } from './case.js';
import type { Draft } from './finding.js';
import type { Watch } from './past.js';
import { powerAt } from './planning.js';
import { misheardDraft } from './point.js';
import { lastTelling, receiptOf } from './told.js';
import { linkOf, type Viewer } from './viewers.js';
import { and, kw } from './words.js';

/** Undefined: nobody has listed such a request, as far as was read. */
export async function requestDrafts(
  one: Case,
  presystemId: string,
  id: string,
  viewers: readonly Viewer[],
): Promise<Draft[] | undefined> {
  const presystem = one.past.look.state.presystems[presystemId];
  const request = presystem && Object.hasOwn(presystem.requests, id) ? presystem.requests[id] : undefined;
  const refused = presystem && Object.hasOwn(presystem.refused, id) ? presystem.refused[id] : undefined;
  const misheard = one.past.misheard.filter((each) => each.presystemId === presystemId);
  const drafts = [
    ...(request ? known(one, request) : []),
    ...(refused ? [refusal(one, refused, request)] : []),
    ...(request || refused ? [] : gone(one, presystem)),
    ...alarm(one, presystem, id),
  ];
  if (drafts.length === 0) return undefined;
  const viewer = viewers.find((each) => each.kind === 'presystem' && each.id === presystemId);
  return [
    ...drafts,
    ...misheard.map((each) => misheardDraft(one, each)),
    ...(viewer ? await told(one, viewer, id) : []),
  ];
}

function known(one: Case, request: RequestState): Draft[] {
  return [status(one, request), asked(one, request), ...plan(one, request), ...rejection(one, request)];
}

function status(one: Case, request: RequestState): Draft {
  const { status: value, source, processId } = request;
  const { state } = one.past.look;
  const process = processId ? state.processes.get(processId) : undefined;
  const where = process ? `process ${process.processId} at ${process.pointId}` : 'a process';
  const texts: Readonly<Record<RequestState['status'], () => string>> = {
    pending: () => (process ? `${where} is for it, whose transaction has not begun` : waits(one, request)),
    running: () => `${where} serves it`,
    stopping: () => {
      const stop = process?.stop;
      const answer = stop
        ? `the charger ${stop.value.outcome} the order at ${timeIn(one, stop.at)}`
        : 'the charger has not answered yet';
      return `${request.presystemId} wants ${where} ended; ${answer}`;
    },
    ended: () =>
      `the transaction of ${where} is over${process?.stopReason ? ` (${process.stopReason.value})` : ''}`,
  };
  const since = one.past.history.since('status');
  return {
    field: 'status',
    value,
    sentence: `${value}: ${texts[value]()}`,
    ...(since ? { since: { at: since.at, ...(since.id === undefined ? {} : { id: since.id }) } } : {}),
    sources: [source, ...(process ? [process.transactionId ?? process.startSource] : [])],
  };
}

/** Why no process serves it. */
function waits({ past }: Case, { request }: RequestState): string {
  const { vehicleId, chargingPointId } = request;
  const { state } = past.look;
  const at = standsAt(state, vehicleId);
  if (at && at !== chargingPointId) {
    const other = bayIn(state, at)?.request;
    const taken = other
      ? `, where request ${other.presystemId}/${other.request.chargingRequestId} is served`
      : '';
    return `it waits: vehicle ${vehicleId} stands at ${at}${taken}`;
  }
  const bay = chargingPointId ? bayIn(state, chargingPointId) : undefined;
  const there =
    bay?.process && !bay.process.closedAt ? (bay.point.vehicle ?? bay.process.vehicle)?.value : undefined;
  if (bay?.process && !bay.process.closedAt && there)
    return `it waits: at ${chargingPointId} stands ${there.vehicleId ?? 'a vehicle that is not known'}, not ${vehicleId}`;
  if (chargingPointId) return `it waits: nobody has plugged in at ${chargingPointId}`;
  return `it waits: no source has said that vehicle ${vehicleId} stands anywhere`;
}

function standsAt(state: DepotState, vehicleId: string): string | undefined {
  for (const { points } of state.stations.values())
    for (const { pointId, vehicle } of Object.values(points))
      if (vehicle?.value.vehicleId === vehicleId) return pointId;
  return undefined;
}

function asked(one: Case, { request, receivedAt, source }: RequestState): Draft {
  const {
    vehicleId,
    chargingPointId,
    minTargetSocPct,
    maxTargetSocPct,
    departureAt,
    priority,
    adHocCharging,
  } = request;
  const wishes = [
    `vehicle ${vehicleId}`,
    ...(chargingPointId ? [`at ${chargingPointId}`] : []),
    `${minTargetSocPct} % to ${maxTargetSocPct} %`,
    ...(departureAt ? [`by ${timeIn(one, departureAt)}`] : []),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(adHocCharging ? ['ad hoc'] : []),
  ];
  const sentence = `${wishes.join(', ')}; listed first at ${timeIn(one, receivedAt)}`;
  return { field: 'asked', value: chargingPointId ?? vehicleId, sentence, sources: [source] };
}

function plan(one: Case, { plan: leaf }: RequestState): Draft[] {
  if (!leaf) return [];
  const { steps, missing, minTarget, departure } = leaf.value;
  if (steps.length === 0) {
    const lacks = missing.length > 0 ? `, for nobody knows ${and(missing)}` : '';
    return [{ field: 'plan', sentence: `the bridge sets no limit for it${lacks}`, sources: [leaf] }];
  }
  const powerW = powerAt(steps, one.past.at) ?? 0;
  const hopes = [
    ...(minTarget ? [`${minTarget.socPct} % at ${timeIn(one, minTarget.at)}`] : []),
    ...(departure ? [`${departure.socPct} % at departure (${timeIn(one, departure.at)})`] : []),
  ];
  const forecast = hopes.length > 0 ? `, forecast ${and(hopes)}` : '';
  const sentence = `${leaf.value.policy} plans ${kw(powerW)} for it now (made at ${timeIn(one, leaf.at)})${forecast}`;
  return [{ field: 'plan', value: powerW, sentence, sources: [leaf] }];
}

function rejection(one: Case, { rejection: leaf }: RequestState): Draft[] {
  if (!leaf) return [];
  const sentence = `it cannot be served: ${leaf.value} (since ${timeIn(one, leaf.at)})`;
  return [{ field: 'rejected', value: leaf.value, sentence, sources: [leaf] }];
}

function refusal(one: Case, leaf: Leaf<string>, held: RequestState | undefined): Draft {
  const stays = held ? '; what was accepted before stays in force' : '';
  const sentence = `its entry in the list of ${timeIn(one, leaf.at)} was refused: ${leaf.value}${stays}`;
  return { field: 'rejected', value: leaf.value, sentence, sources: [leaf] };
}

/** A request that was known, as far as was read, and is on no list any more. */
function gone(one: Case, presystem: PresystemState | undefined): Draft[] {
  const since = one.past.history.since('status');
  if (!since || since.before === undefined) return [];
  const { id, at, before } = since;
  const isList = id !== undefined && id === presystem?.listRaw;
  const why = isList ? 'the newest list leaves it out' : 'a list left it out';
  const sentence = `gone since ${timeIn(one, at)}: ${why}; it was ${String(before)} until then`;
  return [{ field: 'status', value: 'gone', sentence, ...(id ? { sources: [{ raw: id, rule: '' }] } : {}) }];
}

function alarm(one: Case, presystem: PresystemState | undefined, id: string): Draft[] {
  if (!presystem?.alarm || !presystem.omittedIds?.includes(id)) return [];
  const { alarm: leaf } = presystem;
  const sentence = `the list of ${timeIn(one, leaf.at)} leaves it out, and it was kept: ${leaf.value}; an operator must confirm the omission`;
  return [{ field: 'alarm', value: leaf.value, sentence, sources: [leaf] }];
}

/** Whether the presystem was told of it. */
async function told(one: Case, viewer: Viewer, id: string): Promise<Draft[]> {
  const telling = await lastTelling(one.recording, one.past, linkOf(viewer), '');
  if (!telling) {
    const sentence = `${viewer.id} was told nothing in the last two days of the journal: it is not connected`;
    return [{ field: 'told', sentence }];
  }
  const isIn = telling.entry.raw.includes(JSON.stringify(id));
  const receipt = await receiptOf(one.recording, telling, '', one.past.at);
  const outcome = receipt.confirmed
    ? `confirmed at ${timeIn(one, receipt.confirmed.at)}`
    : (receipt.refused ?? 'not confirmed');
  const what = isIn ? 'names it' : 'does not name it';
  const sentence = `the newest snapshot for ${viewer.id}, of ${timeIn(one, receipt.at)}, ${what} (${outcome})`;
  return [{ field: 'told', sentence, told: receipt }];
}

/** What is followed of a request. */
export function watchRequest(presystemId: string, id: string): Watch {
  return {
    parts: ({ presystems }) => [presystems[presystemId]],
    values({ state }) {
      const presystem = state.presystems[presystemId];
      const request = presystem?.requests[id];
      const values: [string, Json | undefined][] = [
        ['status', request?.status],
        ['process', request?.processId],
        ['refused', presystem?.refused[id]?.value],
      ];
      return new Map(values.filter((entry): entry is [string, Json] => entry[1] !== undefined));
    },
  };
}
