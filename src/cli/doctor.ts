/** `depotbridge doctor`: what is wrong with this installation, and what peers were forgiven. */
import { X509Certificate } from 'node:crypto';
import type { Trouble, Way } from '../admin/index.js';
import type { Config, TlsConfig } from '../config/index.js';
import { loadConfig } from '../config/index.js';
import type { DepotStateJson } from '../domain/index.js';
import { BridgeError, catalogue, type ErrorCode } from '../errors/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Stranger } from '../ocpp/index.js';
import { openStore } from '../store/index.js';
import { needsOf, type TableCounters, Tables } from '../tables/index.js';
import { type BridgeClient, runningBridge } from './bridge-client.js';

export interface DoctorOptions {
  readonly config: string;
  /** Only this station, in more detail. */
  readonly station?: string;
}

type Level = 'ok' | 'warn' | 'fail';

interface Finding {
  readonly level: Level;
  readonly text: string;
}

const MARKS: Record<Level, string> = { ok: '✓', warn: '!', fail: '✗' };
const NODE_NEEDED = [20, 19] as const;
const EXPIRY_WARNING_DAYS = 30;
const REPAIRS_LOOKED_AT = 1000;
const STRANGERS_NAMED = 5;

/** Exit code 1 if anything must be mended before the bridge can do its work. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const config = loadConfig(options.config);
  const findings = [
    node(),
    { level: 'ok' as const, text: `${options.config} is valid` },
    tables(config),
    ...certificates(config),
  ];
  const bridge = await runningBridge(config);
  if (bridge) findings.push(...(await running(bridge, config, options.station)));
  else findings.push({ level: 'warn', text: 'no bridge runs with this configuration' }, await store(config));
  for (const { level, text } of findings) process.stdout.write(`${MARKS[level]} ${text}\n`);
  return findings.some(({ level }) => level === 'fail') ? 1 : 0;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  const text = `Node.js ${process.versions.node}`;
  return enough
    ? { level: 'ok', text }
    : { level: 'fail', text: `${text}: ${NODE_NEEDED.join('.')} or newer is needed` };
}

function tables(config: Config): Finding {
  try {
    return {
      level: 'ok',
      text: `the tables pass, generation ${Tables.load(config.mappings, { needs: needsOf(config) }).current.id.slice(0, 12)}`,
    };
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return { level: 'fail', text: error.explain() };
  }
}

function certificates({ listen }: Config): Finding[] {
  const edges: [string, TlsConfig | undefined][] = [
    ['admin', listen.admin.tls],
    ['ocpp', listen.ocpp.tls],
    ['ocpi', listen.ocpi.tls],
    ['vdv463', listen.vdv463.tls],
  ];
  return edges.flatMap(([name, tls]) => (tls ? [certificate(name, tls)] : []));
}

function certificate(name: string, { cert }: TlsConfig): Finding {
  const { validTo, publicKey } = new X509Certificate(cert);
  const days = Math.floor((Date.parse(validTo) - Date.now()) / 86_400_000);
  const kind = publicKey.asymmetricKeyType ?? 'unknown';
  const text = `listen.${name}.tls: ${kind} certificate, valid for ${days} days`;
  if (days < 0) return { level: 'fail', text: `listen.${name}.tls: the certificate expired on ${validTo}` };
  if (name === 'vdv463' && kind !== 'ec')
    return { level: 'fail', text: `${text}; VDV 463 demands a suite that needs an ECDSA certificate` };
  return { level: days < EXPIRY_WARNING_DAYS ? 'warn' : 'ok', text };
}

async function store(config: Config): Promise<Finding> {
  try {
    const opened = await openStore(config.store, config.durability);
    const answers = await opened.ping();
    await opened.close();
    const text = `the ${config.store.kind} store ${answers ? 'answers' : 'does not answer'}`;
    return { level: answers ? 'ok' : 'fail', text };
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return { level: 'fail', text: error.explain() };
  }
}

async function running(
  bridge: BridgeClient,
  config: Config,
  station: string | undefined,
): Promise<Finding[]> {
  const state = await bridge.call<DepotStateJson>('GET', '/api/v1/state');
  const query = station === undefined ? '' : `?${new URLSearchParams({ station })}`;
  const parked = await bridge.call<unknown[]>('GET', `/api/v1/parked${query}`);
  const shown = config.depots[0].stations.filter(({ id }) => station === undefined || id === station);
  if (shown.length === 0)
    return [{ level: 'fail', text: `${station} is not a station of ${config.depots[0].id}` }];
  const findings: Finding[] = [{ level: 'ok', text: 'the bridge runs' }];
  for (const { id, ocpp } of shown)
    findings.push(...(await stationFindings(bridge, state, id, ocpp.identity)));
  const see = `depotbridge parked${station === undefined ? '' : ` --station ${station}`}`;
  findings.push(
    parked.length === 0
      ? { level: 'ok', text: 'nothing is parked' }
      : { level: 'warn', text: `${parked.length} objects are parked; see ${see}` },
  );
  if (station !== undefined) return findings;
  for (const { presystemId, alarm } of Object.values(state.presystems)) {
    if (alarm) findings.push({ level: 'warn', text: `${presystemId}: ${alarm.value}` });
  }
  return [
    ...findings,
    ...(await feed(bridge, config)),
    ...(await bills(bridge)),
    ...(await strangers(bridge)),
    ...(await forgiven(bridge)),
    ...(await passedOver(bridge)),
  ];
}

interface Feed {
  readonly stations: number;
  readonly connected: number;
  readonly commands: 'none' | 'webhook';
  readonly silentSince?: string;
  readonly gaps: readonly { readonly source: string; readonly from: number; readonly to: number }[];
}

/** A CSMS that hands over frames: whether it still does, and what it left out. */
async function feed(bridge: BridgeClient, { listen }: Config): Promise<Finding[]> {
  if (!listen.feed) return [];
  const told = await bridge.call<Feed>('GET', '/api/v1/feed');
  const { stations, connected, commands, silentSince, gaps } = told;
  const may = commands === 'none' ? '; no webhook: the bridge only observes' : '';
  const missing = gaps.map(({ source, from, to }) => {
    const which = from === to ? `item ${from} is` : `items ${from} to ${to} are`;
    const text = `the feed: ${which} missing${source === '' ? '' : ` (${source})`}`;
    return { level: 'warn' as const, text: text.replaceAll(/\p{Cc}/gu, '?') };
  });
  return [
    silentSince === undefined
      ? { level: 'ok', text: `the feed: ${connected} of ${stations} stations connected${may}` }
      : { level: 'warn', text: `the feed is silent since ${silentSince}${may}` },
    ...missing,
  ];
}

