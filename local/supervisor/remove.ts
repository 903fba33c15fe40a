import { rm } from 'node:fs/promises';
import path from 'node:path';
import { removePostgresData } from '../postgres/remove.ts';
import { explainFailure, StartFailure } from '../support/failure.ts';
import { lockHolder } from '../support/lock.ts';
import { endLeftovers } from './record.ts';
import { lockFile } from './start-all.ts';

/**
 * Removes all that an installation wrote: its folder, and what of it lies elsewhere (removing the folder alone would leave
 * that behind). Ends what a killed run left running. StartFailure when the installation runs.
 */
export async function removeInstallation(folder: string): Promise<void> {
  const holder = await lockHolder(lockFile(folder));
  if (holder) {
    throw new StartFailure(
      `Freshet runs in ${folder} (process ${holder.pid})`,
      'Stop it first, with Ctrl-C in its terminal',
    );
  }
  try {
    await endLeftovers(folder);
    await removePostgresData(path.join(folder, 'postgres'));
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw explainFailure(error, { port: 0, data: folder });
  }
}
