/** What production says of the tables: rows that decide, inputs that no rule reads, objects that could not be made. */
import { Counter, Gauge } from 'prom-client';
import { BoundedWords, type Runtime } from '../depot/index.js';
import type { JournalEntry } from '../journal/index.js';
import { type LoadedGeneration, readPaths, rootOf, type SchemaNode, unreadPaths } from '../mapping/index.js';
import { recordedCall } from '../ocpp/index.js';
import { schemaOf } from '../schemas/index.js';
import type { Parked } from './parked.js';
import type { Tables } from './tables.js';

/** An input that a make of station sends and no rule reads. */
export interface UnreadInput {
  readonly vendor: string;
  readonly message: string;
  readonly path: string;
  /** In how many of the messages looked at. */
  readonly count: number;
}

export interface TableCounters {
  readonly generation: string;
  readonly since: string;
  /** Rows and how often they decided since the start; those that never did too. */
  readonly rows: readonly { readonly rule: string; readonly count: number }[];
  readonly unread: readonly UnreadInput[];
  readonly unmapped: readonly { readonly mapping: string; readonly code: string; readonly count: number }[];
  /** Readings that were not used, by make and measurand. */
  readonly passedOver: readonly {
    readonly vendor: string;
    readonly measurand: string;
    readonly code: string;
    readonly count: number;
  }[];
  readonly parked: number;
}

/** Every message of a kind and make is looked at this often, then one of many. */
const ALWAYS = 20;
const ONE_OF = 50;
const UNKNOWN = 'unknown';
const MOST_VENDORS = 100;
/** Paths that no schema knows are words of peers: so many, and of each so much. */
const MOST_PATHS = 200;
const MOST_OF_A_PATH = 100;

/** Counts as long as it runs. */
export class TableCounting {
  readonly #runtime: Runtime;
  readonly #tables: Tables;
  readonly #parked: Parked;
  readonly #since: string;
  readonly #seen = new Map<string, number>();
  readonly #vendors = new BoundedWords(MOST_VENDORS);
  readonly #paths = new BoundedWords(MOST_PATHS, MOST_OF_A_PATH);
  readonly #unread: Counter<'vendor' | 'message' | 'path'>;
  readonly #reads = new WeakMap<LoadedGeneration, Map<string, ReadonlySet<string>>>();
  readonly stop: () => void;

