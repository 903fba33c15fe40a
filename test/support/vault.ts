import { readFileSync } from 'node:fs';
import { SecretClient } from '@azure/keyvault-secrets';
import type { Addresses } from '../../local/supervisor/addresses.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';

/** The genuine client for the local vault, told of its authority. */
export function trustedVault({ identity, keyVault }: Addresses): SecretClient {
  const credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
  return new SecretClient(keyVault.url, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: readFileSync(keyVault.caFile, 'utf8') },
  });
}
