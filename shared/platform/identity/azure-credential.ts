import type { DefaultAzureCredential } from '@azure/identity';
import { FreshetError } from '../../errors/error.ts';
import { reasonOf } from '../reason.ts';
import type { Credential } from './credential.port.ts';

/**
 * The identity that Azure gives the app (the variable AZURE_CLIENT_ID chooses one of several), or a developer's own
 * sign-in. The library keeps the tokens.
 */
export function azureCredential(): Credential {
  let credential: Promise<DefaultAzureCredential> | undefined;
  return {
    async getToken(scopes) {
      credential ??= load();
      try {
        return await (await credential).getToken(scopes);
      } catch (error) {
        throw new FreshetError('IDENTITY_UNAVAILABLE', { reason: reasonOf(error) }, error);
      }
    },
  };
}

/** At the first token, for the library takes most of a second to load and a local installation never needs it. */
async function load(): Promise<DefaultAzureCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}
