import { rm } from 'node:fs/promises';
import type { Poster } from '../../local/dataverse/notifications/outbox.ts';
import { type RunningDataverse, startDataverse } from '../../local/dataverse/running.ts';
import type { WebApiOptions } from '../../shared/dataverse/web-api/client.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface ServedOrganization extends RunningDataverse {
  /** How the Web API adapter reaches it. */
  readonly options: WebApiOptions;
}

/** A fresh local organization with its server in this process, on a free port. `poster` takes its notifications. */
export async function serveOrganization(poster?: Poster): Promise<ServedOrganization> {
  const data = await temporaryFolder('dataverse');
  const running = await startDataverse({ port: 0, data, poster });
  const credential = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  return {
    ...running,
    options: { url: running.url, credential, clock: systemClock },
    stop: async () => {
      await running.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
