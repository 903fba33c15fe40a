import pg from 'pg';
import { LcsClient, type OperationDetails } from '../../local/client/lcs-client.ts';
import { VaultClient } from '../../local/client/vault-client.ts';
import { type DatabaseKind, withClient } from '../../local/environments/databases.ts';
import { LOCAL_ENVIRONMENTS, PRODUCTION_ID, PROJECT_ID, SANDBOX_ID } from '../../local/environments/definitions.ts';
import { ensureEnvironments } from '../../local/environments/ensure.ts';
import { urlOf } from '../../local/environments/server.ts';
import { until } from '../../local/support/until.ts';
import { type ByHand, copyAndScrub, dropDatabase } from './by-hand.ts';
import { type Figures, round } from './figures.ts';
import { type Bench, withInstallation } from './installation.ts';
import type { Part } from './part.ts';

/** Makes production's databases somewhat larger than they have to be. */
const SCALE = 24;
const BYTES_MIN = 500e6;
/** What the runbook may take for itself, however large the databases are. */
const FIXED_S = 15;
const WITHIN_MS = 1_200_000;
const KINDS: readonly DatabaseKind[] = ['transactional', 'financialReporting'];
const UNDER_WAY = ['NotStarted', 'InProgress'];

/** A whole refresh, from the call to `Completed`, between two runs of the same copying and scrub by hand. */
export const refresh: Part = {
  names: ['refresh'],
  run: (figures) =>
    withInstallation(async (bench) => {
      figures.progress('refresh', 0, 4, 'filling the databases');
      await ensureEnvironments(bench.installation, environments());
      const sources = await urlsOf(bench, 'prod');
      const bytes = await settle(sources);
      figures.progress('refresh', 1, 4, 'by hand');
      const before = await byHand(bench, sources);
      const { seconds, steps } = await refreshed(bench, figures);
      figures.progress('refresh', 3, 4, 'by hand again');
      const after = await byHand(bench, sources);
      await verify(sources, await urlsOf(bench, 'uat'));
      report(figures, { bytes, seconds, steps, runs: [before, after] });
    }),
};

function environments() {
  return LOCAL_ENVIRONMENTS.map((one) => (one.id === PRODUCTION_ID ? { ...one, scale: SCALE } : one));
}

interface Outcome {
  readonly bytes: number;
  readonly seconds: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly runs: readonly ByHand[];
}

function report(figures: Figures, { bytes, seconds, steps, runs }: Outcome): void {
  const mean = (of: (run: ByHand) => number) => runs.reduce((sum, run) => sum + of(run), 0) / runs.length / 1000;
  const wholes = runs.map(({ copyMs, scrubMs }) => (copyMs + scrubMs) / 1000);
  const [copy, scrub] = [mean(({ copyMs }) => copyMs), mean(({ scrubMs }) => scrubMs)];
  figures.report(
    'refresh',
    {
      megabytes: Math.round(bytes / 1e6),
      seconds: round(seconds),
      copyByHandS: round(copy),
      scrubByHandS: round(scrub),
      byHandMinS: round(Math.min(...wholes)),
      byHandMaxS: round(Math.max(...wholes)),
      ratio: round((seconds - FIXED_S) / (copy + scrub)),
    },
    { ratio: '<= 1.2' },
  );
  figures.report('refresh.steps', Object.fromEntries(Object.entries(steps).map(([step, s]) => [step, round(s)])));
}

/** How the runbook signs in to the databases of an environment. */
async function urlsOf({ installation }: Bench, environment: string): Promise<string[]> {
  const { identity, keyVault } = installation.addresses;
  const vault = await VaultClient.connect({ identity, ...keyVault });
  return Promise.all(
    KINDS.map(async (kind) => {
      const url = await vault.get(`${environment}-${kind.toLowerCase()}`);
      if (url === null) throw new Error(`the vault does not know the ${kind} database of ${environment}`);
      return url;
    }),
  );
}

