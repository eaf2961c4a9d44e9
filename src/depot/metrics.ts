/** Prometheus metrics of one bridge. Labels never carry vehicle, token or partner data. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BoundedWords } from './bounded.js';
import { TalliedCounter } from './tally.js';

/** Vendors and measurands are words of peers: so many are told apart. */
const MOST_WORDS = 100;

export class Metrics {
  readonly #vendors = new BoundedWords(MOST_WORDS);
  readonly #measurands = new BoundedWords(MOST_WORDS);
  readonly registry = new Registry();
  readonly messages = new TalliedCounter({
    name: 'bridge_messages_total',
    help: 'Frames and HTTP bodies, by what became of them: ok, refused, failed',
    labelNames: ['protocol', 'direction', 'action', 'outcome'] as const,
    registers: [this.registry],
  });
  readonly unmapped = new Counter({
    name: 'bridge_unmapped_total',
    help: 'Objects that no table could make whole',
    labelNames: ['mapping', 'code'] as const,
    registers: [this.registry],
  });
  readonly losses = new Counter({
    name: 'bridge_mapping_losses_total',
    help: 'Values that the version of the target cannot carry, as declared by `drop` in a table',
    labelNames: ['protocol', 'path'] as const,
    registers: [this.registry],
  });
  readonly passedOver = new Counter({
    name: 'bridge_passed_over_readings_total',
    help: 'Sampled values that were not used: no number, a unit that does not fit, what cannot be, unknown words',
    labelNames: ['code', 'vendor', 'measurand'] as const,
    registers: [this.registry],
  });
  readonly mappingSeconds = new Histogram({
    name: 'bridge_mapping_seconds',
    help: 'Time spent in tables per message',
    labelNames: ['protocol'] as const,
    buckets: [0.00001, 0.0001, 0.001, 0.01, 0.1],
    registers: [this.registry],
  });
  readonly connected = new Gauge({
    name: 'bridge_peer_connected',
    help: 'Peers connected now',
    labelNames: ['protocol'] as const,
    registers: [this.registry],
  });
  readonly schemaViolations = new Counter({
    name: 'bridge_outbound_schema_violations_total',
    help: 'Messages we made that do not fit their schema; they were not sent',
    labelNames: ['protocol', 'action'] as const,
    registers: [this.registry],
  });
  readonly forgiven = new Counter({
    name: 'bridge_forgiven_deviations_total',
    help: 'Deviations of a peer that its lenient switch forgave',
    labelNames: ['protocol', 'code'] as const,
    registers: [this.registry],
  });
  readonly tableReloads = new Counter({
    name: 'bridge_table_reloads_total',
    help: 'Times the tables were read again: changed, unchanged, or refused (the tables in force stay)',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });
  readonly cdrsHeld = new Gauge({
    name: 'bridge_cdrs_held',
    help: 'Sessions of guests that ended and cannot be billed, by the reason',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });
  readonly lineageGaps = new Counter({
    name: 'bridge_lineage_gaps_total',
    help: 'Frames that could not be journalled',
    registers: [this.registry],
  });

  /** Counts a reading that was passed over. */
  passOver({ code, vendor = 'unknown', measurand = 'unknown' }: PassedOver): void {
    this.passedOver.inc({
      code,
      vendor: this.#vendors.of(vendor),
      measurand: this.#measurands.of(measurand),
    });
  }
}

/** A reading that was not used. */
export interface PassedOver {
  readonly code: string;
  /** As in BootNotification. */
  readonly vendor?: string | undefined;
  readonly measurand?: string | undefined;
}
