import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { between } from '../../local/dataverse/model/random.ts';
import { existingCluster } from '../../local/postgres/cluster.ts';
import type { PartName } from '../../local/supervisor/addresses.ts';
import { listProcesses, signalProcess } from '../../local/support/processes.ts';
import { until } from '../../local/support/until.ts';
import { lagFigures } from './canary.ts';
import { load } from './load.ts';
import { comeToRest } from './rest.ts';
import type { Chaos, Outcome, Scenario } from './scenario.ts';
import { onSite, type Site } from './site.ts';

const ROWS = 2_000;
const CHANGES = 10_000;
const QUICK_CHANGES = 1_500;
const CHANGES_PER_S = 100;
const BASELINE_CHANGES = 2_000;
const KILLS = 20;
const QUICK_KILLS = 4;
/** Messages that a killed process held wait for a minute, leases for half of one, a breaker for its next probe. */
const HEALED_WITHIN_MS = 240_000;
const BURST_ROWS = 300;
const BURST_TAKES_MS = 1_500;
const RUNS_WITHIN_MS = 60_000;

export type Victim = Extract<PartName, 'functions' | 'service-bus' | 'postgres' | 'azurite'>;

export const killScenarios: readonly Scenario[] = (['functions', 'service-bus', 'postgres', 'azurite'] as const).map(
  (victim) => ({
    name: `kill.${victim}`,
    what: `kill -9 of ${victim} ${KILLS} times at random moments during ${CHANGES} changes`,
    run: (chaos) => onSite(chaos, { rows: ROWS }, (site) => killAgainAndAgain(site, chaos, victim)),
  }),
);

async function killAgainAndAgain(site: Site, chaos: Chaos, victim: Victim): Promise<Outcome> {
  const target = await site.addTarget('first', site.destination);
  await site.synced();
  const common = { perSecond: CHANGES_PER_S, watched: target };
  const before = await load(site, chaos, {
    ...common,
    count: chaos.quick ? 500 : BASELINE_CHANGES,
    label: 'undisturbed',
  });
  const changes = chaos.quick ? QUICK_CHANGES : CHANGES;
  const moments = momentsIn(chaos, changes);
  let kills = 0;
  const during = await load(site, chaos, {
    ...common,
    count: changes,
    label: `${victim} killed`,
    meanwhile: async (issued) => {
      if (issued < (moments[kills] ?? Number.POSITIVE_INFINITY)) return;
      await burst(site, chaos);
      await kill(site, victim);
      kills += 1;
    },
  });
  const rest = await comeToRest(site, { withinMs: HEALED_WITHIN_MS, exact: true });
  const { problems, seconds, ...compared } = rest;
  if (kills < moments.length) problems.push(`only ${kills} of ${moments.length} kills happened`);
  const figures = {
    kills,
    changes: changes + kills * BURST_ROWS,
    pagesInBlobs: await pagesInBlobs(site),
    ...lagFigures(during, before),
    healedAfterS: seconds,
    ...compared,
  };
  return { figures, problems };
}

/** Numbers of changes after which a kill falls, in order; not so late that nothing happens any more. */
function momentsIn({ random, quick }: Chaos, changes: number): number[] {
  const kills = quick ? QUICK_KILLS : KILLS;
  return Array.from({ length: kills }, () => between(random, 1, Math.floor(changes * 0.97))).sort((a, b) => a - b);
}

/** So many changes at once make pages that lie in blobs; the kill falls somewhere into their reading and applying. */
async function burst({ test }: Site, { random }: Chaos): Promise<void> {
  await test.organization.command('seed', { rows: BURST_ROWS, entity: 'account' });
  await pause(between(random, 0, BURST_TAKES_MS));
}

async function pagesInBlobs(site: Site): Promise<number> {
  const { rows } = await site
    .pool(site.control)
    .query<{ count: string }>('SELECT count(*) FROM freshet.pages WHERE blob IS NOT NULL');
  return Number(rows[0]?.count);
}

/** Kills what runs of the part: one that is just being started again, too. */
export async function kill(site: Site, victim: Victim): Promise<void> {
  killAll(await processesOf(site, victim));
}

/** Finds out beforehand whom to kill, so that the kill is a matter of no time; what a server has started since follows. */
export async function aim(site: Site, victim: Victim): Promise<() => Promise<void>> {
  const known = await processesOf(site, victim);
  return async () => {
    killAll(known);
    if (victim === 'postgres') killAll(await serverProcesses(site.test.installation.addresses.folder));
  };
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) signalProcess(pid, 'SIGKILL');
}

async function processesOf({ test }: Site, victim: Victim): Promise<number[]> {
  const pidOf = () => test.installation.states().find(({ name }) => name === victim)?.pid;
  if (!(await until(() => pidOf() !== undefined, RUNS_WITHIN_MS))) throw new Error(`${victim} is not started again`);
  const pid = pidOf();
  const server = victim === 'postgres' ? await serverProcesses(test.installation.addresses.folder) : [];
  return [...server, ...(pid === undefined ? [] : [pid])];
}

/** The postmaster and all of its children: as when the machine loses its power, but for what the system has yet to write. */
async function serverProcesses(folder: string): Promise<number[]> {
  const existing = await existingCluster(path.join(folder, 'postgres'));
  if (!existing) return [];
  const { name } = existing.cluster;
  const all = await listProcesses();
  const mine = all.filter(
    ({ command }) => command.includes(`cluster_name=${name}`) || command.startsWith(`postgres: ${name}: `),
  );
  return mine.map(({ pid }) => pid);
}
