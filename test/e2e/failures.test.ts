import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OrganizationRows } from '../../local/client/organization-rows.ts';
import { until } from '../../local/support/until.ts';
import { activeProfile, startInstallation, type TestInstallation } from '../support/installation.ts';

const POISONED = 50;
const GOOD = 30;
const SYNC_MS = 60_000;
const POISON = 'poison';
const REASON = 'new row for relation "account" violates check constraint "nopoison"';

let test: TestInstallation;
let profileId: string;

beforeAll(async () => {
  test = await startInstallation();
  await test.organization.command('seed', { rows: 100 });
  profileId = await activeProfile(test, ['account'], { RetryPolicy: { MaxRetryCount: 1, IntervalInSeconds: 1 } });
  expect(await test.reconciled(['account'], SYNC_MS)).toEqual([]);
});

afterAll(() => test.stop());

const failures = async () => (await test.client.status(profileId)).Status?.FailureNotifications;

async function createAccounts(count: number, name: string): Promise<void> {
  const rows = new OrganizationRows(test.installation.addresses);
  for (let number = 0; number < count; number++) await rows.create('accounts', { name: `${name} ${number}` });
}

/** The lines that people find in a folder of the profile's container. */
async function lines(folder: string): Promise<string[]> {
  const { connectionString } = test.installation.addresses.azurite;
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(
    `failures-${profileId}`,
  );
  const texts: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: `${folder}/` }))
    texts.push((await container.getBlobClient(name).downloadToBuffer()).toString());
  return texts.flatMap((text) => text.split('\n').slice(0, -1));
}

it('poisoned records fail among good ones, fail again, and are written by a resync once their cause is mended', async () => {
  await test.destination.query(
    `ALTER TABLE dbo.account ADD CONSTRAINT nopoison CHECK (name NOT LIKE '${POISON}%') NOT VALID`,
  );
  await Promise.all([createAccounts(POISONED, POISON), createAccounts(GOOD, 'good')]);
  expect(await until(async () => (await failures()) === POISONED, SYNC_MS)).toBe(true);
  const rows = await test.destination.query(
    `SELECT count(*)::integer AS good FROM dbo.account WHERE name LIKE 'good %'`,
  );
  expect(rows).toEqual([{ good: GOOD }]);
  expect(await until(async () => (await lines('failurelog')).length === POISONED, SYNC_MS)).toBe(true);
  const logged = await lines('failurelog');
  for (const line of logged)
    expect(line).toMatch(
      /^Entity: account, RecordId: [0-9a-f-]{36}, NotificationTime: \d.*M, ChangeType: New, FailureReason: /,
    );
  expect(logged[0]).toContain(REASON);

  expect(await test.client.resyncFailed(profileId)).toMatchObject({ Records: POISONED });
  expect(await until(async () => (await lines('forcerefreshfailurelog')).length === POISONED, SYNC_MS)).toBe(true);
  expect(await failures()).toBe(POISONED);

  await test.destination.query('ALTER TABLE dbo.account DROP CONSTRAINT nopoison');
  await test.client.resyncFailed(profileId);
  expect(await until(async () => (await failures()) === 0, SYNC_MS)).toBe(true);
  expect(await test.reconciled(['account'], SYNC_MS)).toEqual([]);
  expect(await lines('forcerefreshfailurelog')).toEqual([]);
  expect(await lines('failurelog')).toEqual(logged);
});
