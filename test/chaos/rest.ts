import pg from 'pg';
import type { ProfileJson } from '../../local/client/freshet-client.ts';
import { statuses, troubleOf } from '../../local/client/sync-progress.ts';
import { until } from '../../local/support/until.ts';
import { ENTITIES, type Site, type Target } from './site.ts';

/** How a site came to rest, and what of the promises does not hold. */
export interface Rest {
  readonly rowsCompared: number;
  readonly differences: number;
  /** From the call until all was equal and calm. */
  readonly seconds: number;
  readonly problems: string[];
}

export interface RestOptions {
  readonly withinMs: number;
  /** What was read must be what the log holds since the profile joined; not where the log itself was set back. */
  readonly exact: boolean;
}

/**
 * Waits until nothing is behind, then compares every row and value of every table with the organization, and the counters
 * with one another and with the log.
 */
export async function comeToRest(site: Site, { withinMs, exact }: RestOptions): Promise<Rest> {
  const began = performance.now();
  const left = () => Math.max(1_000, withinMs - (performance.now() - began));
  const problems: string[] = [];
  let rowsCompared = 0;
  let differences = 0;
  for (const target of site.targets) {
    await until(async () => (await restlessness(site, target)) === null, left());
    const open = await site.test.reconciled(ENTITIES, left(), target.pool);
    for (const { entity, differences: lines } of open) {
      differences += lines.length;
      problems.push(`${target.name} ${entity}: ${lines.length} rows or more differ, ${lines.slice(0, 3).join(' | ')}`);
    }
    rowsCompared += await rowsOf(target);
    await until(async () => (await restlessness(site, target)) === null, left());
    const restless = await restlessness(site, target);
    if (restless !== null) problems.push(`${target.name}: ${restless}`);
    if (exact) problems.push(...(await miscounted(site, target)));
  }
  return { rowsCompared, differences, seconds: Math.round((performance.now() - began) / 100) / 10, problems };
}

/** Why a profile is not at rest, by what the API says of it; null when it is. */
export async function restlessness(site: Site, { profileId }: Target): Promise<string | null> {
  const profile = await site.test.client.status(profileId).catch(() => null);
  return profile === null ? 'the API does not answer' : restlessnessOf(profile);
}

export function restlessnessOf(profile: ProfileJson): string | null {
  if (profile.Status?.ExportStatus !== 'Running') return `it is ${profile.Status?.ExportStatus}: ${troubleOf(profile)}`;
  for (const status of statuses(profile)) {
    const { Type, TotalNotifications: read, SuccessNotifications: written, PagesBehind } = status;
    const { FailureNotifications: failed, RetryNotifications: retrying } = status;
    if (status.InitialSyncState !== 'Completed') return `${Type}: the synchronization is ${status.InitialSyncState}`;
    if (PagesBehind > 0) return `${Type}: ${PagesBehind} pages behind`;
    if (failed > 0 || retrying > 0) return `${Type}: ${failed} failed, ${retrying} retrying`;
    if (read !== written) return `${Type}: ${read} read, but ${written} written or replaced`;
  }
  return null;
}

interface Count {
  readonly entity: string;
  readonly counted: number;
  readonly logged: number;
}

/** Each page after the join counts once: entities of which the destination counted more or less than the log holds. */
async function miscounted(site: Site, { name, profileId }: Target): Promise<string[]> {
  const control = new pg.Client({ connectionString: site.control });
  await control.connect();
  try {
    const { rows } = await control.query<Count>(
      `SELECT s.entity, (s.counters::json->>'read')::int AS counted,
         (SELECT coalesce(sum(p.entries), 0)::int FROM freshet.pages p
          WHERE p.organization_id = s.organization_id AND p.entity = s.entity
            AND (p.audience IS NULL OR p.audience = s.profile_id) AND p.number > n.mark AND p.number <= s.number) AS logged
       FROM freshet.subscriptions s JOIN freshet.snapshots n ON n.id = s.snapshot_id WHERE s.profile_id = $1`,
      [profileId],
    );
    const wrong = rows.filter(({ counted, logged }) => counted !== logged);
    const lines = wrong.map(
      ({ entity, counted, logged }) => `${name} ${entity}: ${counted} counted, ${logged} in the log`,
    );
    return rows.length === ENTITIES.length ? lines : [...lines, `${name}: only ${rows.length} entities are counted`];
  } finally {
    await control.end();
  }
}

async function rowsOf({ pool }: Target): Promise<number> {
  const counts = ENTITIES.map((entity) => `(SELECT count(*) FROM dbo.${pg.escapeIdentifier(entity)})`);
  const { rows } = await pool.query<{ rows: string }>(`SELECT ${counts.join(' + ')} AS rows`);
  return Number(rows[0]?.rows ?? 0);
}
