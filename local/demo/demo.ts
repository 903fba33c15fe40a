import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { allocatePorts } from '../supervisor/addresses.ts';
import { removeInstallation } from '../supervisor/remove.ts';
import { type Installation, startAll } from '../supervisor/start-all.ts';
import { demonstrateExport } from './export.ts';
import { demonstrateRefresh } from './refresh.ts';

/** Each says whether all went as it should. */
const DEMOS: Readonly<Record<string, (installation: Installation) => Promise<boolean>>> = {
  export: demonstrateExport,
  refresh: demonstrateRefresh,
};

/** `npm run demo [-- export | refresh]`, in a scratch folder on free ports. The exit code is 0 when all went well. */
async function main([name = 'export']: readonly string[]): Promise<number> {
  const demonstrate = DEMOS[name];
  if (!demonstrate) throw new Error(`There is no demo ${name}. Choose one of ${Object.keys(DEMOS).join(', ')}.`);
  const began = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), 'freshet-demo-'));
  console.log('Starting all parts …');
  const installation = await startAll({
    port: await allocatePorts(),
    folder,
    report: (line) => console.log(`  ${line}`),
  });
  try {
    const well = await demonstrate(installation);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`\n${well ? 'All went well' : 'Something did not go as it should'} (${seconds} s in all).`);
    return well ? 0 : 1;
  } finally {
    await installation.stop();
    await removeInstallation(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
