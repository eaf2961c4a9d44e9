/** A charging point as the bridge itself knows it, and in a word what everybody else sees of it. */
import type { DepotState, Leaf } from '../domain/index.js';
import { limitAt, requestOf } from '../domain/index.js';
import type { Json } from '../mapping/index.js';
import { type Bay, bayIn, type Case, sinceText, timeIn } from './case.js';
import { linkCause } from './causes.js';
import { clockText, faultText, heldText, readingText, sessionText, vehicleText } from './facts.js';
import type { Draft } from './finding.js';
import { inForce } from './limit.js';
import type { Misheard, Watch } from './past.js';
import { leavesSeen, nameOf, type Viewer, valuesOf } from './viewers.js';
import { kw, kwh, span } from './words.js';

/** A message that is further from its receipt than this was written by a clock that is wrong, or waited. */
const ON_TIME_MS = 5 * 60_000;

export async function ownPoint(one: Case, bay: Bay, viewers: readonly Viewer[]): Promise<Draft[]> {
  const { point, process } = bay;
  return [
    link(one, bay),
    status(one, bay),
    ...stationStatus(one, bay),
    fault(one, bay),
    fact('vehicle', vehicleText(one, bay)),
    fact('session', sessionText(one, bay)),
    fact(
      'power',
      readingText(one, bay, process?.readings.powerW ?? point.readings.powerW, { name: 'a power', show: kw }),
    ),
    fact(
      'energy',
      readingText(one, bay, process?.deliveredWh, {
        name: 'an energy',
        show: (wh) => `${kwh(wh)} of this process`,
      }),
    ),
    fact(
      'soc',
      readingText(one, bay, process?.readings.socPct ?? point.readings.socPct, {
        name: 'a state of charge',
        show: (value) => `${value} %`,
      }),
    ),
    await inForce(one, bay),
    ...(await troubles(one, bay)),
    ...viewers.flatMap((viewer) => seenBy(one, bay, viewer)),
  ];
}

function fact(
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

function link(one: Case, { station }: Bay): Draft {
  const { value, at } = station.link;
  if (value === 'connected') {
    const sentence = `charger ${station.stationId} is connected since ${timeIn(one, at)}`;
    return { field: 'link', value, sentence, sources: [station.link] };
  }
  const { text, sources } = linkCause(station, one);
  return { field: 'link', value, sentence: text, sources };
}

function status(one: Case, { station, point }: Bay): Draft {
  const leaf = point.status;
  if (!leaf) {
    const sentence = `unknown: charger ${station.stationId} has said nothing of this bay`;
    return { field: 'status', sentence };
  }
  const since = one.past.history.since('status');
  const when = sinceText(one, since);
  const phase = point.phase?.value ? `, ${point.phase.value}` : '';
  const away = station.link.value === 'connected' ? '' : ', which nobody can know now';
  return {
    field: 'status',
    value: leaf.value,
    sentence: `${leaf.value}${phase}${when ? `, ${when}` : ''}: the charger said so at ${timeIn(one, leaf.at)}${away}`,
    ...(since ? { since: { at: since.at, ...(since.id === undefined ? {} : { id: since.id }) } } : {}),
    sources: [leaf, ...(point.phase?.value ? [point.phase] : [])],
  };
}

function stationStatus(one: Case, { station }: Bay): Draft[] {
  const leaf = station.status;
  if (!leaf || leaf.value === 'Available') return [];
  const sentence = `charger ${station.stationId} said at ${timeIn(one, leaf.at)} that it is ${leaf.value} as a whole`;
  return [{ field: 'station status', value: leaf.value, sentence, sources: [leaf] }];
}

function fault(one: Case, bay: Bay): Draft {
  const found = faultText(one, bay);
  return found ? fact('fault', found) : { field: 'fault', sentence: 'none is reported' };
}

/** What was said and counts for nothing, and clocks that are wrong: what an honest answer must not hide. */
export async function troubles(one: Case, bay: Bay): Promise<Draft[]> {
  const held = heldText(bay);
  const clock = clockText(bay) ?? (await aheadText(one, bay));
  const { stationId } = bay.station;
  const misheard = one.past.misheard.filter((each) => each.stationId === stationId);
  return [
    ...(clock ? [{ field: 'clock', sentence: clock }] : []),
    ...(held ? [fact('waiting', held)] : []),
    ...misheard.map((each) => misheardDraft(one, each)),
    ...(await refusedToken(one, bay)),
  ];
}

/** A frame that the tables could not read is parked; one that was refused counts for nothing. */
export function misheardDraft(one: Case, { entry, code, message, mapping, count }: Misheard): Draft {
  const often = count > 1 ? `${count} times, last at` : 'at';
  const at = timeIn(one, new Date(entry.at).toISOString());
  const what = mapping === undefined ? 'was refused' : `could not be translated by ${mapping} and is parked`;
  return {
    field: mapping === undefined ? 'refused' : 'parked',
    value: code,
    sentence: `${entry.action} ${often} ${at} ${what}, so it counts for nothing: ${message}`,
    sources: [{ raw: entry.id, rule: '' }],
  };
}

/** A clock that is ahead gives the time of receipt; how far it is ahead only the frame tells. */
async function aheadText(one: Case, { station, point }: Bay): Promise<string | undefined> {
  const leaf: Leaf<unknown> | undefined = point.status ?? station.boot;
  const entry = leaf && (await one.complete.entry(leaf.raw));
  const said = entry && /"timestamp"\s*:\s*"([^"]+)"/.exec(entry.raw)?.[1];
  if (!leaf || !said || Number.isNaN(Date.parse(said))) return undefined;
  const aheadMs = Date.parse(said) - Date.parse(leaf.receivedAt);
  if (aheadMs < ON_TIME_MS) return undefined;
  return `the clock of charger ${station.stationId} is ${span(aheadMs)} ahead: its times are not used, those of receipt are`;
}

