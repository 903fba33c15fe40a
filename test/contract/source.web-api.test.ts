import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDataverse } from '../../local/dataverse/running.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { describeSource } from './source.suite.ts';

describeSource('the Web API of the local organization', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'dataverse-'));
  const { url, organization, faults, stop } = await startDataverse({ port: 0, data });
  const credential = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Number.POSITIVE_INFINITY }) };
  const source = new WebApiSource({ url, clock: systemClock, credential });
  return {
    source,
    organization,
    faults: {
      throttle: (requests, retryAfterSeconds) => {
        const { throttle } = faults.settings;
        faults.settings = { ...faults.settings, throttle: { ...throttle, requests, retryAfterSeconds } };
      },
      administrationMode: (on) => {
        faults.settings = { ...faults.settings, administrationMode: on };
      },
    },
    stop: async () => {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
});
