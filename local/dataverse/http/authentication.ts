import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { DataverseError } from '../model/errors.ts';

/** Checks the token of a request. */
export type Authenticate = (authorization: string | undefined) => Promise<void>;

const refused = (why: string) => new DataverseError(401, '0x80072560', why);

/** Any bearer token will do; none is refused. */
export const anyToken: Authenticate = async (authorization) => {
  if (!/^Bearer\s+\S/i.test(authorization ?? '')) throw refused('The request carries no bearer token.');
};

/** Tokens of this issuer, its keys taken from its own description; the resource must be the organization. */
export function tokensOf(issuer: string, audiences: () => readonly string[]): Authenticate {
  let keys: Promise<{ issuer: string; get: JWTVerifyGetKey }> | null = null;
  return async (authorization) => {
    await anyToken(authorization);
    keys ??= describe(issuer).catch((error: unknown) => {
      keys = null;
      throw error;
    });
    const { issuer: name, get } = await keys;
    const token = (authorization ?? '').replace(/^Bearer\s+/i, '');
    const options = { issuer: name, audience: audiences().flatMap((one) => [one, `${one}/`]) };
    await jwtVerify(token, get, options).catch((error: unknown) => {
      throw refused(error instanceof Error ? error.message : 'The token is not valid.');
    });
  };
}

async function describe(issuer: string): Promise<{ issuer: string; get: JWTVerifyGetKey }> {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: name, jwks_uri: keysUrl } = (await answer.json()) as { issuer: string; jwks_uri: string };
  return { issuer: name, get: createRemoteJWKSet(new URL(keysUrl)) };
}
