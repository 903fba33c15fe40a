import { rm } from 'node:fs/promises';
import { existingCluster } from './cluster.ts';
import { killServer } from './leftovers.ts';

/** Removes all that `startPostgres` ever wrote for this data folder, also what lies elsewhere, and ends what runs on it. */
export async function removePostgresData(data: string): Promise<void> {
  const existing = await existingCluster(data);
  if (existing) await killServer(existing.cluster);
  if (existing?.outside) await rm(existing.outside, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
}
