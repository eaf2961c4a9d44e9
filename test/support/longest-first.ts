import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, in the order to begin: no worker is left alone with it, and no two of the nights meet. */
const LONG = [
  'e2e/fleet',
  'e2e/scenarios/before-plug-in',
  'docs/mapping-guide',
  'e2e/scenarios/keys',
  'e2e/hostile/ends',
  'e2e/depot-night',
  'e2e/start',
  'e2e/transaction',
  'sim/charger/scenario',
  'sim/charger/verdict',
  'vdv463/session',
  'vdv463/conformance',
  'docs/simulator',
  'ocpp/order',
  'e2e/scenarios/transactions',
  'sim/charger/examples',
  'sim/conformance/vdv463/conformance',
  'tables/reload',
  'ocpp/adoption',
  'sim/charger/examples-odd',
];

/** Where a file stands among the long ones; the others come after them. */
function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return rank < 0 ? LONG.length : rank;
}

/** Begins the known long files first; the others as Vitest would. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}
