import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { locate, type Problem, readYaml, schemaProblems, suggest } from '../../../documents/index.js';
import { ScaledClock } from '../clock.js';
import { scenarioSchema } from './schema.js';
import type { Scenario } from './steps.js';

/** `HH:MM` or `HH:MM:SS`, with or without a sign, in milliseconds; hours may pass 24. */
export function msOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.replace(/^[+-]/, '').split(':').map(Number);
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return time.startsWith('-') ? -ms : ms;
}

const words = {
  invalid: 'SCENARIO_INVALID',
  unknownKey: 'SCENARIO_UNKNOWN_KEY',
  whole: 'the scenario',
  key: 'key',
} as const;

let known: ValidateFunction<Scenario> | undefined;
const validator = (): ValidateFunction<Scenario> =>
  (known ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, discriminator: true }).compile(
    scenarioSchema,
  ));

function unnamedVehicles({ steps, vehicles = {} }: Scenario): Problem[] {
  return steps.flatMap((step, index): Problem[] => {
    if (step.do !== 'plugIn' || typeof step.vehicle !== 'string') return [];
    if (Object.hasOwn(vehicles, step.vehicle)) return [];
    const names = Object.keys(vehicles);
    const hint = suggest(step.vehicle, names);
    const right = hint ? `; did you mean ${hint}?` : names.length > 0 ? `; it has ${names.join(', ')}` : '';
    const message = `there is no vehicle "${step.vehicle}" under vehicles${right}`;
    return [{ code: 'SCENARIO_REFERENCE', message, path: ['steps', index, 'vehicle'] }];
  });
}

/** The stations that a scenario is for, where that is known. */
export interface FleetSize {
  readonly stations: number;
  /** Connectors or EVSEs of each. */
  readonly points: number;
}

/** A step of a station or point that does not exist would never be played, and the verdict would not say so. */
function nowhere({ steps }: Scenario, { stations, points }: FleetSize): Problem[] {
  return steps.flatMap((step, index): Problem[] => {
    const found: Problem[] = [];
    const code = 'SCENARIO_REFERENCE';
    if (step.station !== undefined && step.station > stations) {
      const message = `there is no station ${step.station}: ${stations} are simulated (--stations)`;
      found.push({ code, message, path: ['steps', index, 'station'] });
    }
    if ('point' in step && step.point > points) {
      const message = `there is no point ${step.point}: a station has ${points} (--points)`;
      found.push({ code, message, path: ['steps', index, 'point'] });
    }
    return found;
  });
}

/**
 * Reads a scenario: either a list of steps, or `{clock, vehicles, steps}`. With `fleet`, its steps must be those of stations and
 * points that there are.
 * @throws AggregateError of BridgeErrors (SCENARIO_*), all at once, each with file, line and column
 */
export function parseScenario(text: string, file = 'scenario', fleet?: FleetSize): Scenario {
  const located = readYaml(text, file, 'SCENARIO_SYNTAX');
  const content: unknown = located.document.toJS();
  const isList = Array.isArray(content);
  const scenario: unknown = isList ? { steps: content } : content;
  const validate = validator();
  const problems = validate(scenario)
    ? [...unnamedVehicles(scenario), ...(fleet ? nowhere(scenario, fleet) : [])]
    : schemaProblems(validate.errors, words);
  if (problems.length === 0) return scenario as Scenario;
  throw locate(
    isList ? problems.map((problem) => ({ ...problem, path: problem.path.slice(1) })) : problems,
    located,
  );
}

/** @throws AggregateError of BridgeErrors (SCENARIO_*), all at once, each with file, line and column */
export function readScenario(file: string, fleet?: FleetSize): Scenario {
  return parseScenario(readFileSync(file, 'utf8'), file, fleet);
}

/** The clock a scenario asks for; `timeScale` overrides its own. */
export function clockOf(scenario: Scenario | undefined, timeScale?: number): ScaledClock {
  const { startAt, timeScale: own } = scenario?.clock ?? {};
  return new ScaledClock({
    timeScale: timeScale ?? own ?? 1,
    ...(startAt === undefined ? {} : { startAt: new Date(startAt) }),
  });
}
