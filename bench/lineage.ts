/**
 * How long `depotbridge explain` takes, from the prompt to the answer, on a journal of 100,000 entries: with the states that
 * a bridge keeps every 25,000 entries, and without any. The measure is `depotbridge check` of the same configuration, run in
 * turn with it: half a second where nothing else runs, so that four times as long are two seconds. Needs the built product.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, loadConfig } from '../src/config/index.js';
import { Archive } from '../src/depot/index.js';
import { IdentityRegistry } from '../src/identity/index.js';
import { type Journal, type JournalDraft, openJournal } from '../src/journal/index.js';
import { Side } from '../src/replay/index.js';
import { openLmdbStore } from '../src/store/lmdb.js';
import { Tables } from '../src/tables/index.js';
import { composeInformation } from '../src/vdv463/index.js';

const ENTRIES = 100_000;
const KEPT_EVERY = 25_000;
/** Times `depotbridge check`. */
const BAR = 4;
const RUNS = 5;
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const EXAMPLE = new URL('../config/depot.example.yaml', import.meta.url);

/** A depot in which two buses charge for days: readings every ten seconds, snapshots every fifteen. */
class Writer {
  readonly #config: Config;
  readonly #journal: Journal;
  readonly #side: Side;
  readonly #archive: Archive | undefined;
  readonly #clock: { ms: number };
  entries = 0;

  constructor(config: Config, journal: Journal, archive: Archive | undefined, clock: { ms: number }) {
    this.#config = config;
    this.#journal = journal;
    this.#archive = archive;
    this.#clock = clock;
    const { current } = Tables.load(config.mappings, { examples: false });
    this.#side = new Side(config, current, new IdentityRegistry(config));
  }

