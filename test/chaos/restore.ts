import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { CONTROL_DATABASE, DESTINATION_DATABASE } from '../../local/supervisor/addresses.ts';
import { Canary, lagFigures } from './canary.ts';
import { backUp, restore } from './database-copy.ts';
import { load, startStream } from './load.ts';
import { comeToRest } from './rest.ts';
import type { Chaos, Outcome, Scenario } from './scenario.ts';
import { onSite, type Site } from './site.ts';

const ROWS = 2_000;
const CHANGES_PER_S = 50;
const HEALED_WITHIN_MS = 300_000;
const SECOND_DATABASE = 'second';

/** In seconds of load: until the backup, from it to the restore, and after that. */
const TIMES = { before: 10, lost: 60, after: 20 };
const QUICK_TIMES = { before: 5, lost: 10, after: 5 };

export const restoreScenarios: readonly Scenario[] = [
  {
    name: 'restore',
    what: `the control database, then each destination, is restored to a backup taken ${TIMES.lost} s before, under load`,
    run: (chaos) =>
      onSite(chaos, { rows: ROWS, settings: { FRESHET_PROBE_INTERVAL_S: '5' } }, (site) => restoreEach(site, chaos)),
  },
];

async function restoreEach(site: Site, chaos: Chaos): Promise<Outcome> {
  const first = await site.addTarget('first', site.destination);
  await site.addTarget('second', await site.createDatabase(SECOND_DATABASE));
  await site.synced();
  const admin = site.pool(site.databaseUrl('postgres'));
  const baseline = { count: 30 * CHANGES_PER_S, perSecond: CHANGES_PER_S, watched: first, label: 'undisturbed' };
  const before = await load(site, chaos, baseline);
  const { addresses, databases: given } = site.test.installation;
  const databases = [
    ...(given.control === addresses.postgres.control ? [CONTROL_DATABASE] : []),
    ...(given.destination === addresses.postgres.destination ? [DESTINATION_DATABASE, SECOND_DATABASE] : []),
  ];
  if (databases.length < 3) chaos.say('skipped: databases of a server that is not ours to restore');
  const problems: string[] = [];
  const healedAfterS: Record<string, number> = {};
  const sums = { changes: 0, rowsCompared: 0, differences: 0 };
  const lags: number[] = [];
  for (const database of databases) {
    const canary = await Canary.start(site, first);
    sums.changes += await loseTime(site, chaos, admin, database);
    await canary.stop(HEALED_WITHIN_MS);
    lags.push(...canary.lags);
    // What the log holds is no measure of what was read once either of them was set back.
    const rest = await comeToRest(site, { withinMs: HEALED_WITHIN_MS, exact: false });
    sums.rowsCompared += rest.rowsCompared;
    sums.differences += rest.differences;
    healedAfterS[`healedAfterS.${database}`] = rest.seconds;
    problems.push(...rest.problems.map((problem) => `after the restore of ${database}: ${problem}`));
  }
  return { figures: { restores: databases.length, ...sums, ...lagFigures(lags, before), ...healedAfterS }, problems };
}

/** Changes go on all the time; those between backup and restore were known to the database, and are no more. */
async function loseTime(site: Site, { random, quick, say, display }: Chaos, admin: pg.Pool, database: string) {
  const times = quick ? QUICK_TIMES : TIMES;
  await startStream(site, CHANGES_PER_S, null, random);
  await pause(times.before * 1000);
  await backUp(admin, database);
  say(`${database} is backed up`);
  for (let second = 0; second < times.lost; second += 1) {
    display.show([{ label: 'until the restore', done: second, of: times.lost }]);
    await pause(1_000);
  }
  display.end();
  await restore(admin, database);
  say(`${database} is restored`);
  await pause(times.after * 1000);
  await site.test.organization.command('stopStream');
  return (await site.test.organization.status()).stream.issued;
}
