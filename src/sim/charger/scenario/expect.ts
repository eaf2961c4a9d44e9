import { setTimeout as pause } from 'node:timers/promises';
import type { ChargerSimulator } from '../simulator.js';
import { msOf } from './parse.js';
import type { Expectation } from './steps.js';
import type { Trace } from './trace.js';

/** Undefined: it is as expected. Else what there is instead. */
type Finding = string | undefined;

const defaultWithin = '00:00:30';
/** The network lives in real time, however fast the simulated one goes. */
const leastRealMs = 2_000;
const lookEveryMs = 10;
/** On a machine that is busy with others, looks are far apart: it is given this many, however long they take. */
const leastLooks = 100;

/** Waits until something is as expected. Returns undefined then, else what there is instead. */
export async function settle(
  charger: ChargerSimulator,
  trace: Trace,
  step: Expectation,
  signal?: AbortSignal,
): Promise<Finding> {
  if (step.do === 'expectNoErrors') {
    const errors = trace.takeErrors();
    return errors.length === 0 ? undefined : errors.join('; ');
  }
  const realMs = Math.max(leastRealMs, msOf(step.within ?? defaultWithin) / charger.clock.timeScale);
  const end = performance.now() + realMs;
  // That something does not happen is known only when the time is over.
  const untilEnd = step.do === 'expectCall' && step.times === 0;
  for (let looks = 1; ; looks++) {
    const found = look(charger, trace, step);
    const late = (performance.now() >= end && looks >= leastLooks) || signal?.aborted === true;
    if (late || (untilEnd ? found !== undefined : found === undefined)) return found;
    await pause(lookEveryMs);
  }
}

function look(
  charger: ChargerSimulator,
  trace: Trace,
  step: Exclude<Expectation, { do: 'expectNoErrors' }>,
): Finding {
  switch (step.do) {
    case 'expectCall':
      return callIn(trace, step.action, step.payload, step.times ?? 1);
    case 'expectAnswer':
      return answerIn(trace, step.action, step.payload, step.error);
    case 'expectLimit':
      return between('the limit is', charger.view(step.point).limitW / 1000, 'kW', step.minKw, step.maxKw);
    case 'expectPower':
      return between('it draws', charger.view(step.point).powerW / 1000, 'kW', step.minKw, step.maxKw);
    case 'expectState': {
      const { state } = charger.view(step.point);
      return state === step.state ? undefined : `it is ${state}`;
    }
    case 'expectTransaction':
      return transactionAt(charger, step);
  }
}

function callIn(trace: Trace, action: string, payload: unknown, times: number): Finding {
  const ofAction = trace.calls.filter((call) => call.action === action);
  const fitting = ofAction.filter((call) => holds(call.payload, payload));
  if (times === 0) return fitting.length === 0 ? undefined : `it came: ${brief(fitting[0]?.payload)}`;
  if (fitting.length >= times) return undefined;
  const others = [...new Set(trace.calls.map((call) => call.action))];
  if (ofAction.length === 0) {
    return others.length === 0 ? 'the CSMS called nothing' : `the CSMS called only ${others.join(', ')}`;
  }
  return `${fitting.length} of ${ofAction.length} ${action} fit; the last was ${brief(ofAction.at(-1)?.payload)}`;
}

function answerIn(trace: Trace, action: string, payload: unknown, error: string | undefined): Finding {
  const own = trace.own(action);
  if (!own) return `the station has sent no ${action}`;
  const { answer } = own;
  if (!answer) return 'there is no answer';
  if ('error' in answer) {
    return answer.error === error ? undefined : `it is CALLERROR ${answer.error}: ${answer.description}`;
  }
  if (error !== undefined || !holds(answer.payload, payload)) return `it is ${brief(answer.payload)}`;
  return undefined;
}

function transactionAt(
  charger: ChargerSimulator,
  step: Extract<Expectation, { do: 'expectTransaction' }>,
): Finding {
  const last = charger.lastTransaction(step.point);
  if (!last) return 'no transaction has begun there';
  if (!last.startAcknowledged) return 'its start is not acknowledged';
  if (step.acknowledged === 'stop' && !last.stopAcknowledged) {
    return last.stoppedAt === undefined ? 'it has not ended' : 'its end is not acknowledged';
  }
  if (step.minKwh === undefined && step.maxKwh === undefined) return undefined;
  if (last.energyWh === undefined) return 'it has not ended, so its energy is open';
  return between('it took', last.energyWh / 1000, 'kWh', step.minKwh, step.maxKwh);
}

function between(words: string, value: number, unit: string, least = 0, most = Infinity): Finding {
  // What rounds to the limit is within it.
  const fits = value <= most + 0.001 && value >= least - 0.001;
  return fits ? undefined : `${words} ${Number(value.toFixed(3))} ${unit}`;
}

/** Everything wanted is there; what else is there does not matter. Lists are compared place by place. */
export function holds(value: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(wanted))
    return false;
  return Object.entries(wanted).every(
    ([key, each]) => Object.hasOwn(value, key) && holds((value as Record<string, unknown>)[key], each),
  );
}

function brief(payload: unknown): string {
  const text = JSON.stringify(payload) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
