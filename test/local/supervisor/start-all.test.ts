import { readFile, stat } from 'node:fs/promises';
import { SecretClient } from '@azure/keyvault-secrets';
import { BlobServiceClient } from '@azure/storage-blob';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allocatePorts } from '../../../local/supervisor/addresses.ts';
import { removeInstallation } from '../../../local/supervisor/remove.ts';
import { type Installation, type StartOptions, startAll } from '../../../local/supervisor/start-all.ts';
import { describeInstallation } from '../../../local/supervisor/table.ts';
import { signalProcess } from '../../../local/support/processes.ts';
import { until } from '../../../local/support/until.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DEADLINE_MS = 30_000;
const ORGANIZATION = { id: '11111111-2222-4333-8444-555555555555', url: 'https://o.example', tenantId: 'the-tenant' };

describe('the genuine PostgreSQL, Azurite, Key Vault and issuer, started together', () => {
  let folder = '';
  let installation: Installation;
  let options: StartOptions;
  const lines: string[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('installation');
    options = {
      port: await allocatePorts(),
      folder,
      parts: ['postgres', 'azurite', 'key-vault', 'identity'],
      settings: { FRESHET_ORGANIZATIONS: JSON.stringify([ORGANIZATION]), FRESHET_AUDIENCE: 'api://mine, other' },
      report: (line) => lines.push(line),
    };
    installation = await startAll(options);
  });

  afterAll(async () => {
    await installation?.stop();
    await removeInstallation(folder);
  });

  const token = async (init: RequestInit) => {
    const answer = await fetch(`${installation.addresses.identity}/token`, { method: 'POST', ...init });
    return ((await answer.json()) as { access_token: string }).access_token;
  };

  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async function destinationSecret() {
    const getToken = async () => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'https://vault.azure.net/.default' });
      return { token: await token({ body }), expiresOnTimestamp: Date.now() + 60_000 };
    };
    const { url, caFile } = installation.addresses.keyVault;
    const tlsOptions = { ca: await readFile(caFile, 'utf8') };
    const client = new SecretClient(url, { getToken }, { disableChallengeResourceVerification: true, tlsOptions });
    return client.getSecret('destination');
  }

  test('have their two databases, and the destination in the vault, tagged with organization and tenant', async () => {
    const { control, destination } = installation.addresses.postgres;
    expect(await query(control, 'SELECT current_database() AS name')).toEqual([{ name: 'freshet' }]);
    const secret = await destinationSecret();
    expect(secret.value).toBe(destination);
    expect(secret.properties.tags).toEqual({ [ORGANIZATION.id]: ORGANIZATION.tenantId });
    expect(await query(secret.value ?? '', 'SELECT current_database() AS name')).toEqual([{ name: 'destination' }]);
  });

  test('store blobs, and give tokens for the audience and the tenant of the settings', async () => {
    const client = BlobServiceClient.fromConnectionString(installation.addresses.azurite.connectionString);
    await client.getContainerClient('pages').create();
    const [, claims = ''] = (await token({ body: JSON.stringify({ roles: ['Reader'] }) })).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      aud: 'api://mine',
      tid: 'the-tenant',
    });
  });

  test('are described in a table: addresses and process numbers of those that run', () => {
    const table = describeInstallation(installation);
    for (const { pid } of installation.states()) expect(table).toContain(`pid ${pid}`);
    expect(table).toContain(installation.addresses.postgres.destination);
    expect(table).toContain(installation.addresses.keyVault.destinationSecret);
    expect(table).not.toContain('Service Bus');
  });

  test('keep their data over the kill -9 of each, and over a stop and a start', async () => {
    const { control } = installation.addresses.postgres;
    await query(control, 'CREATE TABLE kept AS SELECT 42 AS n');
    for (const { pid } of installation.states()) signalProcess(pid, 'SIGKILL');
    const again = () => lines.filter((line) => line.endsWith('serves again')).length === 4;
    expect(await until(again, DEADLINE_MS)).toBe(true);
    expect(await query(control, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);

    await installation.stop();
    await expect(stat(`${folder}/lock.json`)).rejects.toThrow();
    installation = await startAll(options);
    expect(await query(control, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    expect((await destinationSecret()).value).toBe(installation.addresses.postgres.destination);
  });

  test('are not removed while they run', async () => {
    await expect(removeInstallation(folder)).rejects.toThrow(`(process ${process.pid}). Stop it first`);
    expect(await query(installation.addresses.postgres.control, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('are not started a second time', async () => {
    await expect(startAll(options)).rejects.toThrow(`Freshet runs already on base port ${options.port}`);
    expect(await query(installation.addresses.postgres.control, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('are refused with the name of a setting that cannot be read', async () => {
    const settings = { FRESHET_ORGANIZATIONS: '{"id": 1}' };
    await expect(startAll({ ...options, settings })).rejects.toThrow(
      /FRESHET_ORGANIZATIONS cannot be read.*JSON array/,
    );
  });
});
