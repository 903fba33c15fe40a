import { stat } from 'node:fs/promises';
import { basePort } from './supervisor/addresses.ts';
import { removeInstallation } from './supervisor/remove.ts';
import { defaultFolder } from './supervisor/start-all.ts';

/** Removes all data and logs of the installation on the base port of FRESHET_PORT; asks nothing. */
async function reset(): Promise<string> {
  const base = basePort(process.env.FRESHET_PORT);
  const folder = defaultFolder(base);
  if (!(await stat(folder).catch(() => null))) return `There is no data for base port ${base}.`;
  await removeInstallation(folder);
  return `The data for base port ${base} is removed.`;
}

reset().then(
  (line) => console.log(line),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