/** Whether the charger was told that a token is not known. */
async function refusedToken(one: Case, { process }: Bay): Promise<Draft[]> {
  const start = process?.transactionId?.raw;
  if (!process || !start || process.endedAt) return [];
  const answers = await one.recording.effects(start);
  for (const { raw, id, direction } of answers) {
    const status =
      direction === 'out'
        ? /"(?:idTagInfo|idTokenInfo)"\s*:\s*\{[^}]*"status"\s*:\s*"(\w+)"/.exec(raw)?.[1]
        : undefined;
    if (status === undefined || status === 'Accepted') continue;
    const token = process.vehicle?.value.token;
    const sentence = `the charger was told ${status} for token ${token ?? '(none)'}: it is no vehicle's, no partner lets it charge, and ocpp.acceptUnknownTokens is off`;
    return [{ field: 'token', value: status, sentence, sources: [{ raw: id, rule: '' }] }];
  }
  return [];
}

function seenBy(one: Case, { station, point }: Bay, viewer: Viewer): Draft[] {
  const { past, config } = one;
  const place = { stationId: station.stationId, pointId: point.pointId };
  const leaves = leavesSeen(viewer, config, past.look, place, past.at);
  const path = [...leaves.keys()].find((each) => each === 'status' || each.endsWith('.chargingPointStatus'));
  const value = path === undefined ? undefined : leaves.get(path)?.value;
  if (value === undefined) return [];
  const sentence = `${nameOf(viewer)} sees ${String(value)}; --for ${viewer.id} says why`;
  return [{ field: 'seen by', value, sentence }];
}

/** What is followed of a bay: the bridge's own knowledge, and what one viewer sees. */
export function watchPoint(
  one: Pick<Case, 'config'>,
  place: { stationId: string; pointId: string },
  viewer?: Viewer,
): Watch {
  const { pointId } = place;
  return {
    // All that decides a word; readings move all the time, and nobody is told since when they are what they are.
    parts: (state: DepotState) => {
      const bay = bayIn(state, pointId);
      if (!bay) return [state.presystems];
      const { station, point, process } = bay;
      return [
        ...[station.link, station.status, station.faults, state.presystems],
        ...[point.status, point.phase, point.faults, point.vehicle, point.limit, point.defaultLimit],
        ...[process?.processId, process?.transactionId, process?.endedAt, process?.closedAt, process?.phase],
        ...[process?.vehicle, process?.requestKey, process?.stopClass, process?.stopReason, process?.plan],
        (process?.deliveredWh?.value ?? 0) > 0,
      ];
    },
    values(look, now) {
      const values = new Map<string, Json>();
      const bay = bayIn(look.state, pointId);
      if (bay)
        for (const [key, value] of ownValues(bay, look.state, now))
          if (value !== undefined) values.set(key, value);
      if (!viewer) return values;
      for (const [path, value] of valuesOf(leavesSeen(viewer, one.config, look, place, now)))
        values.set(`seen ${path}`, value);
      return values;
    },
  };
}

function ownValues(
  { station, point, process }: Bay,
  state: DepotState,
  now: string,
): [string, Json | undefined][] {
  const request = process && requestOf(state, process);
  return [
    ['link', station.link.value],
    ['stationStatus', station.status?.value],
    ['status', point.status?.value],
    ['phase', point.phase?.value ?? undefined],
    ['process', process?.processId],
    ['request', request?.key],
    ['powerLimitW', limitAt(point, process, now)],
  ];
}
