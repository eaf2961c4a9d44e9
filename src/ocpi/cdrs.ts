/**
 * Makes charge detail records: one per session of a guest, once its numbers have come to rest. What turns out wrong later
 * is taken back by a credit CDR and billed anew. What cannot be billed is held, and said.
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { CdrsConfig } from '../config/index.js';
import type { Runtime } from '../depot/index.js';
import type { CdrView, Instant, ProcessState } from '../domain/index.js';
import { catalogue, type ErrorCode } from '../errors/index.js';
import { negative } from './billing/index.js';
import type { CdrRecord } from './cdr-record.js';
import { type CdrResult, cdrOf } from './cdr-view.js';
import type { Courses } from './courses.js';
import type { Roaming } from './roaming.js';
import type { ToldSession } from './told.js';
import { traitsOf } from './version.js';
import type { World } from './world.js';

/** A session that ended and cannot be billed. */
export interface HeldCdr {
  readonly partnerId: string;
  readonly sessionId: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface CdrEvents {
  readonly made: [world: World, cdrId: string];
}

export interface CdrOptions {
  readonly runtime: Pick<Runtime, 'depot' | 'log' | 'metrics' | 'now'>;
  readonly config: CdrsConfig;
  readonly worlds: readonly World[];
  readonly roaming: Roaming;
  readonly courses: Courses;
}

/** A session to look at, once nothing has changed for long enough. */
interface Pending {
  readonly world: World;
  readonly sessionId: string;
  /** What may still change of it. */
  readonly numbers: string;
  readonly changedAtMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** At least so often it is looked whether something is due. */
const LOOK_MS = 30_000;

export class Cdrs {
  readonly events = new EventEmitter<CdrEvents>();
  readonly #options: CdrOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #held = new Map<string, HeldCdr>();
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;
  #isWorking = false;

  constructor(options: CdrOptions) {
    this.#options = options;
  }

  /** Sessions that are not billed by now are looked at, and from here on those that end. */
  start(): void {
    const { runtime, roaming, worlds } = this.#options;
    roaming.events.on('looked', (world, process) => this.#look(world, process));
    for (const world of worlds) {
      for (const [id, told] of world.shelves.sessions.entries()) {
        const process = runtime.depot.state.processes.get(id);
        if (process) this.#look(world, process, Date.parse(told.view.lastUpdated));
      }
    }
    this.#stop = runtime.depot.onChange(() => this.#work());
    this.#timer = setInterval(() => this.#work(), LOOK_MS);
    this.#timer.unref();
    this.#work();
    if (this.#held.size > 0)
      runtime.log.warn({ cdrs: this.#held.size }, 'sessions of guests are held back from billing');
  }

  stop(): void {
    this.#stop?.();
    clearInterval(this.#timer);
  }

  /** What cannot be billed, and why. */
  held(): HeldCdr[] {
    return [...this.#held.values()];
  }

  #look(world: World, process: ProcessState, changedAtMs?: number): void {
    const { processId: sessionId } = process;
    const told = world.shelves.sessions.get(sessionId);
    if (!told || !process.transactionStartedAt || !process.endedAt) return;
    const numbers = numbersKept(process);
    const before = this.#pending.get(sessionId);
    if (before?.numbers === numbers) return;
    this.#pending.set(sessionId, {
      world,
      sessionId,
      numbers,
      changedAtMs: changedAtMs ?? this.#options.runtime.now().getTime(),
    });
    setImmediate(() => this.#work());
  }

  /** Bills what is due. */
  #work(): void {
    if (this.#isWorking || this.#pending.size === 0) return;
    const nowMs = this.#options.runtime.now().getTime();
    const due = [...this.#pending.values()].filter((pending) => this.#dueAt(pending) <= nowMs);
    if (due.length === 0) return;
    this.#isWorking = true;
    void this.#bill(due).finally(() => {
      this.#isWorking = false;
    });
  }

  /** A charger that was offline may still have the end in its queue. */
  #dueAt({ sessionId, changedAtMs }: Pending): number {
    const { afterMinutes, withoutEndHours } = this.#options.config;
    const process = this.#options.runtime.depot.state.processes.get(sessionId);
    const isEndTold = process?.stopClass ?? process?.stopReason ?? process?.meterStopWh;
    return changedAtMs + (isEndTold ? afterMinutes * MINUTE_MS : withoutEndHours * HOUR_MS);
  }

  async #bill(due: readonly Pending[]): Promise<void> {
    const { log } = this.#options.runtime;
    for (const pending of due) {
      this.#pending.delete(pending.sessionId);
      try {
        await this.#billOne(pending.world, pending.sessionId);
      } catch (error) {
        log.error(
          { err: error, session: pending.sessionId },
          'a CDR could not be made; it is tried after a restart',
        );
      }
    }
  }

  async #billOne(world: World, sessionId: string): Promise<void> {
    const told = world.shelves.sessions.get(sessionId);
    if (!told) return;
    const records = recordsOf(world, sessionId);
    const last = records.at(-1);
    const id = last ? anotherId(sessionId, records.length) : sessionId;
    const result = this.#make(told, sessionId, id);
    if (!result) return;
    if (!result.ok) {
      // What was billed once stands; only an end that is known again could change it.
      if (!last)
        this.#hold({ partnerId: world.partner.id, sessionId, code: result.code, reason: result.reason });
      return;
    }
    this.#release(sessionId);
    const numbers = numbersOf(result.view);
    if (last?.numbers === numbers) return;
    // A CDR is immutable, and is corrected once the partner has it.
    if (last && last.state !== 'taken') return;
    if (last && !this.#canCredit(world)) {
      const reason = `${last.view.cdrId} was billed with ${last.view.energyKwh} kWh, it is ${result.view.energyKwh} kWh`;
      this.#hold({ partnerId: world.partner.id, sessionId, code: 'OCPI_CDR_UNCORRECTED', reason });
      return;
    }
    const at = result.view.lastUpdated;
    const after = last && (await this.#takeBack(world, last, at));
    const record = {
      view: result.view,
      sources: result.sources,
      createdAt: at,
      numbers,
      state: 'made' as const,
    };
    await this.#keep(world, { ...record, ...(after === undefined ? {} : { after }) });
  }

  #canCredit({ partner }: World): boolean {
    const { version = '2.2.1' } = partner.registration ?? {};
    return traitsOf(version).credits;
  }

