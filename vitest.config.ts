import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Workers and the many processes that tests start compile each module once, not each time anew: half the time of a start. */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url));

const SQL_SERVER = ['test/contract/*.sqlserver*.test.ts'];

/** One project per kind of test, so that `npm run check` can run the fast ones alone. */
const project = (name: string, include: string[], rest: object = {}) => ({
  test: { name, include, pool: 'forks' as const, testTimeout: 20_000, hookTimeout: 60_000, ...rest },
});

export default defineConfig({
  test: {
    // Most tests wait for servers: more files at once than a small machine has cores.
    maxWorkers: 3,
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { isolate: false }),
      project('contract', ['test/contract/**/*.test.ts'], {
        exclude: SQL_SERVER,
        isolate: false,
        globalSetup: ['test/support/postgres.setup.ts'],
      }),
      // On somebody else's server, which need not be a fast one; skipped, by name, where FRESHET_TEST_MSSQL names none.
      project('sqlserver', SQL_SERVER, {
        sequence: { groupOrder: 1 },
        isolate: false,
        fileParallelism: false,
        testTimeout: 120_000,
        hookTimeout: 120_000,
        globalSetup: ['test/support/sqlserver.setup.ts'],
      }),
      project('simulation', ['test/simulation/**/*.test.ts'], { testTimeout: 600_000 }),
      project('local', ['test/local/**/*.test.ts'], { testTimeout: 60_000 }),
      project('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 180_000, hookTimeout: 120_000, fileParallelism: false }),
    ],
  },
});
