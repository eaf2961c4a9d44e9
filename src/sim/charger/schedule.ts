/**
 * Arithmetic of charging profiles: which limit holds when. Pure; both protocols bring their profiles into
 * this one form. Sources: OCPP 1.6 §3.13 and §5.16 with errata 3.34, OCPP 2.0.1 part 2 section K.
 */

export type Purpose = 'StationMax' | 'TxDefault' | 'Tx';
export type RateUnit = 'A' | 'W';

export interface Period {
  /** Seconds from the schedule's start. */
  readonly startPeriod: number;
  readonly limit: number;
  readonly numberPhases?: number;
}

/** A charging profile as the station has installed it. Times are ms since 1970. */
export interface Profile {
  readonly id: number;
  /** Connector or EVSE it was set for; 0 = the station. */
  readonly pointId: number;
  readonly purpose: Purpose;
  readonly stackLevel: number;
  readonly kind: 'Absolute' | 'Recurring' | 'Relative';
  readonly recurrency?: 'Daily' | 'Weekly';
  readonly validFrom?: number;
  readonly validTo?: number;
  readonly transactionId?: number | string;
  readonly startSchedule?: number;
  readonly durationS?: number;
  readonly unit: RateUnit;
  readonly periods: readonly Period[];
  /** The profile as the CSMS sent it. */
  readonly raw: object;
}

/** A limit at one moment, still in the profile's unit. */
export interface RawLimit {
  readonly limit: number;
  readonly unit: RateUnit;
  readonly numberPhases?: number;
}

const dayMs = 86_400_000;
const recurrencyMs = { Daily: dayMs, Weekly: 7 * dayMs };

/** When the run of the schedule that covers `at` began. `anchor`: start of what a Relative profile counts from. */
function startOfRun(profile: Profile, at: number, anchor: number): number {
  if (profile.kind === 'Relative' || profile.startSchedule === undefined) return anchor;
  if (profile.kind === 'Absolute' || at < profile.startSchedule) return profile.startSchedule;
  const every = recurrencyMs[profile.recurrency ?? 'Daily'];
  return profile.startSchedule + Math.floor((at - profile.startSchedule) / every) * every;
}

/** The limit a profile sets at `at`; undefined when it says nothing then. */
export function limitOf(profile: Profile, at: number, anchor: number): RawLimit | undefined {
  if (profile.validFrom !== undefined && at < profile.validFrom) return undefined;
  if (profile.validTo !== undefined && at >= profile.validTo) return undefined;
  const offsetS = (at - startOfRun(profile, at, anchor)) / 1000;
  if (offsetS < 0 || (profile.durationS !== undefined && offsetS >= profile.durationS)) return undefined;
  const period = profile.periods.findLast((candidate) => candidate.startPeriod <= offsetS);
  if (!period) return undefined;
  return {
    limit: period.limit,
    unit: profile.unit,
    ...(period.numberPhases === undefined ? {} : { numberPhases: period.numberPhases }),
  };
}

/** Moments in (from, to] at which what a profile says may change. */
export function changesOf(profile: Profile, from: number, to: number, anchor: number): number[] {
  const moments = [profile.validFrom, profile.validTo].filter((moment) => moment !== undefined);
  const offsets = profile.periods.map((period) => period.startPeriod * 1000);
  if (profile.durationS !== undefined) offsets.push(profile.durationS * 1000);
  const repeats = profile.kind === 'Recurring' && profile.startSchedule !== undefined;
  const every = repeats ? recurrencyMs[profile.recurrency ?? 'Daily'] : Number.POSITIVE_INFINITY;
  for (let start = startOfRun(profile, from, anchor); start <= to; start += every) {
    moments.push(start, ...offsets.map((offset) => start + offset));
  }
  return moments.filter((moment) => moment > from && moment <= to);
}

/** The limit of the highest stack level that says something at `at`: levels do not combine, the highest wins. */
export function topOfStack(
  profiles: readonly Profile[],
  at: number,
  anchorOf: (profile: Profile) => number,
): RawLimit | undefined {
  let best: { level: number; limit: RawLimit } | undefined;
  for (const profile of profiles) {
    if (best && profile.stackLevel <= best.level) continue;
    const limit = limitOf(profile, at, anchorOf(profile));
    if (limit) best = { level: profile.stackLevel, limit };
  }
  return best?.limit;
}