  #make(told: ToldSession, sessionId: string, cdrId: string): CdrResult | undefined {
    const { runtime, courses } = this.#options;
    const process = runtime.depot.state.processes.get(sessionId);
    if (!process) return undefined;
    return cdrOf({ told, process, course: courses.of(sessionId) }, cdrId, runtime.now().toISOString());
  }

  /** Makes the credit CDR. @returns its id */
  async #takeBack(world: World, wrong: CdrRecord, at: Instant): Promise<string> {
    const { cdrId, totalCost } = wrong.view;
    const id = `${cdrId}-C`;
    const view: CdrView = {
      ...wrong.view,
      cdrId: id,
      creditOf: cdrId,
      totalCost: negative(totalCost),
      lastUpdated: at,
    };
    const { sources, numbers } = wrong;
    await this.#keep(world, { view, sources, numbers, createdAt: at, state: 'made', after: cdrId });
    return id;
  }

  async #keep(world: World, record: CdrRecord): Promise<void> {
    await world.shelves.cdrs.set(record.view.cdrId, record);
    this.events.emit('made', world, record.view.cdrId);
  }

  /** The partner has a CDR: what waited for it goes on, and a session that changed meanwhile is looked at again. */
  taken(world: World, cdrId: string): void {
    const record = world.shelves.cdrs.get(cdrId);
    for (const { after, view } of world.shelves.cdrs.values())
      if (after === cdrId) this.events.emit('made', world, view.cdrId);
    const process = record && this.#options.runtime.depot.state.processes.get(record.view.sessionId);
    if (process) this.#look(world, process);
  }

  #hold(held: HeldCdr): void {
    const { log, metrics } = this.#options.runtime;
    const before = this.#held.get(held.sessionId);
    if (before?.code === held.code && before.reason === held.reason) return;
    if (before) metrics.cdrsHeld.dec({ code: before.code });
    this.#held.set(held.sessionId, held);
    metrics.cdrsHeld.inc({ code: held.code });
    const { partnerId: partner, sessionId: session, code, reason } = held;
    log.warn({ code, partner, session, reason, fix: catalogue[code].fix }, 'the CDR of a session is held');
  }

  #release(sessionId: string): void {
    const held = this.#held.get(sessionId);
    if (!held) return;
    this.#held.delete(sessionId);
    this.#options.runtime.metrics.cdrsHeld.dec({ code: held.code });
  }
}

/** All CDRs of a session that are no credit, oldest first. */
function recordsOf(world: World, sessionId: string): CdrRecord[] {
  return world.shelves.cdrs
    .values()
    .filter(({ view }) => view.sessionId === sessionId && view.creditOf === undefined)
    .sort((a, b) => (a.after === undefined ? -1 : b.after === undefined ? 1 : order(a, b)));
}

function order(a: CdrRecord, b: CdrRecord): number {
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0;
}

/** An id for the bill that replaces another: as long as that of a session, the same after a restart. */
function anotherId(sessionId: string, count: number): string {
  const hex = createHash('sha256').update(`${sessionId}/${count}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** Whatever of a process a bill is made from, so that other changes do not put it off. */
function numbersKept({
  transactionStartedAt,
  endedAt,
  deliveredWh,
  meterStopWh,
  stopReason,
  phase,
}: ProcessState) {
  const values = [deliveredWh?.value, meterStopWh?.value, stopReason?.value, phase?.at];
  return JSON.stringify([transactionStartedAt, endedAt, ...values]);
}

function numbersOf({ startedAt, endedAt, energyKwh, parkingTimeH, totalCost }: CdrView): string {
  return JSON.stringify([startedAt, endedAt, energyKwh, parkingTimeH, totalCost]);
}