  constructor(runtime: Runtime, tables: Tables, parked: Parked) {
    this.#runtime = runtime;
    this.#tables = tables;
    this.#parked = parked;
    this.#since = runtime.now().toISOString();
    this.#unread = new Counter({
      name: 'bridge_unread_inputs_total',
      help: 'Inputs that no rule reads, in a sample of the messages: one in 50 after the first 20 of a kind',
      labelNames: ['vendor', 'message', 'path'] as const,
      registers: [runtime.metrics.registry],
    });
    registerGauges(runtime, tables, parked);
    this.stop = runtime.depot.journal.onEntry((entry) => this.#look(entry));
  }

  async counters(): Promise<TableCounters> {
    const unread = await this.#unread.get();
    const unmapped = await this.#runtime.metrics.unmapped.get();
    const passedOver = await this.#runtime.metrics.passedOver.get();
    const counts = this.#tables.rowCounts();
    const generation = this.#tables.current;
    return {
      generation: generation.id,
      since: this.#since,
      rows: rowsOf(generation).map((rule) => ({ rule, count: counts.get(rule) ?? 0 })),
      unread: unread.values.map(({ labels: { vendor = '', message = '', path = '' }, value }) => ({
        ...{ vendor: String(vendor), message: String(message), path: String(path) },
        count: value,
      })),
      unmapped: unmapped.values.map(({ labels: { mapping = '', code = '' }, value }) => ({
        ...{ mapping: String(mapping), code: String(code) },
        count: value,
      })),
      passedOver: passedOver.values.map(({ labels: { vendor = '', measurand = '', code = '' }, value }) => ({
        ...{ vendor: String(vendor), measurand: String(measurand), code: String(code) },
        count: value,
      })),
      parked: this.#parked.size,
    };
  }

  /** A listener of the journal: cheap for most entries, and it must not throw. */
  #look(entry: JournalEntry): void {
    if (entry.direction !== 'in' || !entry.protocol.startsWith('ocpp') || !entry.link.startsWith('ocpp:'))
      return;
    const message = `${entry.protocol === 'ocpp1.6' ? 'ocpp16' : 'ocpp201'}.${entry.action}`;
    // Words of a peer are kept only as far as they are bounded.
    if (this.#tables.current.forMessage(message).length === 0) return;
    const vendor = this.#vendorOf(entry);
    const kind = `${vendor} ${entry.protocol} ${entry.action}`;
    const number = this.#seen.get(kind) ?? 0;
    this.#seen.set(kind, number + 1);
    if (number >= ALWAYS && number % ONE_OF !== 0) return;
    const call = recordedCall(entry);
    if (!call) return;
    const reads = this.#readsOf(message);
    const schema = schemaOf(message);
    const known = new Set(
      unreadPaths(call.payload, reads).map((path) => {
        const known = schema ? knownPart(rootOf(schema), path) : path;
        return known === path ? path : this.#paths.of(path, known);
      }),
    );
    for (const path of known) this.#unread.inc({ vendor, message, path });
  }

  #vendorOf({ link }: JournalEntry): string {
    const { identity, depot } = this.#runtime;
    const station = identity.stationByOcppIdentity(link.slice('ocpp:'.length));
    const vendor = depot.state.stations.get(station?.id ?? '')?.boot?.value.vendor ?? UNKNOWN;
    return this.#vendors.of(vendor);
  }

  #readsOf(message: string): ReadonlySet<string> {
    const generation = this.#tables.current;
    const byMessage = this.#reads.get(generation) ?? new Map<string, ReadonlySet<string>>();
    this.#reads.set(generation, byMessage);
    const known = byMessage.get(message) ?? readPaths(generation, message);
    byMessage.set(message, known);
    return known;
  }
}

function registerGauges(runtime: Runtime, tables: Tables, parked: Parked): void {
  const registers = [runtime.metrics.registry];
  new Counter({
    name: 'bridge_table_rows_total',
    help: 'How often a row of a table decided; rows that never did are left out',
    labelNames: ['rule'] as const,
    registers,
    collect() {
      this.reset();
      for (const [rule, count] of tables.rowCounts()) if (count > 0) this.inc({ rule }, count);
    },
  });
  new Counter({
    name: 'bridge_parked_dropped_total',
    help: 'Parked objects that had to go for newer ones, without a rerun; their payloads are in the journal',
    registers,
    collect() {
      this.reset();
      this.inc(parked.tallies().reduce((sum, { dropped }) => sum + dropped, 0));
    },
  });
  new Gauge({
    name: 'bridge_parked_objects',
    help: 'Objects that no table could make whole and that wait for a rerun',
    registers,
    collect() {
      this.set(parked.size);
    },
  });
}

/** Ids of all rows, `<mapping or overlay>/<row>`. */
function rowsOf({ parts: { mappings, overlays } }: LoadedGeneration): string[] {
  return [
    ...mappings.flatMap(({ name, tables }) =>
      tables.flatMap((table) => table.rows.map((row) => `${name}/${row.id}`)),
    ),
    ...overlays.flatMap(({ name, tables }) =>
      [...tables.values()].flatMap((table) => table.rows.map((row) => `${name}/${row.id}`)),
    ),
  ];
}

/** The part of a path that the schema knows: a peer must not fill the metrics with many names of its own. */
function knownPart(root: SchemaNode, path: string): string {
  let node: SchemaNode | undefined = root;
  const known: string[] = [];
  for (const step of path.replaceAll('[]', '.[]').split('.')) {
    const next: SchemaNode | undefined = step === '[]' ? node?.items : node?.properties.get(step)?.node;
    if (!next) return [...known, '*'].join('.').replaceAll('.[]', '[]');
    known.push(step);
    node = next;
  }
  return path;
}
