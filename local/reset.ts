import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { removePostgresData } from './postgres/remove.ts';
import { basePort } from './supervisor/addresses.ts';
import { endLeftovers } from './supervisor/record.ts';
import { defaultFolder, lockFile } from './supervisor/start-all.ts';
import { explainFailure, StartFailure } from './support/failure.ts';
import { lockHolder } from './support/lock.ts';

/** Removes all data and logs of the installation on the base port of FRESHET_PORT; asks nothing. */
async function reset(): Promise<string> {
  const base = basePort(process.env.FRESHET_PORT);
  const folder = defaultFolder(base);
  if (!(await stat(folder).catch(() => null))) return `There is no data for base port ${base}.`;
  const holder = await lockHolder(lockFile(folder));
  if (holder) {
    throw new StartFailure(
      `Freshet runs on base port ${base} (process ${holder.pid})`,
      'Stop it first, with Ctrl-C in its terminal',
    );
  }
  try {
    await endLeftovers(folder);
    await removePostgresData(path.join(folder, 'postgres'));
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw explainFailure(error, { port: base, data: folder });
  }
  return `The data for base port ${base} is removed.`;
}

reset().then(
  (line) => console.log(line),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
