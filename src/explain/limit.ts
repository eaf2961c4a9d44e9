/** Why a charging point may draw as much as it may: the limit in force, who asked, what bounds it, what the charger does. */
import { controlOf } from '../config/index.js';
import { type Leaf, type LimitOutcome, limitAt, limitInForce, type Source } from '../domain/index.js';
import { type Bay, type Case, configOf, sinceText, timeIn } from './case.js';
import { linkCause } from './causes.js';
import type { Draft } from './finding.js';
import { boundBy, powerAt } from './planning.js';
import { and, kw } from './words.js';

/** Everything about the limit of a bay. */
export async function limitDrafts(one: Case, bay: Bay): Promise<Draft[]> {
  return [
    await inForce(one, bay),
    ...asked(one, bay),
    ...bounded(one, bay),
    ...next(one, bay),
    ...refused(one, bay),
    ...readBack(one, bay),
    ...byDefault(one, bay),
    ...ofCsms(one, bay),
  ];
}

/** The limit in one sentence, for the explanation of a point. */
export async function inForce(one: Case, bay: Bay): Promise<Draft> {
  const { point, process } = bay;
  const leaf = limitInForce(point, process);
  const powerW = limitAt(point, process, one.past.at);
  if (!leaf || powerW === undefined) {
    const { text, sources } = whyNone(one, bay);
    return { field: 'limit', sentence: `no limit of the bridge is in force: ${text}`, sources };
  }
  const forWhom =
    leaf === point.defaultLimit ? 'it is the limit for whoever has none of its own' : forProcess(bay);
  const since = one.past.history.since('powerLimitW');
  return {
    field: 'limit',
    value: powerW,
    sentence: `at most ${kw(powerW)}${since ? `, ${sinceText(one, since)}` : ''}: the charger took it at ${timeIn(one, leaf.at)}; ${forWhom}`,
    ...(since?.id === undefined ? {} : { since: { at: since.at, id: since.id } }),
    sources: [leaf, ...(await framesOf(one, leaf))],
  };
}

function forProcess({ process, request }: Bay): string {
  if (!request) return `it is for process ${process?.processId ?? ''}, which no request asked for`;
  return `it comes from request ${request.presystemId}/${request.request.chargingRequestId}`;
}

/** The intent, and what was exchanged with the charger. */
async function framesOf(one: Case, leaf: Leaf<LimitOutcome>): Promise<Source[]> {
  const entry = await one.complete.entry(leaf.raw);
  const ids = entry?.causes ?? [leaf.value.intentId];
  return ids.map((raw) => ({ raw, rule: '' }));
}

interface Why {
  readonly text: string;
  readonly sources: readonly Source[];
}

function whyNone(one: Case, { station, point, process }: Bay): Why {
  const configured = configOf(one, point.pointId);
  const { policy } = one.config.depots[0].charging;
  if (policy === 'forward') return { text: 'charging.policy is forward, so it sets none', sources: [] };
  const control = configured && controlOf(one.config, configured.station);
  if (control === 'observe')
    return { text: `charger ${station.stationId} keeps its own CSMS (control: observe)`, sources: [] };
  const { limit, defaultLimit } = point;
  const isOpen = process?.transactionId && !process.endedAt;
  if (isOpen && limit && limit.value.outcome !== 'accepted' && limit.value.outcome !== 'cleared') {
    const { outcome, reason } = limit.value;
    const how = outcome === 'rejected' ? 'the charger refused it' : 'the charger did not answer';
    return { text: `${how} at ${timeIn(one, limit.at)}${reason ? ` (${reason})` : ''}`, sources: [limit] };
  }
  if (station.link.value !== 'connected') return linkCause(station, one);
  const missing = process?.plan?.value.missing ?? [];
  if (isOpen && process.plan && process.plan.value.steps.length === 0)
    return { text: `nobody knows ${and(missing.map(lacked))}`, sources: [process.plan] };
  if (defaultLimit && defaultLimit.value.outcome !== 'accepted') {
    const { outcome, reason = outcome } = defaultLimit.value;
    return {
      text: `the charger did not take the limit for whoever plugs in (${reason})`,
      sources: [defaultLimit],
    };
  }
  return { text: isOpen ? 'none was planned yet' : 'nobody charges there', sources: [] };
}

const LACKED: Readonly<Record<string, string>> = {
  request: 'a request for the vehicle (no presystem has asked)',
  batteryCapacity: 'the capacity of its battery (vehicles: batteryKwh)',
  soc: 'its state of charge (no source has told one)',
  departure: 'when it departs',
  control: 'whether another CSMS would follow it',
};

function lacked(word: string): string {
  return LACKED[word] ?? word;
}

