import { VaultClient } from '../client/vault-client.ts';
import { type Addresses, DESTINATION_SECRET } from './addresses.ts';
import type { AppSettings } from './settings.ts';

/**
 * Puts the destination's connection string into the vault, with the tag `<organization id>: <tenant id>` for each organization that may
 * use it, unless the secret is there already: it may have been changed by hand.
 */
export async function ensureDestinationSecret(
  { identity, keyVault }: Addresses,
  { organizations, databases }: Pick<AppSettings, 'organizations' | 'databases'>,
): Promise<void> {
  const vault = await VaultClient.connect({ identity, ...keyVault });
  const tags = Object.fromEntries(organizations.map(({ id, tenantId }) => [id, tenantId]));
  await vault.ensure(DESTINATION_SECRET, () => databases.destination, tags);
}
