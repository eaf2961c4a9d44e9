import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { type Cancel, ScaledClock } from './clock.js';
import { SimulatorError } from './errors.js';
import { type Scenario, type Step, scenarioSchema } from './scenario.schema.js';
import type { ChargerSimulator } from './simulator.js';
import type { Vehicle } from './vehicle.js';

/** `HH:MM` or `HH:MM:SS` in milliseconds; hours may pass 24. */
export function msOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

const validate = new Ajv({ allErrors: false, allowUnionTypes: true, discriminator: true }).compile<Scenario>(
  scenarioSchema,
);

function lineOf(document: Document, lines: LineCounter, pointer: string): number | undefined {
  const path = pointer.split('/').slice(1);
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const keys = path.slice(0, depth).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node = depth === 0 ? document.contents : document.getIn(keys, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

function wordsFor(error: ErrorObject): string {
  const { additionalProperty, allowedValues } = error.params as {
    additionalProperty?: string;
    allowedValues?: readonly unknown[];
  };
  if (additionalProperty !== undefined) return `unknown field ${additionalProperty}`;
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`;
  return error.message ?? error.keyword;
}

/**
 * Reads a scenario: either a list of steps, or `{clock, vehicles, steps}`.
 * @throws SimulatorError with file and line of the mistake
 */
export function parseScenario(text: string, file = 'scenario'): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw new SimulatorError(`${file}:${broken.linePos?.[0].line ?? 1}: ${broken.message}`);
  const content: unknown = document.toJS();
  const isList = Array.isArray(content);
  const scenario: unknown = isList ? { steps: content } : content;
  if (!validate(scenario)) {
    const error = validate.errors?.[0];
    const pointer = error?.instancePath ?? '';
    const line = lineOf(document, lines, isList ? pointer.replace(/^\/steps/, '') : pointer);
    throw new SimulatorError(
      `${file}:${line ?? 1}: ${pointer || 'the scenario'} ${error ? wordsFor(error) : ''}`,
    );
  }
  scenario.steps.forEach((step, index) => {
    if (step.do !== 'plugIn' || typeof step.vehicle !== 'string') return;
    if (scenario.vehicles && Object.hasOwn(scenario.vehicles, step.vehicle)) return;
    const line = lineOf(document, lines, isList ? `/${index}` : `/steps/${index}`);
    throw new SimulatorError(`${file}:${line ?? 1}: there is no vehicle "${step.vehicle}" under vehicles`);
  });
  return scenario;
}

/** @throws SimulatorError with file and line of the mistake */
export function readScenario(file: string): Scenario {
  return parseScenario(readFileSync(file, 'utf8'), file);
}

/** The clock a scenario asks for; `timeScale` overrides its own. */
export function clockOf(scenario: Scenario | undefined, timeScale?: number): ScaledClock {
  const { startAt, timeScale: own } = scenario?.clock ?? {};
  return new ScaledClock({
    timeScale: timeScale ?? own ?? 1,
    ...(startAt === undefined ? {} : { startAt: new Date(startAt) }),
  });
}

/** A number in [0, 1) that is the same for the same step and station in every run. */
function fractionFor(station: number, step: number): number {
  const mixed = Math.sin(station * 127.1 + step * 311.7) * 43_758.545_3;
  return mixed - Math.floor(mixed);
}

async function perform(charger: ChargerSimulator, scenario: Scenario, step: Step): Promise<void> {
  switch (step.do) {
    case 'plugIn': {
      const vehicle = typeof step.vehicle === 'string' ? scenario.vehicles?.[step.vehicle] : step.vehicle;
      return charger.plugIn(step.point, vehicle as Vehicle);
    }
    case 'unplug':
      return charger.unplug(step.point);
    case 'present':
      await charger.present(step.point, step.token);
      return;
    case 'fault': {
      const { blocking, stops } = step;
      const effect = {
        ...(blocking === undefined ? {} : { blocking }),
        ...(stops === undefined ? {} : { stops }),
      };
      return charger.fault(step.point, step.fault, effect);
    }
    case 'clearFault':
      return charger.clearFault(step.point);
    case 'goOffline':
      return charger.goOffline();
    case 'goOnline':
      return charger.goOnline();
    case 'dropConnection':
      return charger.dropConnection();
    case 'reboot': {
      const { transactions } = step;
      return charger.reboot(transactions === undefined ? {} : { transactions });
    }
    case 'wait':
      return undefined;
  }
}

/**
 * Runs the steps of a scenario that concern this station, each at its time after now. Resolves when the last is
 * done; rejects with the first step that cannot be done. `station`: its number in a fleet, from 1.
 */
export async function runScenario(
  charger: ChargerSimulator,
  scenario: Scenario,
  options: { readonly station?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { station = 1, signal } = options;
  const mine = scenario.steps.filter((step) => step.station === undefined || step.station === station);
  const cancels: Cancel[] = [];
  const done = mine.map(
    (step) =>
      new Promise<void>((resolve, reject) => {
        const spread = msOf(step.spread ?? '00:00') * fractionFor(station, scenario.steps.indexOf(step));
        const run = async (): Promise<void> => {
          try {
            await perform(charger, scenario, step);
            resolve();
          } catch (cause) {
            const why = cause instanceof Error ? cause.message : String(cause);
            reject(
              new SimulatorError(`${charger.identity}, step ${step.do} at ${step.at}: ${why}`, { cause }),
            );
          }
        };
        cancels.push(charger.clock.after(msOf(step.at) + spread, () => void run()));
      }),
  );
  const aborted = new Promise<void>((_, reject) => {
    signal?.addEventListener('abort', () => reject(new SimulatorError('the scenario was broken off')), {
      once: true,
    });
  });
  try {
    await Promise.race([Promise.all(done), ...(signal ? [aborted] : [])]);
  } finally {
    for (const cancel of cancels) cancel();
  }
}
