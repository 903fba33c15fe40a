import { readFileSync } from 'node:fs';
import { SecretClient } from '@azure/keyvault-secrets';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import type { Addresses } from '../supervisor/addresses.ts';

/** The genuine client for the local vault, told of its authority. */
export function trustedVault({ identity, keyVault }: Addresses): SecretClient {
  const credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
  return new SecretClient(keyVault.url, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: readFileSync(keyVault.caFile, 'utf8') },
  });
}
