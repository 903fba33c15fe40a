import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { HttpError } from '../support/http.ts';

/** The resource that tokens for any vault of Azure's public cloud are for. */
const RESOURCE = 'https://vault.azure.net';

/** Lets a request pass or throws the 401 that tells the client where to get a token. */
export type CheckAccess = (authorization: string | undefined) => Promise<void>;

/**
 * `issuer`: whose tokens are accepted, by the keys it shows; absent: any token, for a vault that runs alone. `tenant` is
 * named in the challenge, by which clients choose where to sign in.
 */
export function createAccessCheck(issuer: string | undefined, tenant: string): CheckAccess {
  const keys = issuer === undefined ? null : createRemoteJWKSet(new URL(`${issuer}/keys`));
  const authority = `${issuer ?? 'https://login.microsoftonline.com'}/${tenant}`;
  const refuse = (message: string) =>
    new HttpError(
      401,
      { error: { code: 'Unauthorized', message } },
      { 'WWW-Authenticate': `Bearer authorization="${authority}", resource="${RESOURCE}"` },
    );
  return async (authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token) throw refuse('AKV10000: Request is missing a Bearer or PoP token.');
    if (!keys) return;
    try {
      await jwtVerify(token, keys, { issuer, audience: RESOURCE, requiredClaims: ['exp'], algorithms: ['RS256'] });
    } catch (error) {
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
        throw refuse(`AKV10022: Invalid token: ${error.message}.`);
      }
      const message = `The issuer ${issuer} does not answer, so no token can be checked.`;
      throw new HttpError(503, { error: { code: 'ServiceUnavailable', message } });
    }
  };
}
