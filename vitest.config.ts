import { defineConfig } from 'vitest/config';

/** One project per kind of test, so that `npm run check` can run the fast ones alone. */
const project = (name: string, include: string[], rest: object = {}) => ({
  test: { name, include, pool: 'forks' as const, testTimeout: 20_000, hookTimeout: 60_000, ...rest },
});

export default defineConfig({
  test: {
    // Most tests wait for servers: more files at once than a small machine has cores.
    maxWorkers: 3,
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('contract', ['test/contract/**/*.test.ts'], { globalSetup: ['test/support/postgres.setup.ts'] }),
      project('simulation', ['test/simulation/**/*.test.ts'], { testTimeout: 120_000 }),
      project('local', ['test/local/**/*.test.ts'], { testTimeout: 60_000 }),
      project('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 180_000, hookTimeout: 120_000, fileParallelism: false }),
    ],
  },
});