/** Rows that were just written are looked at once more by whoever reads them first: nobody measured shall. */
async function settle(sources: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const url of sources) {
    bytes += await withClient(url, async (client) => {
      await client.query('VACUUM ANALYZE');
      const { rows } = await client.query<{ bytes: string }>(
        'SELECT pg_database_size(current_database())::text AS bytes',
      );
      return Number(rows[0]?.bytes);
    });
  }
  if (bytes < BYTES_MIN)
    throw new Error(`the databases have ${bytes} bytes, less than the ${BYTES_MIN} to be measured`);
  return bytes;
}

async function byHand(bench: Bench, sources: readonly string[]): Promise<ByHand> {
  for (const [k, url] of sources.entries()) await dropDatabase(url, byHandName(k));
  await checkpoint(bench);
  const total = { copyMs: 0, scrubMs: 0 };
  for (const [k, url] of sources.entries()) {
    const { copyMs, scrubMs } = await copyAndScrub(url, byHandName(k));
    total.copyMs += copyMs;
    total.scrubMs += scrubMs;
  }
  return total;
}

const byHandName = (k: number): string => `by_hand_${KINDS[k]?.toLowerCase()}`;

/** None pays for what another one wrote. */
function checkpoint({ installation }: Bench): Promise<unknown> {
  return withClient(installation.addresses.postgres.control, (client) => client.query('CHECKPOINT'));
}

async function refreshed(bench: Bench, figures: Figures) {
  const { functions, identity } = bench.installation.addresses;
  const client = new LcsClient({ app: functions, issuer: identity });
  await checkpoint(bench);
  const began = performance.now();
  const secondsNow = () => (performance.now() - began) / 1000;
  const begun = await client.refresh(PROJECT_ID, PRODUCTION_ID, SANDBOX_ID);
  if (!begun.IsSuccess) throw new Error(`the refresh was refused: ${begun.ErrorMessage}`);
  const activity = { project: PROJECT_ID, environment: SANDBOX_ID, activity: begun.OperationActivityId };
  const steps: Record<string, number> = {};
  let lookedAt = 0;
  let details: OperationDetails | undefined;
  await until(async () => {
    details = await client.details(activity);
    const [now, step] = [secondsNow(), details.Step ?? 'begin'];
    steps[step] = (steps[step] ?? 0) + now - lookedAt;
    lookedAt = now;
    figures.progress('refresh', 2, 4, `${step} ${details.PercentComplete ?? 0} %`);
    return !UNDER_WAY.includes(details.OperationStatus);
  }, WITHIN_MS);
  if (details?.OperationStatus !== 'Completed')
    throw new Error(`the refresh is ${details?.OperationStatus}: ${JSON.stringify(details?.Failure)}`);
  return { seconds: lookedAt, steps };
}

/** The refreshed databases hold what those by hand hold, but for the administrator, whom only the runbook resets. */
async function verify(sources: readonly string[], targets: readonly string[]): Promise<void> {
  for (const [k, url] of targets.entries()) {
    const [found, wanted] = [await sums(url), await sums(urlOf(sources[k] ?? '', { database: byHandName(k) }))];
    const different = [...wanted].filter(([table, sum]) => found.get(table) !== sum).map(([table]) => table);
    if (different.length > 0 || found.size !== wanted.size)
      throw new Error(`the refreshed ${KINDS[k]} database differs: ${different.join(', ')}`);
  }
}

/** Of each table, how many rows it has and the sum of their hashes. */
function sums(url: string): Promise<Map<string, string>> {
  return withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ schema: string; name: string }>(
      `SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'`,
    );
    const found = new Map<string, string>();
    for (const { schema, name } of tables) {
      const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
      const others = name === 'userinfo' ? `WHERE id <> 'Admin'` : '';
      const { rows } = await client.query<{ sum: string }>(
        `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM ${table} t ${others}`,
      );
      found.set(table, rows[0]?.sum ?? '');
    }
    return found;
  });
}
