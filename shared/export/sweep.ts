import { feedBell, profileBell } from '../control/model.ts';
import { profileOfRetry, RETRIES_CONTAINER } from './apply/retry-blobs.ts';
import { ringBells } from './bells.ts';
import { removeOldFailures } from './failures/expire.ts';
import { FAILURES_PREFIX, profileOfFailures } from './failures/folders.ts';
import { PAGES_CONTAINER } from './pages.ts';
import type { ExportPorts } from './ports.ts';

/** How often the timer calls `sweep`; host-side schedule and this figure belong together. */
export const SWEEP_INTERVAL_S = 15;
const DAY_S = 86_400;
const DAY_MS = DAY_S * 1000;
/** A profile that nobody looked at for so long is rung: its destination may have been restored behind our back. */
const UNSEEN_MS = 60_000;
/** Bells given up by their owners that one sweep rings. */
const ABANDONED_MAX = 100;
/** Pages deleted in one sweep: many small transactions instead of one that holds up the readers. */
const FORGET_MAX_PAGES = 500;
/** Names compared with the rows at once. */
const NAMES_AT_ONCE = 500;

/**
 * Heals what notifications and messages lost: rings feeds in turn (within the day's budget of requests), profiles that are
 * behind, due or to be probed, and bells whose owner died; deletes pages that every position passed a day ago.
 */
export async function sweep(ports: ExportPorts): Promise<void> {
  const { control, clock, options } = ports;
  const feeds = await control.organizations.sweep(feedsPerSweep(options.sweepRequestsPerDay));
  const profiles = await control.profiles.due(clock.now(), UNSEEN_MS);
  const abandoned = await control.bells.abandoned(ABANDONED_MAX);
  const keys = new Set([...feeds.map(feedBell), ...profiles.map(profileBell), ...abandoned]);
  await ringBells(
    ports,
    [...keys].map((key) => ({ key })),
  );
  const blobs = await control.retention.forget(DAY_MS, options.retentionMs, FORGET_MAX_PAGES);
  for (const blob of blobs) await ports.blobs.remove(PAGES_CONTAINER, blob);
}

function feedsPerSweep(requestsPerDay: number): number {
  return Math.max(1, Math.floor((requestsPerDay * SWEEP_INTERVAL_S) / DAY_S));
}

/** Once a day: what crashes left over and is older than a day: blobs that no row names, and what belongs to no profile; and old failures. */
export async function cleanUp(ports: ExportPorts): Promise<void> {
  await removeUnnamed(ports, PAGES_CONTAINER, '', (names) => ports.control.retention.named(names));
  const profiles = await ports.control.profiles.list([...ports.organizations.keys()]);
  for (const profile of profiles) {
    const { id } = profile;
    try {
      const named = async (names: readonly string[]) => (await ports.destinations.of(profile)).openBlobs(names);
      await removeUnnamed(ports, RETRIES_CONTAINER, `${id}/`, named);
    } catch (error) {
      // Its destination cannot be asked today: the others are cleaned all the same.
      ports.log.write('warn', 'retries not cleaned up', { profileId: id, reason: String(error) });
    }
  }
  await removeStrays(ports);
  await removeOldFailures(ports);
}

/** Of a profile whose deletion broke off, or that a worker wrote for when it was gone already. */
async function removeStrays(ports: ExportPorts): Promise<void> {
  const known = new Map<string, boolean>();
  const isKnown = async (profileId: string) => {
    const answer = known.get(profileId) ?? (await ports.control.profiles.get(profileId)) !== null;
    known.set(profileId, answer);
    return answer;
  };
  await removeUnnamed(ports, RETRIES_CONTAINER, '', (names) =>
    filtered(names, (name) => isKnown(profileOfRetry(name))),
  );
  for await (const { name, changedAt } of ports.blobs.containers(FAILURES_PREFIX)) {
    const profileId = profileOfFailures(name);
    if (profileId === null || changedAt >= ports.clock.now() - DAY_MS || (await isKnown(profileId))) continue;
    await ports.blobs.removeContainer(name);
    ports.log.write('info', 'failures of an unknown profile removed', { profileId });
  }
}

async function filtered(names: readonly string[], keep: (name: string) => Promise<boolean>): Promise<string[]> {
  const kept: string[] = [];
  for (const name of names) if (await keep(name)) kept.push(name);
  return kept;
}

async function removeUnnamed(
  ports: ExportPorts,
  container: string,
  prefix: string,
  named: (names: readonly string[]) => Promise<string[]>,
): Promise<void> {
  const old: string[] = [];
  const flush = async () => {
    const names = old.splice(0);
    if (names.length === 0) return;
    const kept = new Set(await named(names));
    for (const name of names.filter((candidate) => !kept.has(candidate))) await ports.blobs.remove(container, name);
  };
  for await (const blob of ports.blobs.list(container, prefix)) {
    if (blob.writtenAt < ports.clock.now() - DAY_MS) old.push(blob.name);
    if (old.length >= NAMES_AT_ONCE) await flush();
  }
  await flush();
}
