import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { Source } from '../../shared/dataverse/port.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { allocatePorts } from '../supervisor/addresses.ts';
import { removeInstallation } from '../supervisor/remove.ts';
import { type Installation, startAll } from '../supervisor/start-all.ts';

/** Everything for real on free ports, in a scratch folder. */
export interface Stage {
  readonly installation: Installation;
  /** Of the local destination. */
  readonly pool: pg.Pool;
}

/** Starts all parts, lets the play run, and leaves nothing behind. */
export async function onStage<T>(settings: Record<string, string>, play: (stage: Stage) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'freshet-demo-'));
  console.log('Starting all parts …');
  const installation = await startAll({
    port: await allocatePorts(),
    folder,
    settings,
    report: (line) => console.log(`  ${line}`),
  });
  const pool = poolOf(installation.addresses.postgres.destination);
  try {
    return await play({ installation, pool });
  } finally {
    await pool.end();
    await installation.stop();
    await removeInstallation(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Survives that its connections are cut while they idle. */
export function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 });
  pool.on('error', () => undefined);
  return pool;
}

export function sourceOf({ dataverse, identity }: Installation['addresses']): Source {
  const credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
  return new WebApiSource({ url: dataverse, credential, clock: systemClock });
}