interface HeldCdr {
  readonly partnerId: string;
  readonly sessionId: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** Sessions of guests that ended and that nobody will be billed for. */
async function bills(bridge: BridgeClient): Promise<Finding[]> {
  const held = await bridge.call<HeldCdr[]>('GET', '/api/v1/cdrs/held');
  return held.map(({ partnerId, sessionId, code, reason }) => ({
    level: 'warn' as const,
    text: `${partnerId}: no CDR of session ${sessionId}: ${code}, ${reason}. ${catalogue[code].fix}`,
  }));
}

/** Stations that knock and are not served: often a slip in an identity, of the charger or of the configuration. */
async function strangers(bridge: BridgeClient): Promise<Finding[]> {
  const knocked = await bridge.call<Stranger[]>('GET', '/api/v1/strangers');
  if (knocked.length === 0) return [];
  const names = knocked.slice(0, STRANGERS_NAMED).map(({ identity }) => identity);
  const more = knocked.length > names.length ? `, and ${knocked.length - names.length} more` : '';
  const who =
    knocked.length === 1
      ? 'a station knocked that is not configured'
      : `${knocked.length} stations knocked that are not configured`;
  const text = `${who}: ${names.join(', ')}${more}; see depotbridge station list`;
  return [{ level: 'warn', text: text.replaceAll(/\p{Cc}/gu, '?') }];
}

async function stationFindings(
  bridge: BridgeClient,
  state: DepotStateJson,
  id: string,
  identity: string,
): Promise<Finding[]> {
  const station = state.stations[id];
  const link = station?.link;
  const boot = station?.boot?.value;
  const who = boot
    ? `${boot.vendor} ${boot.model}${boot.firmware ? ` ${boot.firmware}` : ''}`
    : 'not introduced yet';
  const connected = link?.value === 'connected';
  const since = link && link.value !== 'never' ? ` since ${link.at}` : '';
  const findings: Finding[] = [
    {
      level: connected ? 'ok' : 'warn',
      text: `${id} (${identity}, ${who}): ${link?.value ?? 'never'}${since}`,
    },
  ];
  findings.push(...(await repairs(bridge, id, identity)));
  const path = `/api/v1/stations/${encodeURIComponent(id)}`;
  const told = await bridge.call<{ troubles: Trouble[]; troublesSince: string; way?: Way }>('GET', path);
  const { troubles, troublesSince, way } = told;
  return [
    ...findings,
    ...(way ? wayFindings(id, way) : []),
    ...troubles.map((trouble) => ({ level: 'warn' as const, text: troubleText(id, trouble, troublesSince) })),
  ];
}

/** Whether the station and its own CSMS are joined through the bridge. */
function wayFindings(id: string, { csms, since, moved }: Way): Finding[] {
  const joined: Finding =
    since === undefined
      ? { level: 'warn', text: `${id} is relayed to ${csms}: not joined now` }
      : { level: 'ok', text: `${id} is relayed to ${csms} since ${since}` };
  if (!moved) return [joined];
  const place = moved.journalId ? `, journal ${moved.journalId}` : '';
  const text = `${id}: its CSMS told it to connect to ${moved.url} (OCPP_MOVED_AWAY, ${moved.at}${place})`;
  return [joined, { level: 'warn', text: text.replaceAll(/\p{Cc}/gu, '?') }];
}

function troubleText(id: string, { kind, text, count, dropped, last }: Trouble, since: string): string {
  // What is in the state is there, whenever it came.
  const isCounted = !['unmatched', 'limit', 'setting', 'feed'].includes(kind);
  const times = isCounted ? ` (${count} since ${since})` : count === 1 ? '' : ` (${count})`;
  const gone = dropped ? `; ${dropped} older ones are no longer parked` : '';
  const place = last?.journalId ? `, journal ${last.journalId}` : '';
  const example = last ? `; last${last.at ? ` ${last.at}` : ''}: ${last.message}${place}` : '';
  // What a charger says must not move a cursor.
  return `${id}: ${text}${times}${gone}${example}`.replaceAll(/\p{Cc}/gu, '?');
}

/** How often each repair was made among the newest repaired frames of a station, since when, and where the last is. */
async function repairs(bridge: BridgeClient, id: string, identity: string): Promise<Finding[]> {
  const query = `link=${encodeURIComponent(`ocpp:${identity}`)}&action=Repair&reverse=true&count=${REPAIRS_LOOKED_AT}`;
  const entries = await bridge.call<JournalEntry[]>('GET', `/api/v1/journal?${query}`);
  const counts = new Map<string, { count: number; last: string }>();
  for (const { id: last, rules = [] } of entries) {
    for (const rule of rules) {
      const counted = counts.get(rule) ?? { count: 0, last };
      counted.count += 1;
      counts.set(rule, counted);
    }
  }
  const since = new Date(entries.at(-1)?.at ?? 0).toISOString();
  return [...counts]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([rule, { count, last }]) => ({
      level: 'warn' as const,
      text: `${id}: ${rule} repaired ${count} frames since ${since}; last: journal ${last}`,
    }));
}

/** Readings that were not used since the bridge started. */
async function passedOver(bridge: BridgeClient): Promise<Finding[]> {
  const { passedOver: counted } = await bridge.call<Pick<TableCounters, 'passedOver'>>(
    'GET',
    '/api/v1/tables/counters',
  );
  return counted.map(({ vendor, measurand, code, count }) => ({
    level: 'warn' as const,
    text: `${vendor}: ${measurand} was not used ${count === 1 ? 'once' : `${count} times`} (${code})`,
  }));
}

interface Forgiven {
  readonly labels: { readonly protocol: string; readonly code: string };
  readonly value: number;
}

/** What lenient switches and repairs let pass since the bridge started. */
async function forgiven(bridge: BridgeClient): Promise<Finding[]> {
  const counted = await bridge.call<Forgiven[]>('GET', '/api/v1/forgiven');
  return counted.map(({ labels, value }) => ({
    level: 'warn' as const,
    text: `${labels.protocol}: ${labels.code} forgiven ${value} times`,
  }));
}
