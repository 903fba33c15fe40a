import { FreshetError } from '../../errors/error.ts';
import { ExpiringCache } from '../clock/expiring.ts';
import { reasonOf } from '../reason.ts';
import type { Credential } from './credential.port.ts';
import { fetchJson, type Http } from './fetch-json.ts';

export interface EndpointCredentialOptions extends Http {
  /** The token endpoint's URL (setting FRESHET_TOKEN_ENDPOINT). */
  readonly url: string;
}

type Token = Awaited<ReturnType<Credential['getToken']>>;

/** A token is renewed this long before its end, but used for half of its life at least. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** Tokens by the client-credentials grant of an endpoint that knows its caller: the local issuer. */
export function endpointCredential(options: EndpointCredentialOptions): Credential {
  const tokens = new ExpiringCache<Token>(options.clock);
  return {
    async getToken(scopes) {
      const scope = [scopes].flat().join(' ');
      try {
        return await tokens.get(scope, () => requestToken(options, scope));
      } catch (error) {
        throw new FreshetError('IDENTITY_UNAVAILABLE', { reason: reasonOf(error) }, error);
      }
    },
  };
}

async function requestToken(options: EndpointCredentialOptions, scope: string) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope });
  const { access_token, expires_in } = await fetchJson(options, options.url, { method: 'POST', body });
  const lifeMs = Number(expires_in) * 1000;
  if (typeof access_token !== 'string' || !(lifeMs > 0)) throw new Error('the token endpoint answered without a token');
  const now = options.clock.now();
  const value: Token = { token: access_token, expiresOnTimestamp: now + lifeMs };
  return { value, until: now + Math.max(lifeMs / 2, lifeMs - RENEW_BEFORE_MS) };
}
