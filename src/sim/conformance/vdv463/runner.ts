import { type Blemishes, Kit } from './kit.js';
import type { ConformanceOptions, ConformanceReport, ScenarioResult, Verdict } from './options.js';
import type { Scenario } from './scenario.js';
import { allScenarios } from './scenarios/index.js';
import { Deviation, NotPlayable } from './verdicts.js';

/**
 * Plays an upstream system against a CMS, one scenario after the other: they share one presystemId.
 * @returns the report; a CMS that cannot be reached fails every scenario, it does not throw
 */
export async function runConformanceVdv463(options: ConformanceOptions): Promise<ConformanceReport> {
  const began = performance.now();
  const blemishes: Blemishes = { envelope: new Set(), payload: new Set(), answer: new Set() };
  const results: ScenarioResult[] = [];
  const note = (result: ScenarioResult) => {
    results.push(result);
    options.onResult?.(result);
  };
  for (const scenario of chosen(options)) note(await play(scenario, options, blemishes));
  for (const result of overall(blemishes)) note(result);
  const counts = { pass: 0, fail: 0, advice: 0, skip: 0 } satisfies Record<Verdict, number>;
  for (const { verdict } of results) counts[verdict]++;
  return {
    url: options.url,
    dialect: options.dialect,
    results,
    counts,
    durationMs: performance.now() - began,
    passed: counts.fail === 0,
  };
}

function chosen({ only, dialect }: ConformanceOptions): readonly Scenario[] {
  return allScenarios.filter(
    ({ id, dialects }) =>
      (dialects?.includes(dialect) ?? true) && (only?.some((prefix) => id.startsWith(prefix)) ?? true),
  );
}

async function play(
  scenario: Scenario,
  options: ConformanceOptions,
  blemishes: Blemishes,
): Promise<ScenarioResult> {
  const { id, title, basis, level, run } = scenario;
  const began = performance.now();
  const kit = new Kit(options, blemishes);
  const ended = (verdict: Verdict, reason?: string): ScenarioResult => ({
    id,
    title,
    basis,
    verdict,
    durationMs: performance.now() - began,
    ...(reason === undefined ? {} : { reason, transcript: kit.transcript }),
  });
  try {
    await run(kit);
    return ended('pass');
  } catch (error) {
    if (error instanceof NotPlayable) return ended('skip', error.message);
    // What a CMS sends can be anything: a scenario that stumbles over it has found something too.
    const reason = error instanceof Deviation ? error.message : `the scenario stumbled: ${String(error)}`;
    return ended(level === 'must' || options.strict ? 'fail' : 'advice', reason);
  } finally {
    await kit.end();
  }
}

const OVERALL: readonly {
  readonly id: string;
  readonly where: keyof Blemishes;
  readonly title: string;
  readonly basis: string;
}[] = [
  {
    id: 'OVERALL-01',
    where: 'envelope',
    title: 'Every envelope in all scenarios is well formed',
    basis: '§1',
  },
  {
    id: 'OVERALL-02',
    where: 'payload',
    title: 'Every payload in all scenarios fits its schema',
    basis: '§1',
  },
  {
    id: 'OVERALL-03',
    where: 'answer',
    title: 'Every request in all scenarios has one answer',
    basis: 'rule 9',
  },
];

function overall(blemishes: Blemishes): readonly ScenarioResult[] {
  return OVERALL.map(({ where, ...scenario }) => {
    const found = [...blemishes[where]];
    if (found.length === 0) return { ...scenario, verdict: 'pass', durationMs: 0 };
    const reason = `${found.length} different faults, the first: ${found[0]}`;
    return { ...scenario, verdict: 'fail', reason, transcript: found, durationMs: 0 };
  });
}
