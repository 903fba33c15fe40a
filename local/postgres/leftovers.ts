import { rm } from 'node:fs/promises';
import path from 'node:path';
import { StartFailure } from '../support/failure.ts';
import { readIfThere } from '../support/files.ts';
import { listProcesses, markProcess, type ProcessEntry, signalProcess } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { Programs } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { stopByControl } from './postmaster.ts';

/** A server that outlived us has clients' work to end and a checkpoint to write. */
const STOP_MS = 10_000;
const KILL_MS = 5_000;

/**
 * Ends what a killed run left behind: a server whose starter is gone, and server processes whose postmaster was killed (a
 * busy one lives on, and PostgreSQL then refuses to start over its shared memory). Removes a lock file that names a
 * process which is not our server: PostgreSQL believes any living process of that number. Nothing is lost: the next start
 * recovers from the log. The caller holds the data folder's lock, so no server that is still wanted is met.
 */
export async function clearLeftovers(cluster: Cluster, programs: Programs): Promise<void> {
  const lockFile = path.join(cluster.folder, 'postmaster.pid');
  const postmaster = Number.parseInt((await readIfThere(lockFile)) ?? '', 10);
  if (Number.isNaN(postmaster)) return killChildren(cluster);
  if (await isPostmaster(cluster, postmaster)) {
    await stopByControl(cluster, programs, 'fast');
    const gone = async () => (await markProcess(postmaster)) === null;
    if (!(await until(gone, STOP_MS))) signalProcess(postmaster, 'SIGKILL');
    await until(gone, KILL_MS);
  }
  await killChildren(cluster);
  if (!(await isPostmaster(cluster, postmaster))) await rm(lockFile, { force: true });
}

async function isPostmaster(cluster: Cluster, pid: number): Promise<boolean> {
  const mine = (entry: ProcessEntry) => entry.pid === pid && entry.command.includes(`-D ${cluster.folder} `);
  return (await markProcess(pid)) !== null && (await listProcesses()).some(mine);
}

/** All processes of the cluster, with the postmaster and at once: for a cluster that is to be removed. */
export const killServer = (cluster: Cluster): Promise<void> =>
  killAll((entry) => entry.command.includes(`cluster_name=${cluster.name}`) || isChild(cluster, entry));

const killChildren = (cluster: Cluster): Promise<void> => killAll((entry) => isChild(cluster, entry));

const isChild = (cluster: Cluster, entry: ProcessEntry) => entry.command.startsWith(`postgres: ${cluster.name}: `);

async function killAll(wanted: (entry: ProcessEntry) => boolean): Promise<void> {
  let left: readonly ProcessEntry[] = [];
  const none = async () => {
    left = (await listProcesses()).filter(wanted);
    for (const { pid } of left) signalProcess(pid, 'SIGKILL');
    return left.length === 0;
  };
  if (await until(none, KILL_MS)) return;
  throw new StartFailure(
    `processes of an earlier PostgreSQL do not end (${left.map((entry) => entry.pid).join(', ')})`,
    'Restart the machine, or start Freshet as the user that started it before',
  );
}
