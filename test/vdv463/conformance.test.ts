/**
 * The conformance kit, which knows nothing of the bridge, finds nothing wrong with it. By default the groups that need
 * no waiting, in two dialects; `VDV463_CONFORMANCE=full` runs every scenario in all four (two minutes).
 */
import { afterAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../../src/config/config.schema.js';
import type { UpstreamConfig } from '../../src/config/index.js';
import type { DepotState, ProcessState } from '../../src/domain/index.js';
import { runConformanceVdv463 } from '../../src/sim/conformance/vdv463/index.js';
import { Cms, upstream } from './cms.js';

const full = process.env['VDV463_CONFORMANCE'] === 'full';
const dialects = full ? DIALECTS : (['1.1.0', '2.0.0'] as const);
const chosen = full ? {} : { only: ['TRANSPORT', 'REQUESTS', 'LISTS', 'ERRORS'] };
const leastPassed = full ? 60 : 35;

const QUICK = { intervalSeconds: 1, timeoutSeconds: 0.4, retries: 2, pingSeconds: 0.5 };

const opened: Cms[] = [];

afterAll(async () => {
  for (const cms of opened.splice(0)) await cms.stop();
});

const identityOf = ({ presystemId, kind, user, password, dialect }: UpstreamConfig) => ({
  presystemId,
  kind,
  user,
  password,
  dialect,
});

/** The chargers and the planner that this depot lacks: what is to be ended ends, what charges gets a forecast. */
function animate(cms: Cms): void {
  const { depot } = cms.runtime;
  depot.onChange(({ before, after, events }) => {
    for (const process of after.processes.values()) {
      if (process.endedAt || requestStatus(after, process) !== 'stopping') continue;
      const { stationId, pointId } = process;
      const transactionId = process.transactionId?.value ?? '';
      void cms.say(stationId, 'TransactionEnded', { pointId, transactionId, stopClass: 'ordinary' });
    }
    if (before.processes === after.processes || events.some(({ type }) => type === 'PlanMade')) return;
    const at = new Date().toISOString();
    const minTarget = { socPct: 80, at };
    const plan = { policy: 'deadline' as const, steps: [], missing: [], minTarget, finished: false };
    const processes = after.processes.keys().map((processId) => ({ processId, plan }));
    setImmediate(() => {
      const payload = { at, processes, requests: [] };
      void depot.apply([{ type: 'PlanMade', raw: '1-0', ruleOf: () => 'test', payload }]);
    });
  });
}

function requestStatus(state: DepotState, process: ProcessState): string | undefined {
  return Object.values(state.presystems)
    .flatMap((presystem) => Object.values(presystem.requests))
    .find(({ key }) => key === process.requestKey?.value)?.status;
}

/** Station and point of an id as the presystem sees it. */
function placeOf(chargingPointId: string): [station: string, point: string] {
  const pointId = chargingPointId.replace('urn:depotbridge:', '');
  return [pointId.split('-')[0] ?? '', pointId];
}

describe('the conformance kit', () => {
  it.concurrent.each(dialects)('finds nothing wrong in %s', { timeout: 200_000 }, async (dialect) => {
    const first = upstream({ ...QUICK, presystemId: 'bms:1', dialect });
    const second = upstream({
      ...QUICK,
      presystemId: 'itcs:1',
      kind: 'ITCS',
      user: 'itcs',
      password: 'it',
      dialect,
    });
    const cms = await Cms.start({ upstreams: [first, second] });
    opened.push(cms);
    animate(cms);
    const report = await runConformanceVdv463({
      ...chosen,
      ...identityOf(first),
      url: cms.url('bms:1'),
      second: { ...identityOf(second), url: cms.url('itcs:1') },
      intervalMs: 1_000,
      timeoutMs: 400,
      retries: 2,
      meterIntervalMs: 100,
      answerMs: 5_000,
      bench: {
        plug: async (chargingPointId, vehicleId) => {
          await cms.charge(...placeOf(chargingPointId), vehicleId, { powerW: 42_500 });
        },
        unplug: async (chargingPointId) => {
          const [stationId, pointId] = placeOf(chargingPointId);
          await cms.say(stationId, 'PointStatusReported', { pointId, status: 'Available' });
        },
      },
    });
    const wrong = report.results.filter(({ verdict }) => verdict === 'fail' || verdict === 'advice');
    expect(wrong.map(({ id, basis, reason }) => `${id} (${basis}): ${reason}`)).toEqual([]);
    const passed = report.results.filter(({ verdict }) => verdict === 'pass');
    expect(passed.length).toBeGreaterThanOrEqual(leastPassed);
  });
});
