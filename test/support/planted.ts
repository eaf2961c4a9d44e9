/**
 * A journal that is planted entry by entry, as a bridge would have written it, at whatever times: real store, real tables,
 * no sockets. What stations and presystems say is given; what the bridge tells readers is made of the state by then.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { constantsOf, planDepot } from '../../src/charging/index.js';
import { type Config, parseConfig } from '../../src/config/index.js';
import { Archive } from '../../src/depot/index.js';
import { type DepotStateJson, type JournalId, limitInForce } from '../../src/domain/index.js';
import {
  type Explanation,
  explain,
  type Finding,
  type Subject,
  type Unknown,
} from '../../src/explain/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import { type Journal, type JournalDraft, openJournal } from '../../src/journal/index.js';
import type { LoadedGeneration } from '../../src/mapping/index.js';
import type { PartnerFacts } from '../../src/ocpi/index.js';
import {
  pushEntry,
  type Recording,
  type ReplayReport,
  Roamers,
  replayWindow,
  Side,
  storeRecording,
  whenOf,
} from '../../src/replay/index.js';
import type { Store } from '../../src/store/index.js';
import { openLmdbStore } from '../../src/store/lmdb.js';
import { Tables } from '../../src/tables/index.js';
import { composeInformation } from '../../src/vdv463/index.js';

const EXAMPLE = new URL('../../config/depot.example.yaml', import.meta.url);
const DAY = '2026-11-21';

export interface PlantedOptions {
  readonly edit?: (text: string) => string;
  /** Files of tables beside those that ship. */
  readonly tables?: Readonly<Record<string, string>>;
  /** What partners are known to the store as. */
  readonly partners?: readonly PartnerFacts[];
  /** Keep who was who, as a bridge does at its start. */
  readonly keepsIdentity?: boolean;
}

const loaded = new Map<string, LoadedGeneration>();

function tablesOf(mappings: readonly string[]): LoadedGeneration {
  const key = mappings.join('\n');
  const known = loaded.get(key) ?? Tables.load(mappings, { examples: false }).current;
  loaded.set(key, known);
  return known;
}

/** The example depot with an empty journal that begins at 02:00. */
export async function planted(options: PlantedOptions = {}): Promise<Planted> {
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-planted-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tables = join(folder, 'tables');
  if (options.tables) mkdirSync(tables);
  for (const [name, text] of Object.entries(options.tables ?? {})) writeFileSync(join(tables, name), text);
  const own = options.tables ? `mappings: [builtin, ${tables}]` : 'mappings: [builtin]';
  const text = readFileSync(EXAMPLE, 'utf8')
    .replace(/^store:.*$/m, `store: { kind: lmdb, path: ${join(folder, 'data')} }`)
    .replace('mappings: [builtin]', own)
    .replaceAll(/port: 746\d/g, 'port: 1');
  const file = join(folder, 'depot.yaml');
  const edited = options.edit?.(text) ?? text;
  writeFileSync(file, edited);
  const scene = new Planted(file, parseConfig(edited, file), options);
  await scene.open(join(folder, 'data'));
  return scene;
}

export class Planted {
  readonly configFile: string;
  readonly config: Config;
  readonly generation: LoadedGeneration;
  readonly partners: readonly PartnerFacts[];
  readonly identity: IdentityRegistry;
  readonly #keepsIdentity: boolean;
  store!: Store;
  journal!: Journal;
  recording!: Recording;
  side: Side;
  #now = Date.parse(`${DAY}T02:00:00Z`);
  #messages = 0;

  constructor(configFile: string, config: Config, { partners, keepsIdentity = true }: PlantedOptions) {
    this.configFile = configFile;
    this.config = config;
    this.generation = tablesOf(config.mappings);
    this.identity = new IdentityRegistry(config);
    this.side = new Side(config, this.generation, this.identity);
    this.#keepsIdentity = keepsIdentity;
    this.partners = partners ?? [{ partnerId: 'emsp-demo', version: '2.2.1', sessions: [] }];
  }

  async open(path: string): Promise<void> {
    const now = () => this.#now;
    this.store = await openLmdbStore({ path, durability: 'everysec', now });
    onTestFinished(() => this.store.close());
    this.journal = openJournal(this.store, this.depotId, { now });
    this.recording = {
      ...storeRecording(this.store, this.config),
      partners: async () => this.partners,
      now: async () => ({
        ...{
          after: this.journal.newest ?? '0-0',
          at: this.now,
          identity: this.identity.version,
          generation: '',
        },
        state: JSON.parse(JSON.stringify(this.side.state)) as DepotStateJson,
      }),
    };
    await this.start();
  }

  get depotId(): string {
    return this.config.depots[0].id;
  }

