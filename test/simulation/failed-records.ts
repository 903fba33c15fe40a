import type { Profile } from '../../shared/control/model.ts';
import type { MemoryRetry } from '../../shared/destination/memory/database.ts';
import { FAILURES_KEPT_MS } from '../../shared/export/failures/expire.ts';
import {
  DATA_FOLDER,
  failuresContainer,
  LOG_FOLDER,
  profileOfFailures,
  UNKNOWN_FAILURES_CONTAINER,
} from '../../shared/export/failures/folders.ts';
import { logFolderOf } from '../../shared/export/failures/settlements.ts';
import { ORGANIZATION_ID, type World } from '../support/world.ts';
import { AREA, blobsOf, type Finding, found } from './checks.ts';

/**
 * With all retries tried and no cause left to refuse anything, those are open that were refused to the end and did not change
 * since. `told`: of each both JSON and line are there.
 */
export async function inspectFailed(world: World, { told }: { readonly told: boolean }): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const profile of await world.control.profiles.list([ORGANIZATION_ID])) {
    const { name } = profile.settings;
    const own = world.database(name).area(AREA).own;
    const blobs = await blobsOf(world, failuresContainer(profile.id));
    for (const retry of own?.retries.values() ?? []) {
      const texts = [...fate(profile, retry), ...currency(world, retry), ...(told ? records(world, retry, blobs) : [])];
      findings.push(...texts.map((text) => found('only what must fail has failed', `${name}.${retry.entity} ${text}`)));
    }
  }
  return findings;
}

function fate({ settings }: Profile, { id, attempts, failedAt, dueAt }: MemoryRetry): string[] {
  const ended = failedAt !== null && dueAt === null && attempts === settings.retry.maxCount;
  return ended ? [] : [`${id} is not at its end: ${JSON.stringify({ attempts, failedAt, dueAt })}`];
}

/** A newer change takes the place of what failed. */
function currency({ organization }: World, { entity, id }: MemoryRetry): string[] {
  const table = organization.table(entity);
  const row = table.rows.get(id);
  if (row && String(table.cell(row, 'name')).startsWith('bad')) return [];
  return [`${id} failed, and is ${row ? table.cell(row, 'name') : 'deleted'} now`];
}

/** Each resync of failed records empties the folder of its lines, should it fail or not; and old ones go. */
function records({ clock }: World, retry: MemoryRetry, blobs: readonly string[]): string[] {
  const { entity, id, settlementId, failedAt, logged } = retry;
  if (!logged || settlementId === null) return [`${id} is not logged`];
  if ((failedAt ?? 0) < clock.now() - FAILURES_KEPT_MS) return [];
  const json = blobs.includes(`${DATA_FOLDER}/${entity}/${id}_${settlementId}.json`);
  const line = logFolderOf(settlementId) !== LOG_FOLDER || blobs.some((name) => name.endsWith(`/${settlementId}.txt`));
  return json && line ? [] : [`${id} of ${settlementId} lacks its ${json ? 'line' : 'JSON'}`];
}

/** Once cleaned up, there are no failures that are old or belong to nobody. */
export async function inspectFailureBlobs(world: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  const known = new Set((await world.control.profiles.list([ORGANIZATION_ID])).map(({ id }) => id));
  for await (const { name } of world.blobs.containers('')) {
    const profileId = profileOfFailures(name);
    if (profileId !== null && !known.has(profileId)) findings.push(found('no failures of nobody', name));
    if (profileId === null && name !== UNKNOWN_FAILURES_CONTAINER) continue;
    for await (const blob of world.blobs.list(name))
      if (blob.writtenAt < world.clock.now() - FAILURES_KEPT_MS)
        findings.push(found('old failures go', `${name}/${blob.name}`));
  }
  return findings;
}
