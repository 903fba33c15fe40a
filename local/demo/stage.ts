import type { Source } from '../../shared/dataverse/port.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { type Onlooker, onlookerOf } from '../databases/onlooker.ts';
import { type ScratchInstallation, startScratch } from '../supervisor/scratch.ts';
import type { Installation } from '../supervisor/start-all.ts';

/** Everything for real, with nothing left behind. */
export interface Stage {
  readonly installation: ScratchInstallation;
  /** Of the first profile's destination. */
  readonly destination: Onlooker;
}

export async function onStage<T>(settings: Record<string, string>, play: (stage: Stage) => Promise<T>): Promise<T> {
  console.log('Starting all parts …');
  const report = (line: string) => console.log(`  ${line}`);
  const installation = await startScratch({ name: 'demo', settings, report });
  const destination = onlookerOf(installation.databases.destination);
  try {
    return await play({ installation, destination });
  } finally {
    await destination.end();
    await installation.stop();
  }
}

export function sourceOf({ dataverse, identity }: Installation['addresses']): Source {
  const credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
  return new WebApiSource({ url: dataverse, credential, clock: systemClock });
}