  get now(): string {
    return new Date(this.#now).toISOString();
  }

  /** Lets it be this time of the day. */
  at(time: string): this {
    this.#now = Date.parse(`${DAY}T${time.length === 5 ? `${time}:00` : time}Z`);
    return this;
  }

  async start(): Promise<void> {
    const value = { identityVersion: this.identity.version, generation: this.generation.id };
    const id = await this.decided('BridgeStarted', value);
    if (this.#keepsIdentity) await new Archive(this.store, this.depotId).keepIdentity(this.identity, id);
  }

  /** Appends an entry and takes it into the state. */
  async append(
    draft: Omit<JournalDraft, 'depotId' | 'causes'> & { causes?: readonly JournalId[] },
  ): Promise<JournalId> {
    const entry = await this.journal.append({ depotId: this.depotId, causes: [], ...draft });
    const identities = { ofStart: async () => this.identity } as never;
    await pushEntry(entry, [this.side], { recording: this.recording, identities });
    return entry.id;
  }

  /** Something that the bridge decided or found out. */
  decided(
    action: string,
    value: object,
    more: { link?: string; rules?: string[]; causes?: JournalId[] } = {},
  ) {
    const base = { protocol: 'bridge', direction: 'internal', link: 'bridge' } as const;
    return this.append({ ...base, action, raw: JSON.stringify(value), ...more });
  }

  /** Stations connect, and say who they are. */
  async connected(...stationIds: readonly string[]): Promise<void> {
    for (const stationId of stationIds)
      await this.decided('LinkOpened', { stationId }, { link: `ocpp:CP-${stationId}` });
  }

  lost(stationId: string): Promise<JournalId> {
    return this.decided('LinkLost', { stationId }, { link: `ocpp:CP-${stationId}` });
  }

  /** A call of a station and its answer; N1 and N2 speak 1.6, N3 and N4 2.0.1. */
  async call(stationId: string, action: string, payload: object, answer: object = {}): Promise<JournalId> {
    const protocol = /^N[12]/.test(stationId) ? 'ocpp1.6' : 'ocpp2.0.1';
    this.#messages += 1;
    const messageId = `m${this.#messages}`;
    const link = `ocpp:CP-${stationId}`;
    const base = { link, protocol, action, messageId, generation: this.generation.id } as const;
    const raw = JSON.stringify([2, messageId, action, payload]);
    const id = await this.append({ ...base, direction: 'in', raw });
    await this.append({
      ...base,
      direction: 'out',
      raw: JSON.stringify([3, messageId, answer]),
      causes: [id],
    });
    return id;
  }

  /** A 1.6 status of one connector, stamped with the time it is. */
  status(stationId: string, connectorId: number, status: string, more: object = {}): Promise<JournalId> {
    const payload = { connectorId, errorCode: 'NoError', status, timestamp: this.now, ...more };
    return this.call(stationId, 'StatusNotification', payload);
  }

  /** A 1.6 transaction begins; the id that the bridge gave it. */
  async started(stationId: string, idTag: string, answer = 'Accepted'): Promise<number> {
    const payload = { connectorId: 1, idTag, meterStart: 0, timestamp: this.now };
    await this.call(stationId, 'StartTransaction', payload, {
      transactionId: 1,
      idTagInfo: { status: answer },
    });
    const ids = Object.keys(this.side.state.stations.get(stationId)?.transactions ?? {});
    return Number(ids.at(-1));
  }

  metered(
    stationId: string,
    transactionId: number,
    values: Readonly<Record<string, [string, string]>>,
  ): Promise<JournalId> {
    const sampledValue = Object.entries(values).map(([measurand, [value, unit]]) => ({
      measurand,
      value,
      unit,
    }));
    const meterValue = [{ timestamp: this.now, sampledValue }];
    return this.call(stationId, 'MeterValues', { connectorId: 1, transactionId, meterValue });
  }

  /** A presystem boots, once, and sends its whole list. */
  async list(presystemId: string, requests: readonly object[]): Promise<JournalId> {
    const isNew = !this.side.state.presystems[presystemId];
    const kind = this.config.upstreams.find((each) => each.presystemId === presystemId)?.kind ?? 'BMS';
    if (isNew) await this.said(presystemId, 'BootNotification', { presystem: kind });
    return this.said(presystemId, 'ProvideChargingRequests', { chargingRequestList: requests });
  }

  said(presystemId: string, action: string, payload: object): Promise<JournalId> {
    const { kind = 'BMS' } = this.config.upstreams.find((each) => each.presystemId === presystemId) ?? {};
    const raw = JSON.stringify([1, kind, presystemId, this.now, randomUUID(), action, payload]);
    return this.append({ link: `vdv463:${presystemId}`, protocol: 'vdv463', direction: 'in', action, raw });
  }

  /** A presystem is told the depot as it is now. */
  async inform(presystemId: string, isConfirmed = true): Promise<JournalId> {
    const upstream = this.config.upstreams.find((each) => each.presystemId === presystemId);
    if (!upstream) throw new Error(`no presystem ${presystemId}`);
    const [{ name: depotName }] = this.config.depots;
    const { state, generation, identity } = this.side;
    const made = composeInformation({ state, depotName, generation, identity, now: this.now }, upstream);
    if (!made.ok) throw new Error(made.message);
    const action = 'ProvideChargingInformation';
    const base = { link: `vdv463:${presystemId}`, protocol: 'vdv463', action, messageId: 'i' } as const;
    const raw = JSON.stringify([1, 'CMS', presystemId, this.now, 'i', action, made.payload]);
    const fields = made.fields();
    const id = await this.append({ ...base, direction: 'out', raw, fields });
    const answer = JSON.stringify([2, upstream.kind, presystemId, this.now, 'i', action, {}]);
    if (isConfirmed) await this.append({ ...base, direction: 'in', raw: answer, causes: [id] });
    return id;
  }

  /** A partner is told the status of a bay as it is now. */
  async push(partnerId: string, pointId: string, status = 200): Promise<JournalId> {
    const roamers = new Roamers(this.config, this.side.identity, this.partners);
    const lens = roamers.lenses.find((each) => each.partnerId === partnerId);
    const uid = lens?.placeOf(pointId)?.evseUid ?? '';
    if (!lens) throw new Error(`no partner ${partnerId}`);
    const seen = roamers.evse(lens, pointId, this.side, this.now).leaves.get('status')?.value;
    const http = { method: 'PATCH', path: `/locations/DE/DPB/${this.depotId}/${uid}` };
    const base = { link: `ocpi:${partnerId}`, protocol: 'ocpi', action: 'PATCH locations' } as const;
    const raw = JSON.stringify({ status: seen, last_updated: this.now });
    const id = await this.append({ ...base, direction: 'out', raw, http });
    const answer = JSON.stringify({ status_code: status < 300 ? 1000 : 2003, timestamp: this.now });
    await this.append({ ...base, direction: 'in', raw: answer, http: { ...http, status }, causes: [id] });
    return id;
  }

  /** The planner plans, and chargers answer what they are given. */
  async plan(outcome: 'accepted' | 'rejected' = 'accepted', reason?: string): Promise<void> {
    const { state } = this.side;
    const payload = planDepot({ ...constantsOf({ config: this.config }), state, now: this.now });
    const rules = [`charging/${this.config.depots[0].charging.policy}`];
    const made = await this.decided('PlanMade', payload, { rules });
    for (const { processId, plan } of payload.processes) {
      const process = state.processes.get(processId);
      if (!process?.transactionId || plan.steps.length === 0) continue;
      const { pointId, stationId } = process;
      const details = { pointId, processId, steps: plan.steps };
      const intentId = await this.decided('Intent SetLimit', details, { causes: [made] });
      const answered = {
        ...details,
        intentId,
        outcome,
        ...(reason ? { reason } : {}),
        at: this.now,
        receivedAt: this.now,
      };
      await this.decided('LimitAnswered', { stationId, payload: answered }, { causes: [intentId] });
    }
  }

  /** The power that a limit allows at a point now. */
  limitW(stationId: string, pointId: string): number | undefined {
    const point = this.side.state.stations.get(stationId)?.points[pointId];
    const process = this.side.state.processes.get(point?.processId ?? '');
    return point && limitInForce(point, process)?.value.steps[0]?.powerW;
  }

  async ask(subject: Subject, time: string, viewer?: string): Promise<Explanation | Unknown> {
    const { recording, config, generation } = this;
    const at = whenOf(`${DAY}T${time}Z`, this.now);
    return explain({ recording, config, generation, subject, at, ...(viewer ? { viewer } : {}) });
  }

  /** The findings of an explanation, by field; fails if there is none. */
  async why(subject: Subject, time: string, viewer?: string): Promise<Map<string, Finding>> {
    const found = await this.ask(subject, time.length === 5 ? `${time}:00` : time, viewer);
    if ('unknown' in found) throw new Error(found.unknown);
    return new Map(found.findings.map((finding) => [finding.field, finding]));
  }

  replay(other?: LoadedGeneration, more: { station?: string } = {}): Promise<ReplayReport> {
    const { recording, config, generation: present } = this;
    return replayWindow({ recording, config, present, ...(other ? { other } : {}), ...more });
  }
}
