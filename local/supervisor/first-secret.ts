import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { Addresses } from './addresses.ts';
import type { LocalOrganization } from './settings.ts';

const RESOURCE = 'https://vault.azure.net';
const API_VERSION = '7.6';
const SECOND_MS = 1_000;
const REQUEST_MS = 10 * SECOND_MS;

/**
 * Puts the destination's URL into the vault, with the tag `<organization id>: <tenant id>` for each organization that may
 * use it, unless the secret is there already: it may have been changed by hand.
 */
export async function ensureDestinationSecret(
  addresses: Addresses,
  organizations: readonly LocalOrganization[],
): Promise<void> {
  const call = await vaultCaller(addresses);
  const status = await call('GET');
  if (status === 200) return;
  if (status !== 404) throw new Error(`the vault answered ${status} when asked for the secret of the destination`);
  const tags = Object.fromEntries(organizations.map(({ id, tenantId }) => [id, tenantId]));
  const made = await call('PUT', JSON.stringify({ value: addresses.postgres.destination, tags }));
  if (made !== 200) throw new Error(`the vault answered ${made} when given the secret of the destination`);
}

/** Calls the secret's address; gives the status. Not by `fetch`, which cannot be told of one more authority. */
async function vaultCaller({
  identity,
  keyVault,
}: Addresses): Promise<(method: string, body?: string) => Promise<number>> {
  const ca = await readFile(keyVault.caFile, 'utf8');
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: `${RESOURCE}/.default` });
  const answer = await fetch(`${identity}/token`, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  return (method, body) =>
    new Promise((resolve, reject) => {
      const url = `${keyVault.destinationSecret}?api-version=${API_VERSION}`;
      const call = request(url, { method, ca, headers, agent: false, timeout: REQUEST_MS }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      call.on('timeout', () => call.destroy(new Error('the vault does not answer')));
      call.on('error', reject);
      call.end(body);
    });
}
