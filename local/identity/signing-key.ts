import path from 'node:path';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { readIfThere, replaceFile } from '../support/files.ts';

const ALGORITHM = 'RS256';

export interface SigningKey {
  readonly algorithm: string;
  readonly id: string;
  readonly privateKey: CryptoKey | Uint8Array;
  /** For `/keys`. */
  readonly publicJwk: JWK;
}

/** The issuer's key, made at the first start: tokens stay good over restarts. */
export async function loadSigningKey(data: string): Promise<SigningKey> {
  const file = path.join(data, 'signing-key.json');
  const kept = await readIfThere(file);
  const privateJwk = kept === null ? await createKey(file) : (JSON.parse(kept) as JWK);
  const { kty, n, e } = privateJwk;
  const id = await calculateJwkThumbprint({ kty, n, e });
  return {
    algorithm: ALGORITHM,
    id,
    privateKey: await importJWK(privateJwk, ALGORITHM),
    publicJwk: { kty, n, e, kid: id, alg: ALGORITHM, use: 'sig' },
  };
}

async function createKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  await replaceFile(file, JSON.stringify(jwk), 0o600);
  return jwk;
}
