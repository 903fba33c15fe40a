import { setTimeout as pause } from 'node:timers/promises';
import { round } from './figures.ts';
import { activeProfile, synchronized, withInstallation } from './installation.ts';
import { countMessages } from './messages.ts';
import type { Part } from './part.ts';
import { watchCpu } from './processes.ts';
import { definitionOf, tableNames } from './tables.ts';

const ENTITIES = 200;
const PROFILES = ['first', 'second', 'third'];
const ROWS = 10;
const SYNC_WITHIN_MS = 600_000;
/** The first reads after a change are repeated at growing intervals, for a minute. */
const REST_MS = 60_000;
const MINUTES = 2;
const MINUTE_MS = 60_000;

/** What a system costs in which nothing changes. */
export const idle: Part = {
  names: ['idle'],
  run: (figures) =>
    withInstallation(async (bench) => {
      const tables = tableNames(ENTITIES);
      await bench.organization.command('define', { definitions: tables.map(definitionOf) });
      for (const entity of tables) await bench.organization.command('seed', { entity, rows: ROWS });
      for (const [k, schema] of PROFILES.entries()) {
        figures.progress('idle', k, PROFILES.length, `synchronizing ${ENTITIES} entities`);
        await synchronized(bench, await activeProfile(bench, tables, schema), SYNC_WITHIN_MS);
      }
      figures.progress('idle', PROFILES.length, PROFILES.length, 'at rest');
      await pause(REST_MS);
      const count = await countMessages(bench, ['notifications', 'reads', 'applies']);
      const { requests } = await bench.organization.status();
      const cpuUsed = watchCpu(bench.installation.states());
      await pause(MINUTES * MINUTE_MS);
      const { functions = 0, postgres = 0 } = cpuUsed();
      const after = await bench.organization.status();
      figures.report('idle', {
        requestsPerMinute: round((after.requests.total - requests.total) / MINUTES),
        cpuSecondsPerMinute: round(functions * 60),
        databaseCpuSecondsPerMinute: round(postgres * 60),
        messagesPerMinute: round((await count()) / MINUTES),
      });
    }),
};
