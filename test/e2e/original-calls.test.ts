import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../local/support/until.ts';
import { startInstallation, type TestInstallation } from '../support/installation.ts';

/** A script made of the original's documented calls alone: from the sign-in to a profile deleted. */

const SYNC_MS = 60_000;
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

it('discovers, creates, validates, activates, watches, changes, deactivates and deletes a profile', async () => {
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
    RetryPolicy: { MaxRetryCount: 5, IntervalInSeconds: 5, Backoff: 'Simple' },
    WriteDeleteLog: true,
    DestinationSchemaName: 'dbo',
  };
  const valid = await call('POST', 'profiles/validate', profile);
  expect([valid.status, valid.json.Permissions.length]).toEqual([200, 13]);
  const { Id } = (await call('POST', 'profiles', profile)).json;
  expect((await call('GET', `profiles/${Id}/test`)).json.Passed).toBe(true);
  expect((await call('POST', `profiles/${Id}/activate`, '')).json).toMatchObject({ Id, Name: 'Original' });
  expect(await until(() => allCompleted(Id), SYNC_MS)).toBe(true);

  const changed = { ...profile, Entities: [{ Type: 'account' }, { Type: 'lead' }] };
  expect((await call('PUT', `profiles/${Id}`, changed)).json).toMatchObject({ Id, State: 1 });
  expect(await until(() => allCompleted(Id), SYNC_MS)).toBe(true);
  const { rows } = await test.destination.query('SELECT (SELECT count(*)::int FROM dbo.orig_lead) AS leads');
  expect(rows[0].leads).toBe((await test.organization.status()).rows.lead);

  const failures: string = (await call('GET', `profiles/${Id}/failures`)).json;
  expect((await fetch(`${failures}&restype=container&comp=list`)).status).toBe(200);
  expect((await call('POST', `profiles/${Id}/deactivate`, '')).json.State).toBe(2);
  expect((await call('DELETE', `profiles/${Id}`)).status).toBeLessThan(300);
  expect((await call('GET', `profiles?organizationId=${organization.OrganizationId}`)).json).toEqual([]);
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
