import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../local/support/until.ts';
import { startInstallation, type TestInstallation } from '../support/installation.ts';

/** A script made of the original's documented calls alone: from the sign-in to a profile deleted. */

const SYNC_MS = 60_000;
/** Fewer refused alike than make it the destination's fault. */
const POISONED = 5;
let test: TestInstallation;
let token = '';

beforeAll(async () => {
  test = await startInstallation();
  await test.organization.command('seed', { rows: 200 });
});
afterAll(() => test.stop());

async function call(method: string, path: string, body?: object | '') {
  const answer = await fetch(`${test.installation.addresses.functions}/crm/exporter/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: body === '' ? '' : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: text === '' ? null : JSON.parse(text) };
}

async function signIn(): Promise<void> {
  const challenge = (await call('GET', 'aad/challenge')).headers.get('www-authenticate') ?? '';
  expect(challenge).toMatch(/^Bearer authorization_uri="[^"]+", resource_id="[^"]+"$/);
  const answer = await fetch(`${test.installation.addresses.identity}/token`, {
    method: 'POST',
    body: JSON.stringify({ roles: ['SystemAdministrator'] }),
    headers: { 'content-type': 'application/json' },
  });
  token = ((await answer.json()) as { access_token: string }).access_token;
}

const allCompleted = async (id: string) => {
  const { json } = await call('GET', `profiles/${id}?status=true`);
  const states = json.Entities.map(({ Status }: { Status: { InitialSyncState: string } }) => Status.InitialSyncState);
  return states.every((state: string) => state === 'Completed');
};

const rowsOf = async (entity: string): Promise<number> =>
  Number((await test.destination.query(`SELECT count(*) AS count FROM dbo.orig_${entity}`))[0]?.count);

/** Failed records of the first entity, as a client of the original counts them. */
const failed = async (id: string): Promise<number> =>
  (await call('GET', `profiles/${id}?status=true`)).json.Entities[0].Status.FailureNotifications;

/** The lines of the failure log, by plain requests to the address that `failures` answers with. */
async function failureLines(id: string): Promise<string[]> {
  const container = new URL((await call('GET', `profiles/${id}/failures`)).json);
  const listed = await (await fetch(`${container}&restype=container&comp=list&prefix=failurelog/`)).text();
  const texts = [...listed.matchAll(/<Name>([^<]+)<\/Name>/g)].map(async ([, name]) => {
    const blob = new URL(container);
    blob.pathname += `/${name}`;
    return (await fetch(blob)).text();
  });
  return (await Promise.all(texts)).flatMap((text) => text.split('\n').slice(0, -1));
}

it('discovers, creates, validates, activates, watches, fails, mends, changes, deactivates and deletes a profile', async () => {
  await signIn();
  const [organization] = (await call('GET', 'metadata/organizations')).json;
  const query = `organizationurl=${organization.OrganizationUrl}`;
  const connector = (await call('GET', `metadata/connector?${query}&organizationId=${organization.OrganizationId}`))
    .json;
  expect(connector.ConnectorUrl).toBe(test.installation.addresses.functions);
  const entities = (await call('GET', `metadata/entities?${query}`)).json.map(
    ({ LogicalName }: { LogicalName: string }) => LogicalName,
  );
  expect(entities).toEqual(expect.arrayContaining(['account', 'contact', 'lead']));
  const relationships = (await call('GET', `metadata/relationships?${query}`)).json;
  expect(relationships).toContainEqual(expect.objectContaining({ IntersectLogicalName: 'contactleads' }));

  const profile = {
    Id: null,
    Version: null,
    State: null,
    OrganizationUrl: null,
    Name: 'Original',
    OrganizationId: organization.OrganizationId,
    Entities: ['account', 'contact'].map((Type) => ({ Type, Settings: {}, Status: null, LogicalName: null })),
    DestinationType: 'sqlazure',
    DestinationKeyVaultUri: test.installation.addresses.keyVault.destinationSecret,
    DestinationPrefix: 'orig',
    RetryPolicy: { MaxRetryCount: 1, IntervalInSeconds: 1, Backoff: 'Simple' },
    WriteDeleteLog: true,
    DestinationSchemaName: 'dbo',
  };
  const valid = await call('POST', 'profiles/validate', profile);
  expect([valid.status, valid.json.Permissions.length]).toEqual([200, 13]);
  const { Id } = (await call('POST', 'profiles', profile)).json;
  expect((await call('GET', `profiles/${Id}/test`)).json.Passed).toBe(true);
  expect((await call('POST', `profiles/${Id}/activate`, '')).json).toMatchObject({ Id, Name: 'Original' });
  expect(await until(() => allCompleted(Id), SYNC_MS)).toBe(true);

  await test.destination.query('ALTER TABLE dbo.orig_account ADD CONSTRAINT closed CHECK (false) NOT VALID');
  await test.organization.command('startStream', {
    rate: 50,
    count: POISONED,
    entities: ['account'],
    mix: { create: 1 },
  });
  expect(await until(async () => (await failed(Id)) === POISONED, SYNC_MS)).toBe(true);
  expect(await until(async () => (await failureLines(Id)).length === POISONED, SYNC_MS)).toBe(true);
  for (const line of await failureLines(Id))
    expect(line).toMatch(/^Entity: account, RecordId: \S+, .* ChangeType: New, FailureReason: .*"closed"$/);

  // The documented way out: drop the table, remove the entity, add it again.
  await test.destination.query('DROP TABLE dbo.orig_account');
  expect((await call('PUT', `profiles/${Id}`, { ...profile, Entities: [{ Type: 'contact' }] })).status).toBe(200);
  expect((await call('PUT', `profiles/${Id}`, profile)).json).toMatchObject({ Id, State: 1 });
  expect(await until(() => allCompleted(Id), SYNC_MS)).toBe(true);
  expect(await failed(Id)).toBe(0);
  expect(await rowsOf('account')).toBe((await test.organization.status()).rows.account);

  const changed = { ...profile, Entities: [{ Type: 'account' }, { Type: 'lead' }] };
  expect((await call('PUT', `profiles/${Id}`, changed)).json).toMatchObject({ Id, State: 1 });
  expect(await until(() => allCompleted(Id), SYNC_MS)).toBe(true);
  expect(await rowsOf('lead')).toBe((await test.organization.status()).rows.lead);

  const failures: string = (await call('GET', `profiles/${Id}/failures`)).json;
  expect((await fetch(`${failures}&restype=container&comp=list`)).status).toBe(200);
  expect((await call('POST', `profiles/${Id}/deactivate`, '')).json.State).toBe(2);
  expect((await call('DELETE', `profiles/${Id}`)).status).toBeLessThan(300);
  expect((await call('GET', `profiles?organizationId=${organization.OrganizationId}`)).json).toEqual([]);

  // Its tables stay, and are nobody's.
  const next = { ...profile, Name: 'Next', Entities: [{ Type: 'account' }] };
  const { Id: heir } = (await call('POST', 'profiles', next)).json;
  expect((await call('POST', `profiles/${heir}/activate`, '')).text).toContain('TABLE_STANDS');
  const adopting = { ...next, Entities: [{ Type: 'account', Settings: { Adopt: true } }] };
  expect((await call('PUT', `profiles/${heir}`, adopting)).status).toBe(200);
  expect((await call('POST', `profiles/${heir}/activate`, '')).status).toBe(200);
  expect(await until(() => allCompleted(heir), SYNC_MS)).toBe(true);
  expect(await rowsOf('account')).toBe((await test.organization.status()).rows.account);
  expect((await call('DELETE', `profiles/${heir}`)).status).toBeLessThan(300);

  const description = (await fetch(`${test.installation.addresses.functions}/api/openapi.json`)).json();
  expect(await description).toMatchObject({ openapi: '3.1.0' });
});

it('an organization that moved stops its profiles within some seconds of the next look', async () => {
  await signIn();
  const { client, organizationId, installation } = test;
  const { Id } = await client.createProfile({
    Name: 'Moved',
    OrganizationId: organizationId,
    Entities: [{ Type: 'account' }],
    DestinationKeyVaultUri: installation.addresses.keyVault.destinationSecret,
    DestinationPrefix: 'moved',
  });
  await client.activate(Id);
  expect(await until(() => allCompleted(Id), SYNC_MS)).toBe(true);
  await test.organization.command('move', { geo: 'NA' });
  expect(await until(async () => (await client.status(Id)).State === 4, 90_000)).toBe(true);
  expect((await client.status(Id)).Status?.ErrorDetails).toMatchObject({ Code: 'ORGANIZATION_REPLACED' });
  expect((await call('POST', `profiles/${Id}/activate`, '')).status).toBe(409);
});
