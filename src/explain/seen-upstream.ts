/** A charging point as a presystem sees it: each field of its snapshot with the row that made it, and why. */
import { instantAt, type PointView, type StationView, upstreamView } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Json } from '../mapping/index.js';
import { informationFor, type NamedLeaf, type Sight } from '../replay/index.js';
import { type Bay, type Case, sinceText } from './case.js';
import { decidedBy } from './decisive.js';
import { type Fact, faultText, readingText, vehicleText } from './facts.js';
import type { Draft } from './finding.js';
import { inForce } from './limit.js';
import { lastTelling, receiptOf } from './told.js';
import { isOf, linkOf, onlyStation, type Viewer } from './viewers.js';
import { between, kw } from './words.js';

type Presystem = Extract<Viewer, { kind: 'presystem' }>;

/** What is explained of a snapshot, by the end of a path; the others (forecasts, times) follow from these. */
const TOPICS = [
  ['chargingStationStatus', 'decided'],
  ['chargingStationFaultCode', 'fault'],
  ['chargingPointStatus', 'decided'],
  ['chargingPointFaultCode', 'fault'],
  ['presentPowerLimit', 'limit'],
  ['presentPower', 'power'],
  ['electricData.chargingPower', 'power'],
  ['tractionBatteryInfo.stateOfCharge', 'soc'],
  ['vehicleInfo.vehicleId', 'vehicle'],
  ['chargingProcessInfo.processStatus', 'decided'],
  ['chargingProcessInfo.chargingRequestId', 'request'],
] as const;

type Topic = (typeof TOPICS)[number][1];

/** What a presystem may look for in vain, and under which name. */
const SOUGHT: readonly (readonly [Topic, string])[] = [
  ['power', 'presentPower'],
  ['soc', 'stateOfCharge'],
  ['limit', 'presentPowerLimit'],
  ['vehicle', 'vehicleId'],
  ['request', 'chargingRequestId'],
];

export async function seenByPresystem(one: Case, viewer: Presystem, bay: Bay): Promise<Draft[]> {
  const { past, config, recording } = one;
  const { stationId } = bay.station;
  const { pointId } = bay.point;
  const look = onlyStation(past.look, stationId);
  const sight = informationFor(look, config, viewer.upstream, past.at);
  const told = await lastTelling(recording, past, linkOf(viewer), '');
  const views = viewsOf(one, viewer, stationId, pointId);
  const found: Draft[] = [];
  const shown = new Set<Topic>();
  const ofBay = [...sight.leaves].filter(([path]) => isOf(path, { stationId, pointId }));
  for (const topic of TOPICS) {
    const leafOfTopic = ofBay.find(([path]) => path === topic[0] || path.endsWith(`.${topic[0]}`));
    if (!leafOfTopic) continue;
    const [path, leaf] = leafOfTopic;
    shown.add(topic[1]);
    const draft = await fieldDraft(one, bay, { path, leaf, topic, sight, views });
    found.push(told ? { ...draft, told: await receiptOf(recording, told, path, past.at) } : draft);
  }
  for (const [topic, name] of SOUGHT)
    if (!shown.has(topic)) found.push(await missing(one, viewer, bay, topic, name));
  return [...connection(one, viewer, told?.entry), ...found];
}

interface Views {
  readonly station: StationView | undefined;
  readonly point: PointView | undefined;
}

function viewsOf({ past, config }: Case, { id }: Presystem, stationId: string, pointId: string): Views {
  const [{ name }] = config.depots;
  const { value } = upstreamView(onlyStation(past.look, stationId).state, name, id, past.at);
  const station = value.depots[0]?.stations[0];
  return { station, point: station?.points.find((point) => point.pointId === pointId) };
}

interface Field {
  readonly path: string;
  readonly leaf: NamedLeaf;
  readonly topic: (typeof TOPICS)[number];
  readonly sight: Sight;
  readonly views: Views;
}

async function fieldDraft(one: Case, bay: Bay, { path, leaf, topic, sight, views }: Field): Promise<Draft> {
  const { rule, raw, read } = sight.origin(leaf);
  const since = one.past.history.since(`seen ${path}`);
  const place = rule === undefined ? undefined : one.places.get(rule);
  const own = raw !== undefined && read !== undefined ? [{ raw, rule: read }] : [];
  const why =
    topic[1] === 'decided'
      ? decidedBy(place, viewOf(place?.mapping, views), bay, one)
      : await topicFact(one, bay, topic[1]);
  const isReading = topic[1] === 'power' || topic[1] === 'soc';
  const when = isReading ? undefined : sinceText(one, since);
  const head = `${shown(leaf.value)}${when ? `, ${when}` : ''}`;
  const isWhole = isReading || topic[1] === 'limit';
  return {
    field: topic[0].split('.').at(-1) ?? topic[0],
    value: leaf.value,
    sentence: why?.text ? (isWhole ? why.text : `${head}: ${why.text}`) : head,
    ...(since && !isReading
      ? { since: { at: since.at, ...(since.id === undefined ? {} : { id: since.id }) } }
      : {}),
    sources: why && why.sources.length > 0 ? why.sources : own,
    ...(rule === undefined ? {} : { writtenBy: [rule] }),
  };
}

