import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    // Real sockets and timers on a shared machine: one more try there, and the report says which needed it.
    retry: process.env['CI'] ? 2 : 0,
    globalSetup: ['test/support/global-setup.ts'],
  },
});
