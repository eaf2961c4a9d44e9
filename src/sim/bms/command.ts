import type { ChargingInformation, ChargingRequest } from './messages.js';
import { PlanRunner, runningClock } from './plan-runner.js';
import type { Plan } from './planner.js';
import { Presystem, type PresystemOptions } from './presystem.js';
import { pointsOf } from './snapshot.js';

export interface BmsCommandOptions extends PresystemOptions {
  /** What to order from the start. */
  readonly requests?: readonly ChargingRequest[];
  /** What to order in the course of a night, instead. */
  readonly plan?: Plan;
  /** Simulated milliseconds per real one, for a plan. */
  readonly speed?: number;
  /** Where a plan's night begins; now if left out. */
  readonly startAt?: Date;
  /** Every frame instead of one line per event. */
  readonly frames?: boolean;
  /** End after this many snapshots. */
  readonly snapshots?: number;
  readonly signal?: AbortSignal;
  readonly print?: (line: string) => void;
}

/**
 * `sim bms`: connects, orders, and tells on the terminal what it hears, until told to stop.
 * @returns exit code: 0, or 1 if the CMS broke the standard
 * @throws PresystemError if there never was a connection and reconnecting is off
 */
export async function runBmsCommand(options: BmsCommandOptions): Promise<number> {
  const { print = console.log, plan, requests = [], speed = 1, startAt = new Date() } = options;
  const presystem = new Presystem(options);
  const runner = plan && new PlanRunner(plan, presystem, runningClock(startAt, speed));
  narrate(presystem, print, options.frames ?? false);
  runner?.events.on('answer', ({ outcome }, at) => print(`${at.toISOString()} list answered: ${outcome}`));
  runner?.events.on('error', (error) => print(`list not sent: ${error.message}`));
  const ended = untilEnd(presystem, options);
  try {
    await Promise.race([presystem.connect(), ended]);
    runner?.start();
    if (requests.length > 0) await Promise.race([presystem.setRequests(requests), ended]);
    await ended;
  } finally {
    runner?.stop();
    await presystem.close();
  }
  print(`${presystem.violations.length} violations of the standard by the CMS`);
  return presystem.violations.length === 0 ? 0 : 1;
}

function narrate({ events }: Presystem, print: (line: string) => void, frames: boolean): void {
  events.on('connected', (subprotocol) => print(`connected (${subprotocol || 'no subprotocol'})`));
  events.on('refused', (error) => print(`not connected: ${error.message}`));
  events.on('closed', (code, reason) => print(`closed ${code} ${reason}`.trimEnd()));
  events.on('violation', ({ kind, message }) => print(`violation (${kind}): ${message}`));
  if (frames) {
    events.on('sent', (raw) => print(`> ${raw}`));
    events.on('received', (raw) => print(`< ${raw}`));
  } else {
    events.on('information', (information) => print(summary(information)));
  }
}

function summary(information: ChargingInformation): string {
  const points = pointsOf(information).map(
    ({ chargingPointId, chargingPointStatus, chargingProcessInfo }) => {
      const process = chargingProcessInfo
        ? ` ${chargingProcessInfo.processStatus} ${chargingProcessInfo.electricData.chargingPower ?? '?'} kW`
        : '';
      return `${chargingPointId} ${chargingPointStatus}${process}`;
    },
  );
  return `information: ${points.join(', ')}`;
}

function untilEnd(presystem: Presystem, { signal, snapshots }: BmsCommandOptions): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
    let left = snapshots ?? Number.POSITIVE_INFINITY;
    presystem.events.on('information', () => {
      if (--left <= 0) resolve();
    });
  });
}