function asked(one: Case, { process, request }: Bay): Draft[] {
  if (!process || !request || process.closedAt) return [];
  const { minTargetSocPct, maxTargetSocPct, departureAt, priority } = request.request;
  const wishes = [
    `${minTargetSocPct} % to ${maxTargetSocPct} %`,
    ...(departureAt ? [`departure ${timeIn(one, departureAt)}`] : []),
    ...(priority === undefined ? [] : [`priority ${priority}`]),
  ];
  const id = `${request.presystemId}/${request.request.chargingRequestId}`;
  const sentence = `request ${id} governs this bay: ${wishes.join(', ')}, as listed at ${timeIn(one, request.receivedAt)}`;
  return [{ field: 'asked by', value: id, sentence, sources: [request.source] }];
}

function bounded(one: Case, bay: Bay): Draft[] {
  const { process, point } = bay;
  const plan = process?.plan;
  const planned = process && one.past.plans.get(process.processId);
  if (!process || process.endedAt || !plan || plan.value.steps.length === 0) return [];
  const powerW = powerAt(plan.value.steps, one.past.at) ?? 0;
  const reason = planned && boundBy(one, bay, planned, one.past.at);
  const why =
    reason ??
    (planned
      ? 'with the configuration of now the plan would be another one, so what bounded it is not known'
      : 'the plan is older than what was read of the journal; explain an earlier time (--at) to see what bounded it');
  const inForceW = limitAt(point, process, one.past.at);
  const untold =
    inForceW === powerW
      ? ''
      : `; the charger ${inForceW === undefined ? 'has taken no limit' : `still has ${kw(inForceW)}`}`;
  const sentence = `${plan.value.policy} plans ${kw(powerW)} now (made at ${timeIn(one, plan.at)}): ${why}${untold}`;
  return [{ field: 'plan', value: powerW, sentence, sources: [plan] }];
}

function next(one: Case, { point, process }: Bay): Draft[] {
  const leaf = limitInForce(point, process);
  const step = leaf?.value.steps.find(({ at }) => at > one.past.at);
  if (!leaf || !step) return [];
  const sentence = `the same limit becomes ${kw(step.powerW)} at ${timeIn(one, step.at)}`;
  return [{ field: 'next', value: step.powerW, sentence, sources: [leaf] }];
}

/** A newer limit that the charger did not take beside an older one that holds. */
function refused(one: Case, { point, process }: Bay): Draft[] {
  const { limit } = point;
  if (!limit || limit === limitInForce(point, process)) return [];
  const { outcome, reason } = limit.value;
  if (outcome !== 'rejected' && outcome !== 'failed') return [];
  const how = outcome === 'rejected' ? 'refused' : 'did not answer';
  const sentence = `the charger ${how} the newest limit at ${timeIn(one, limit.at)}${reason ? `: ${reason}` : ''}`;
  return [{ field: 'answer', value: outcome, sentence, sources: [limit] }];
}

function readBack(one: Case, { point }: Bay): Draft[] {
  const entry = one.past.readBacks.get(point.pointId);
  if (!entry) return [];
  const {
    outcome,
    by,
    powerW,
    plannedW = 0,
  } = JSON.parse(entry.raw) as {
    outcome: string;
    by?: 'told' | 'measured';
    powerW?: number;
    plannedW?: number;
  };
  const at = timeIn(one, new Date(entry.at).toISOString());
  const draws = powerW === undefined ? 'no limit at all' : kw(powerW);
  const found: Readonly<Record<string, string>> = {
    held: 'it applies what was planned',
    more: `it ${by === 'measured' ? 'draws' : 'applies'} ${draws} where ${kw(plannedW)} were planned`,
    refused: 'it does not tell what it applies',
    untold: 'it did not answer',
  };
  const sentence = `asked at ${at} what limit it applies: ${found[outcome] ?? outcome}`;
  return [{ field: 'read back', value: outcome, sentence, sources: [{ raw: entry.id, rule: '' }] }];
}

function byDefault(one: Case, { point, process }: Bay): Draft[] {
  const { defaultLimit } = point;
  if (!defaultLimit || defaultLimit === limitInForce(point, process)) return [];
  const { outcome, steps, reason } = defaultLimit.value;
  const powerW = powerAt(steps, one.past.at);
  const sentence =
    outcome === 'accepted'
      ? `whoever plugs in without a plan may draw ${kw(powerW ?? 0)}, taken at ${timeIn(one, defaultLimit.at)}`
      : `the limit for whoever plugs in is ${outcome} since ${timeIn(one, defaultLimit.at)}${reason ? `: ${reason}` : ''}`;
  return [
    {
      field: 'before a plan',
      ...(powerW === undefined ? {} : { value: powerW }),
      sentence,
      sources: [defaultLimit],
    },
  ];
}

function ofCsms(one: Case, { station }: Bay): Draft[] {
  const limits = station.csmsLimits ?? [];
  const last = limits.at(-1);
  if (!last) return [];
  const sentence = `its own CSMS has given charger ${station.stationId} ${limits.length} charging ${limits.length === 1 ? 'profile' : 'profiles'}, the newest at ${timeIn(one, last.at)}: the charger applies the lowest of all`;
  return [{ field: 'own CSMS', value: limits.length, sentence, sources: [last] }];
}
