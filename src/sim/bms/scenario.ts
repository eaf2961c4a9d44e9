/** A night of an upstream system as a YAML file. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { AdHocOrder, Plan, PlanChange, PlannedBus } from './planner.js';

/** Thrown with file and reason if a scenario cannot be read. */
export class ScenarioError extends Error {
  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.name = 'ScenarioError';
  }
}

/** A plan and the clock it is played by. */
export interface BmsScenario {
  /** Where the night begins; now if left out. */
  readonly startAt?: Date;
  /** Simulated milliseconds per real one; 1 if left out. */
  readonly speed?: number;
  readonly plan: Omit<Plan, 'kind'>;
}

const KEYS = ['startAt', 'speed', 'buses', 'changes', 'adHoc', 'leadMinutes', 'idPrefix'];

/**
 * Reads a scenario: `buses`, `changes`, `adHoc` as in {@link Plan}, instants as RFC 3339 texts, `leadMinutes` before its
 * arrival a bus enters the list.
 *
 * @throws ScenarioError
 */
export function readScenario(file: string): BmsScenario {
  let read: unknown;
  try {
    read = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ScenarioError(file, (error as Error).message);
  }
  if (typeof read !== 'object' || read === null)
    throw new ScenarioError(file, 'it must be a map with buses or adHoc');
  const unknown = Object.keys(read).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0)
    throw new ScenarioError(file, `${unknown.join(', ')} is not known here; known: ${KEYS.join(', ')}`);
  const scenario = withDates(file, read, '') as Record<string, unknown>;
  const { startAt, speed, leadMinutes, idPrefix } = scenario;
  return {
    ...(startAt instanceof Date ? { startAt } : {}),
    ...(typeof speed === 'number' ? { speed } : {}),
    plan: {
      buses: (scenario['buses'] ?? []) as PlannedBus[],
      changes: (scenario['changes'] ?? []) as PlanChange[],
      adHoc: (scenario['adHoc'] ?? []) as AdHocOrder[],
      ...(typeof leadMinutes === 'number' ? { leadMs: leadMinutes * 60_000 } : {}),
      ...(typeof idPrefix === 'string' ? { idPrefix } : {}),
    },
  };
}

const INSTANTS: ReadonlySet<string> = new Set(['startAt', 'at', 'from', 'until', 'arrivalAt', 'departureAt']);

/** The same with every instant as a Date. */
function withDates(file: string, value: unknown, key: string): unknown {
  if (INSTANTS.has(key)) {
    const date = new Date(String(value));
    if (Number.isNaN(date.getTime()))
      throw new ScenarioError(
        file,
        `${key}: ${String(value)} is not an instant such as 2026-11-20T20:00:00Z`,
      );
    return date;
  }
  if (Array.isArray(value)) return value.map((item) => withDates(file, item, ''));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withDates(file, inner, name)]),
  );
}
