import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';
import { propertyRuns } from './test/support/properties.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Only what hangs meets these: a bridge of its own may take half of it to be ready on a machine that is busy.
    testTimeout: 60_000 * Math.max(1, propertyRuns),
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    // A log is all that a failure leaves behind.
    chaiConfig: { truncateThreshold: 1_000 },
    // Tests wait for sockets, timers and processes more than they compute.
    maxWorkers: 3,
    // A worker compiles tables and schemas once, not once for each file.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/properties.ts'],
  },
});
