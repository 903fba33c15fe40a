import type { ProfileJson } from '../../local/client/freshet-client.ts';
import { statuses, troubleOf } from '../../local/client/sync-progress.ts';
import { onlookerOf } from '../../local/databases/onlooker.ts';
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
    const open = await site.test.reconciled(ENTITIES, left(), target.onlooker);
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

interface Subscribed {
  readonly entity: string;
  readonly organization: string;
  readonly counters: string;
  readonly mark: string;
  readonly number: string;
}

/** Each page after the join counts once: entities of which the destination counted more or less than the log holds. */
async function miscounted(site: Site, { name, profileId }: Target): Promise<string[]> {
  const control = onlookerOf(site.control);
  try {
    const subscriptions = await control.query<Subscribed>(
      `SELECT s.entity AS entity, s.organization_id AS organization, s.counters AS counters, n.mark AS mark, s.number AS number
       FROM freshet.subscriptions s JOIN freshet.snapshots n ON n.id = s.snapshot_id WHERE s.profile_id = $1`,
      [profileId],
    );
    const lines: string[] = [];
    for (const { entity, organization, counters, mark, number } of subscriptions) {
      const [found] = await control.query(
        `SELECT coalesce(sum(entries), 0) AS logged FROM freshet.pages WHERE organization_id = $1 AND entity = $2
         AND (audience IS NULL OR audience = $3) AND number > ${Number(mark)} AND number <= ${Number(number)}`,
        [organization, entity, profileId],
      );
      const { read } = JSON.parse(counters) as { readonly read: number };
      if (read !== Number(found?.logged)) lines.push(`${name} ${entity}: ${read} counted, ${found?.logged} in the log`);
    }
    const counted = subscriptions.length;
    return counted === ENTITIES.length ? lines : [...lines, `${name}: only ${counted} entities are counted`];
  } finally {
    await control.end();
  }
}

async function rowsOf({ onlooker }: Target): Promise<number> {
  const counts = ENTITIES.map((entity) => `(SELECT count(*) FROM dbo.${entity})`);
  const [row] = await onlooker.query(`SELECT ${counts.join(' + ')} AS number`);
  return Number(row?.number);
}
