import { z } from 'zod';
import { runPart } from '../support/entry.ts';
import { StartFailure } from '../support/failure.ts';
import { isLock, takeLock } from '../support/lock.ts';
import { startDataverse } from './running.ts';

const organizationOption = z.object({
  id: z.uuid().optional(),
  url: z.url().optional(),
  tenantId: z.uuid().optional(),
  name: z.string().optional(),
});

await runPart('dataverse', ['rows', 'organization', 'issuer'], async ({ port, data, option }) => {
  const lock = await takeLock(`${data}/lock.json`);
  if (!isLock(lock))
    throw new StartFailure(
      `the organization in ${data} is in use by process ${lock.pid}`,
      'End that process, or choose another folder',
    );
  const running = await startDataverse({
    port,
    data,
    rows: Number(option('rows') ?? 0),
    organization: readOrganization(option('organization')),
    issuer: option('issuer'),
  });
  return { ...running, stop: () => running.stop().finally(() => lock.release()) };
});

function readOrganization(text: string | undefined) {
  if (text === undefined) return undefined;
  try {
    return organizationOption.parse(JSON.parse(text));
  } catch (error) {
    throw new StartFailure(
      '--organization cannot be read',
      'Give JSON such as {"id":"<uuid>","url":"http://127.0.0.1:7081","tenantId":"<uuid>"}',
      error,
    );
  }
}
