/** What passed through the bridge during the demo, counted from its journal, and one field worth tracing. */
import type { Depot } from '../depot/index.js';
import type { FieldSource, JournalEntry } from '../journal/index.js';

const PROTOCOLS = ['ocpp1.6', 'ocpp2.0.1', 'vdv463', 'ocpi'] as const;

export class Ledger {
  readonly #counts = new Map<string, number>();
  readonly #entries = new Map<string, JournalEntry>();
  #events = 0;
  #traced: { entry: JournalEntry; field: FieldSource } | undefined;

  constructor(depot: Depot) {
    depot.journal.onEntry((entry) => this.#note(entry));
    depot.onChange(({ events }) => {
      this.#events += events.length;
    });
  }

  #note(entry: JournalEntry): void {
    const key = `${entry.protocol} ${entry.direction}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#entries.set(entry.id, entry);
    const field = entry.fields?.find(({ path }) => path.endsWith('electricData.chargingPower'));
    if (field && entry.link === 'vdv463:BMS-1') this.#traced = { entry, field };
  }

  entry(id: string): JournalEntry | undefined {
    return this.#entries.get(id);
  }

  /** Entries seen that satisfy all that is given. */
  find(wanted: Partial<Pick<JournalEntry, 'protocol' | 'direction' | 'action' | 'link'>>): JournalEntry[] {
    const facts = Object.entries(wanted) as [keyof JournalEntry, unknown][];
    return [...this.#entries.values()].filter((entry) => facts.every(([key, value]) => entry[key] === value));
  }

  /** The newest charging power that was told to the BMS. */
  get traced() {
    return this.#traced;
  }

  /** The summary as lines of a table. */
  table(violations: number): string[] {
    const cell = (value: string | number, width: number) => String(value).padStart(width);
    const count = (protocol: string, direction: string) => this.#counts.get(`${protocol} ${direction}`) ?? 0;
    const frames = PROTOCOLS.reduce((sum, each) => sum + count(each, 'in') + count(each, 'out'), 0);
    return [
      `${'protocol'.padEnd(12)}${cell('in', 10)}${cell('out', 10)}`,
      ...PROTOCOLS.map(
        (each) => `${each.padEnd(12)}${cell(count(each, 'in'), 10)}${cell(count(each, 'out'), 10)}`,
      ),
      `frames ${frames}, events ${this.#events}, decisions of the bridge ${count('bridge', 'internal')}`,
      `schema violations: ${violations}`,
    ];
  }
}
