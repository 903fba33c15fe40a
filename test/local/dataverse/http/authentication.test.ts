import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Identity, startIdentity } from '../../../../local/identity/identity.ts';
import { type Client, startClient, temporaryFolder } from '../running.ts';

describe('tokens of an issuer', () => {
  const folder = temporaryFolder();
  let issuer: Identity;
  let client: Client;
  beforeAll(async () => {
    issuer = await startIdentity({ port: 0, data: path.join(folder, 'identity') });
    client = await startClient({ issuer: issuer.issuer });
  });
  afterAll(async () => {
    await client.stop();
    await issuer.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function tokenFor(resource: string): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'freshet',
      client_secret: 'x',
      scope: `${resource}/.default`,
    });
    const answer = await fetch(`${issuer.issuer}/token`, { method: 'POST', body });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  it('are accepted when they are for this organization, and no others', async () => {
    const status = async (token: string) => (await client.get('WhoAmI', { Authorization: `Bearer ${token}` })).status;
    expect(await status(await tokenFor(client.url))).toBe(200);
    expect(await status(await tokenFor('https://other.crm.dynamics.com'))).toBe(401);
    expect(await status('any')).toBe(401);
  });
});

describe('the control', () => {
  it('is not reached from a website', async () => {
    const client = await startClient();
    const answer = await fetch(`${client.url}/_control`, { headers: { Origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
    await client.stop();
  });
});
