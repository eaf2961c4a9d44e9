import type { StopCause } from '../dialect.js';
import type { AnswerRule } from '../oddities.js';
import type { ChargerOptions } from '../options.js';
import type { PointState } from '../outlet.js';
import type { Fault16 } from '../v16/index.js';
import type { Fault201 } from '../v201/index.js';
import type { Vehicle } from '../vehicle.js';

interface Timed {
  /** After the start of the scenario, simulated: `HH:MM` or `HH:MM:SS`. */
  readonly at: string;
  /** In a fleet: only the station of this number, from 1. Absent: every station. */
  readonly station?: number;
  /** In a fleet: each station is later by its own part of this time, the same in every run. */
  readonly spread?: string;
}

type At<Deed> = Timed & Deed;

interface Within {
  /** Simulated time to wait for it (default 30 s), but never less than two real seconds. */
  readonly within?: string;
}

/** What happens at the station in ordinary life. */
export type Deed =
  | At<{ readonly do: 'plugIn'; readonly point: number; readonly vehicle: string | Vehicle }>
  | At<{ readonly do: 'unplug' | 'clearFault'; readonly point: number }>
  | At<{ readonly do: 'present'; readonly point: number; readonly token: string }>
  | At<{
      readonly do: 'fault';
      readonly point: number;
      readonly fault: Fault16 | Fault201;
      readonly blocking?: boolean;
      readonly stops?: StopCause;
    }>
  | At<{ readonly do: 'reboot'; readonly transactions?: 'stop' | 'resume' }>
  /** `wait` does nothing: it lets the scenario last. */
  | At<{ readonly do: 'goOffline' | 'goOnline' | 'dropConnection' | 'wait' }>;

/** What a station does that it should not. */
export type Oddity =
  | At<{ readonly do: 'setClock'; readonly offset?: string; readonly to?: string }>
  | At<{ readonly do: 'loseAnswer' | 'repeatLast'; readonly action?: string }>
  | At<{ readonly do: 'statusOrder'; readonly status: 'beforeQueue' | 'afterQueue' }>
  | At<{ readonly do: 'resetMeter'; readonly point: number; readonly toKwh?: number }>
  | At<{ readonly do: 'loseLimits' }>
  | At<{ readonly do: 'otherLimit'; readonly point: number; readonly kw: number }>
  | At<{ readonly do: 'ignoreLimits'; readonly point: number }>
  | At<{ readonly do: 'hide'; readonly measurands: readonly string[] }>
  | At<
      { readonly do: 'answerCalls'; readonly after?: string } & Omit<AnswerRule, 'how' | 'afterMs'> & {
          readonly how: AnswerRule['how'] | 'normally';
        }
    >
  | At<{ readonly do: 'secondSocket'; readonly for?: string }>
  | At<{ readonly do: 'halfOpen' }>
  | At<{ readonly do: 'sendRaw'; readonly frame: unknown }>;

/** What must be so, or become so in time. */
export type Expectation =
  | At<
      Within & {
        readonly do: 'expectCall';
        readonly action: string;
        readonly payload?: unknown;
        readonly times?: number;
      }
    >
  | At<
      Within & {
        readonly do: 'expectAnswer';
        readonly action: string;
        readonly payload?: unknown;
        readonly error?: string;
      }
    >
  | At<
      Within & {
        readonly do: 'expectLimit' | 'expectPower';
        readonly point: number;
        readonly minKw?: number;
        readonly maxKw?: number;
      }
    >
  | At<Within & { readonly do: 'expectState'; readonly point: number; readonly state: PointState }>
  | At<
      Within & {
        readonly do: 'expectTransaction';
        readonly point: number;
        readonly acknowledged: 'start' | 'stop';
        readonly minKwh?: number;
        readonly maxKwh?: number;
      }
    >
  | At<{ readonly do: 'expectNoErrors' }>;

/** One step of a scenario: what happens, where, when. */
export type Step = Deed | Oddity | Expectation;

export function isExpectation(step: Step): step is Expectation {
  return step.do.startsWith('expect');
}

/** What kind of stations a scenario is played by. */
export type StationKind = Pick<
  ChargerOptions,
  'vendor' | 'model' | 'firmware' | 'serialNumber' | 'settings' | 'vehicleDataTransfer' | 'quirks'
> & {
  /** AC phases of its points. */
  readonly phases?: number;
};

/** What happens at one station, or at every station of a fleet. */
export interface Scenario {
  readonly clock?: { readonly startAt?: string; readonly timeScale?: number };
  readonly station?: StationKind;
  /** Vehicles that steps name. */
  readonly vehicles?: Readonly<Record<string, Vehicle>>;
  readonly steps: readonly Step[];
}