/** The object that a mapping of a snapshot is given. */
function viewOf(mapping: string | undefined, { station, point }: Views): object | undefined {
  switch (mapping?.split('.').at(-1)) {
    case 'station':
      return station;
    case 'point':
      return point;
    case 'process':
      return point?.process;
    case 'vehicle':
      return point?.vehicle;
    default:
      return undefined;
  }
}

async function topicFact(one: Case, bay: Bay, topic: Topic): Promise<Fact | undefined> {
  const { point, process, request, station } = bay;
  switch (topic) {
    case 'fault': {
      const fault = faultText(one, bay);
      if (fault) return fault;
      return station.link.value === 'lost'
        ? { text: `charger ${station.stationId} is not connected`, sources: [station.link] }
        : undefined;
    }
    case 'power':
      return readingText(one, bay, process?.readings.powerW ?? point.readings.powerW, {
        name: 'a power',
        show: kw,
      });
    case 'soc':
      return readingText(one, bay, process?.readings.socPct ?? point.readings.socPct, {
        name: 'a state of charge',
        show: (value) => `${value} %`,
      });
    case 'vehicle':
      return { ...vehicleText(one, bay), text: vehicleText(one, bay).text.replace(/^\S+, /, '') };
    case 'limit': {
      const { sentence, sources = [] } = await inForce(one, bay);
      return { text: sentence, sources };
    }
    case 'request':
      if (!request) return undefined;
      return {
        text: `the process serves request ${request.presystemId}/${request.request.chargingRequestId}`,
        sources: [request.source],
      };
    default:
      return undefined;
  }
}

async function missing(
  one: Case,
  { upstream }: Presystem,
  bay: Bay,
  topic: Topic,
  name: string,
): Promise<Draft> {
  const loss = lossOf(one, upstream.dialect, name);
  if (loss)
    return { field: name, sentence: `not told: VDV 463 ${upstream.dialect} has no field for it (${loss})` };
  const { request, process } = bay;
  if (topic === 'request' && !request)
    return {
      field: name,
      sentence: process
        ? 'not told: no request of any presystem asked for this process'
        : 'not told: nobody charges there',
    };
  const fact = await topicFact(one, bay, topic);
  const why = fact ? fact.text.replace(/^(unknown|not known): /, '') : 'no source has said it';
  return { field: name, sentence: `not told: ${why}`, sources: fact?.sources ?? [] };
}

/** What the tables of a dialect say of a field that it does not have. */
function lossOf({ generation }: Case, dialect: string, name: string): string | undefined {
  for (const { name: mapping, losses } of generation.parts.mappings) {
    if (!mapping.startsWith(`vdv463-${dialect}.`)) continue;
    for (const { target, reason } of losses) if (target.steps.includes(name)) return reason;
  }
  return undefined;
}

/** Whether snapshots go out at all. */
function connection(one: Case, { id, upstream }: Presystem, told: JournalEntry | undefined): Draft[] {
  const { past } = one;
  const late = Math.max(60_000, 3 * upstream.intervalSeconds * 1000);
  const interval = `it is told every ${upstream.intervalSeconds} s at least`;
  if (!told)
    return [
      {
        field: 'connection',
        value: 'none',
        sentence: `${id} was told nothing in the last two days of the journal: it is not connected, so it sees nothing of this`,
      },
    ];
  const at = instantAt(told.at);
  if (silenceMs(past, told) <= late) return [];
  const down = past.started && past.started.at > told.at ? ', since before the bridge was started last' : '';
  return [
    {
      field: 'connection',
      value: 'lost',
      sentence: `nothing was sent to ${id} for ${between(at, past.at)}${down}, though ${interval}: it is not connected, and still sees what it was told then`,
    },
  ];
}

/** How long ago it was told, by the clock that gives ids: intervals are of real time, also where time runs faster. */
function silenceMs({ last, lastAt, at }: Case['past'], { id }: JournalEntry): number {
  const msOf = (each: string) => Number(each.split('-', 1)[0]);
  return msOf(last) - msOf(id) + Math.max(0, Date.parse(at) - lastAt);
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