  async append(draft: Omit<JournalDraft, 'depotId' | 'causes'> & { causes?: readonly string[] }): Promise<string> {
    const entry = await this.#journal.append({ depotId: this.#config.depots[0].id, causes: [], ...draft });
    this.#side.take(entry);
    this.entries += 1;
    if (this.entries % KEPT_EVERY === 0) {
      const { version: identity } = new IdentityRegistry(this.#config);
      const at = new Date(this.#clock.ms).toISOString();
      await this.#archive?.keepPoint({ after: entry.id, at, identity, generation: '', state: this.#side.state });
    }
    return entry.id;
  }

  async call(identity: string, action: string, payload: object): Promise<void> {
    const base = { link: `ocpp:${identity}`, protocol: 'ocpp1.6', action, messageId: 'm' } as const;
    const raw = JSON.stringify([2, 'm', action, payload]);
    const id = await this.append({ ...base, direction: 'in', raw });
    await this.append({ ...base, direction: 'out', raw: '[3,"m",{}]', causes: [id] });
  }

  async meter(identity: string, seconds: number): Promise<void> {
    const value = (measurand: string, text: string, unit: string) => ({ measurand, value: text, unit });
    const sampledValue = [
      value('Energy.Active.Import.Register', String(1000 + seconds), 'Wh'),
      value('Power.Active.Import', String(40_000 + (seconds % 900)), 'W'),
      value('SoC', String(40 + (seconds % 40)), 'Percent'),
    ];
    const timestamp = new Date(this.#clock.ms).toISOString();
    await this.call(identity, 'MeterValues', { connectorId: 1, meterValue: [{ timestamp, sampledValue }] });
  }

  async inform(presystemId: string): Promise<void> {
    const upstream = this.#config.upstreams.find((each) => each.presystemId === presystemId);
    if (!upstream) return;
    const { state, generation, identity } = this.#side;
    const now = new Date(this.#clock.ms).toISOString();
    const depotName = this.#config.depots[0].name;
    const made = composeInformation({ state, depotName, generation, identity, now }, upstream);
    if (!made.ok) throw new Error(made.message);
    const action = 'ProvideChargingInformation';
    const base = { link: `vdv463:${presystemId}`, protocol: 'vdv463', action, messageId: 'i' } as const;
    const raw = JSON.stringify([1, 'CMS', presystemId, now, 'i', action, made.payload]);
    const id = await this.append({ ...base, direction: 'out', raw, fields: made.fields() });
    await this.append({ ...base, direction: 'in', raw: '[2,"BMS","","","i","",{}]', causes: [id] });
  }

  async fill(): Promise<void> {
    const value = { stationId: 'N1' };
    const opened = { protocol: 'bridge', direction: 'internal', action: 'LinkOpened' } as const;
    const start = { protocol: 'bridge', direction: 'internal', action: 'BridgeStarted', link: 'bridge' } as const;
    await this.append({ ...start, raw: '{}' });
    for (const id of ['N1', 'N2'])
      await this.append({ ...opened, link: `ocpp:CP-${id}`, raw: JSON.stringify({ ...value, stationId: id }) });
    for (const id of ['N1', 'N2']) {
      const timestamp = new Date(this.#clock.ms).toISOString();
      const [connectorId, meterStart] = [1, 0];
      await this.call(`CP-${id}`, 'StatusNotification', { connectorId, errorCode: 'NoError', status: 'Charging' });
      await this.call(`CP-${id}`, 'StartTransaction', { connectorId, idTag: 'BUS4711', meterStart, timestamp });
    }
    for (let seconds = 0; this.entries < ENTRIES; seconds += 5) {
      this.#clock.ms += 5_000;
      if (seconds % 10 === 0) for (const id of ['N1', 'N2']) await this.meter(`CP-${id}`, seconds);
      if (seconds % 15 === 0) for (const id of ['BMS-1', 'ITCS-1']) await this.inform(id);
    }
  }
}

/** Seconds of CPU of a command. */
function cpuOf(args: readonly string[]): number {
  const timed = ['-c', `TIMEFORMAT='%U %S'; time "$0" "$@" > /dev/null`, process.execPath, MAIN, ...args];
  const { status, stderr } = spawnSync('bash', timed, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return user + system;
}

/** The median of the ratios of runs in turn, and the least CPU of the command. */
function measured(args: readonly string[], config: string): { ratio: number; cpu: number } {
  const runs = Array.from({ length: RUNS }, () => {
    const check = cpuOf(['check', '--config', config]);
    const cpu = cpuOf([...args, '--config', config]);
    return { ratio: cpu / check, cpu };
  });
  const ratios = runs.map(({ ratio }) => ratio).sort((a, b) => a - b);
  return { ratio: ratios[RUNS >> 1] ?? 0, cpu: Math.min(...runs.map(({ cpu }) => cpu)) };
}

let isMissed = false;
for (const keepsStates of [true, false]) {
  const folder = mkdtempSync(join(tmpdir(), 'depotbridge-bench-'));
  try {
    const file = join(folder, 'depot.yaml');
    const text = readFileSync(EXAMPLE, 'utf8')
      .replace(/^store:.*$/m, `store: { kind: lmdb, path: ${join(folder, 'data')} }`)
      .replace('port: 7460', 'port: 1');
    writeFileSync(file, text);
    const config = loadConfig(file);
    const clock = { ms: Date.parse('2026-11-20T00:00:00Z') };
    const now = () => clock.ms;
    const store = await openLmdbStore({ path: join(folder, 'data'), durability: 'everysec', now });
    const depotId = config.depots[0].id;
    const archive = keepsStates ? new Archive(store, depotId) : undefined;
    const writer = new Writer(config, openJournal(store, depotId, { now }), archive, clock);
    await writer.fill();
    await store.close();
    const at = new Date(clock.ms - 60_000).toISOString();
    for (const more of [[], ['--for', 'BMS-1'], ['--for', 'emsp-demo']]) {
      const point = more[1] === 'emsp-demo' ? 'N4-1' : 'N1-1';
      const args = ['explain', 'point', point, ...more, '--at', at];
      const { ratio, cpu } = measured(args, file);
      isMissed ||= keepsStates && ratio > BAR;
      const how = keepsStates ? 'states kept' : 'no state kept';
      const bar = keepsStates ? `  (bar ${BAR})` : '';
      const what = args.slice(0, 3 + more.length).join(' ');
      console.log(
        `${writer.entries} entries, ${how}: ${what} ÷ check: ${ratio.toFixed(2)}${bar}, ${cpu.toFixed(2)} s of CPU`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(isMissed ? 1 : 0);
