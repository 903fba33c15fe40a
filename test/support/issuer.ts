import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** An OpenID Connect issuer with keys and tokens of any form, on a free port. */
export interface TestIssuer {
  readonly url: string;
  /** What was asked of it, by path. */
  readonly requests: string[];
  /** Makes the keys that sign from now on; the old ones are published no longer. */
  rotate(): Promise<void>;
  sign(claims: JWTPayload, header?: { alg?: string; kid?: string }): Promise<string>;
  /** What its configuration says instead. */
  configuration(change: Record<string, unknown>): void;
  stop(): Promise<void>;
}

type Keys = Awaited<ReturnType<typeof newKeys>>;

export async function startTestIssuer(port = 0): Promise<TestIssuer> {
  let keys: Keys = await newKeys('first');
  let changes: Record<string, unknown> = {};
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const isKeys = request.url === '/keys';
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify(isKeys ? { keys: keys.published } : { issuer: url, jwks_uri: `${url}/keys`, ...changes }),
    );
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    configuration: (change) => {
      changes = change;
    },
    rotate: async () => {
      keys = await newKeys('second');
    },
    sign: (claims, { alg = 'RS256', kid = keys.kid(alg) } = {}) => {
      const key = keys.privateKeys.get(alg);
      if (!key) throw new Error(`no key for ${alg}`);
      return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256'];

async function newKeys(generation: string) {
  const kid = (alg: string) => `${generation}-${alg}`;
  const pairs = await Promise.all(ALGORITHMS.map(async (alg) => ({ alg, ...(await generateKeyPair(alg)) })));
  const published = await Promise.all(
    pairs.map(async ({ alg, publicKey }) => ({ ...(await exportJWK(publicKey)), alg, kid: kid(alg), use: 'sig' })),
  );
  return { kid, published, privateKeys: new Map(pairs.map(({ alg, privateKey }) => [alg, privateKey])) };
}
