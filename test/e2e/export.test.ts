import { readFile } from 'node:fs/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statuses } from '../../local/client/sync-progress.ts';
import { until } from '../../local/support/until.ts';
import { activeProfile, startInstallation, type TestInstallation } from '../support/installation.ts';

const ENTITIES = ['account', 'contact', 'lead', 'phonecall', 'fre_sample', 'contactleads'];
const PROFILES = '/crm/exporter/profiles';
const SYNC_MS = 60_000;
const FOLLOW_MS = 20_000;

let test: TestInstallation;

beforeAll(async () => {
  test = await startInstallation();
  await test.organization.command('seed', { rows: 1_500 });
});

afterAll(() => test.stop());

const url = (path: string) => `${test.installation.addresses.functions}${path}`;
const call = (method: string, path: string, token?: string, body?: unknown) =>
  fetch(url(path), {
    method,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

async function token(claims: object = { roles: ['SystemAdministrator'] }): Promise<string> {
  const answer = await fetch(`${test.installation.addresses.identity}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

describe('who may call', () => {
  it('nobody without a token, but the health check and the challenge', async () => {
    for (const [method, path] of [
      ['GET', PROFILES],
      ['POST', PROFILES],
      ['GET', `${PROFILES}/7f3b8c52-9d1e-4a6b-8c2d-1e5f7a9b3c4d`],
      ['POST', `${PROFILES}/7f3b8c52-9d1e-4a6b-8c2d-1e5f7a9b3c4d/activate`],
    ] as const) {
      const answer = await call(method, path);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer authorization_uri="http.+", resource_id=".+"$/);
      expect(await answer.json()).toMatchObject({
        CorrelationId: expect.any(String),
        Message: expect.any(String),
        Details: expect.any(String),
      });
    }
    expect((await call('GET', '/api/health')).status).toBe(200);
    expect((await call('GET', '/crm/exporter/aad/challenge')).status).toBe(401);
  });

  it('nobody with a forged or expired token', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const { identity } = test.installation.addresses;
    const forged = await new SignJWT({ roles: ['SystemAdministrator'], oid: 'x', tid: test.tenantId })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(identity)
      .setAudience('freshet')
      .setIssuedAt()
      .setExpirationTime('1h')
      .setSubject('x')
      .sign(privateKey);
    expect((await call('GET', PROFILES, forged)).status).toBe(401);
    expect(
      (await call('GET', PROFILES, await token({ roles: ['SystemAdministrator'], audience: 'another' }))).status,
    ).toBe(401);
  });

  it('only administrators, and only of their own organizations', async () => {
    expect((await call('GET', PROFILES, await token({ roles: ['Reader'] }))).status).toBe(403);
    expect(
      (
        await call(
          'GET',
          PROFILES,
          await token({ roles: ['SystemAdministrator'], organizations: ['00000000-0000-4000-8000-000000000009'] }),
        )
      ).status,
    ).toBe(403);
    expect((await call('GET', PROFILES, await token())).status).toBe(200);
  });
});

describe('a profile', () => {
  it('with wrong fields is refused, and every one is named', async () => {
    const answer = await call('POST', PROFILES, await token(), {
      Name: '',
      OrganizationId: 'x',
      Entities: [],
      RetryPolicy: { MaxRetryCount: 99 },
    });
    expect(answer.status).toBe(400);
    const { Message } = (await answer.json()) as { Message: string };
    for (const field of ['Name', 'OrganizationId', 'Entities', 'DestinationKeyVaultUri', 'RetryPolicy.MaxRetryCount'])
      expect(Message).toContain(field);
    expect(
      (
        await fetch(url(PROFILES), {
          method: 'POST',
          headers: { authorization: `Bearer ${await token()}` },
          body: 'no json',
        })
      ).status,
    ).toBe(400);
  });

  it('that names an entity or a secret which does not exist is not activated, and says so', async () => {
    const { client, organizationId, installation } = test;
    const { Id } = await client.createProfile({
      Name: 'wrong',
      OrganizationId: organizationId,
      Entities: [{ Type: 'nosuchthing' }],
      DestinationKeyVaultUri: `${installation.addresses.keyVault.url}/secrets/nosecret`,
    });
    const answer = await call('POST', `${PROFILES}/${Id}/activate`, await token());
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { Message: string }).Message).toMatch(/nosuchthing.*nosecret/s);
    expect((await call('DELETE', `${PROFILES}/${Id}`, await token())).status).toBe(204);
    expect((await call('GET', `${PROFILES}/${Id}`, await token())).status).toBe(404);
  });
});

describe('the main job', () => {
  let profileId: string;

  it('copies all rows of all entities', async () => {
    profileId = await activeProfile(test, ENTITIES, { WriteDeleteLog: true });
    const complete = async () =>
      statuses(await test.client.status(profileId)).every(({ InitialSyncState }) => InitialSyncState === 'Completed');
    expect(await until(complete, SYNC_MS)).toBe(true);
    expect(await test.reconciled(ENTITIES, FOLLOW_MS)).toEqual([]);
  });

  it('follows mixed changes until every table is equal', async () => {
    await test.organization.command('startStream', {
      rate: 300,
      count: 900,
      entities: ENTITIES.filter((name) => name !== 'contactleads'),
    });
    expect(await until(async () => (await test.organization.status()).stream.done, FOLLOW_MS)).toBe(true);
    expect(await test.reconciled(ENTITIES, FOLLOW_MS)).toEqual([]);
    const profile = await test.client.status(profileId);
    expect(profile.Status).toMatchObject({ ExportStatus: 'Running', FailureNotifications: 0, ErrorDetails: null });
  });

  it('adds a column that appears later and fills it, also in rows that did not change', async () => {
    const attribute = {
      LogicalName: 'fre_later',
      SchemaName: 'fre_Later',
      AttributeTypeName: 'StringType',
      MaxLength: 40,
      DefaultValue: 'filled',
    };
    await test.organization.command('addAttribute', { entity: 'fre_sample', attribute });
    await test.organization.command('startStream', { rate: 50, count: 50, entities: ['fre_sample'] });
    const added = async () =>
      (
        await test.destination.query(
          "SELECT 1 FROM information_schema.columns WHERE table_name = 'fre_sample' AND column_name = 'fre_later'",
        )
      ).length === 1;
    expect(await until(added, 60_000)).toBe(true);
    expect(await test.reconciled(['fre_sample'], 60_000)).toEqual([]);
  });

  it('makes a first cursor and a snapshot anew when the tokens expire', async () => {
    await test.organization.command('expireTokens');
    await test.organization.command('startStream', { rate: 100, count: 200, entities: ['account', 'contact'] });
    expect(await test.reconciled(ENTITIES, 90_000)).toEqual([]);
  });
});

describe('notifications', () => {
  let bus: ServiceBusClient;
  const send = async (...bodies: unknown[]) => {
    const sender = bus.createSender('notifications');
    await sender.sendMessages(bodies.map((body) => ({ body })));
    await sender.close();
  };
  const counters = async () =>
    ((await (await call('GET', '/api/health')).json()) as { counters: Record<string, number> }).counters;

  beforeAll(() => {
    bus = new ServiceBusClient(test.installation.addresses.serviceBus.connectionString);
  });
  afterAll(() => bus.close());

  it('that cannot be processed are kept with the reason, and hold back nobody', async () => {
    await send(
      'this is no JSON',
      { MessageName: 'Update' },
      { OrganizationId: test.organizationId, PrimaryEntityName: 'account', MessageName: 'Update' },
    );
    const container = BlobServiceClient.fromConnectionString(
      test.installation.addresses.azurite.connectionString,
    ).getContainerClient('failures-unknown');
    const kept = async () => {
      const texts: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix: 'unprocessablemessages/' }))
        texts.push((await container.getBlobClient(name).downloadToBuffer()).toString());
      return texts;
    };
    expect(await until(async () => (await kept()).length === 2, FOLLOW_MS)).toBe(true);
    expect((await kept()).join()).toMatch(/this is no JSON/);
    expect((await kept()).join()).toMatch(/names no organization/);
  });

  it('of an organization that is not served here ring nothing and are counted', async () => {
    const before = (await counters())['notifications.unknownOrganization'] ?? 0;
    const captured = await Promise.all(
      ['contact-create', 'contact-update', 'contact-delete', 'agentstatus-create', 'agentstatus-update'].map((name) =>
        readFile(new URL(`../fixtures/remote-execution-context/${name}.json`, import.meta.url), 'utf8'),
      ),
    );
    await send(...captured.map((text) => JSON.parse(text) as unknown));
    expect(
      await until(
        async () => ((await counters())['notifications.unknownOrganization'] ?? 0) === before + captured.length,
        FOLLOW_MS,
      ),
    ).toBe(true);
  });
});
