import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:https';
import path from 'node:path';
import type { RunningPart } from '../support/entry.ts';
import { close, jsonListener, listen } from '../support/http.ts';
import { createAccessCheck } from './access.ts';
import { SecretsApi } from './api.ts';
import { Representation } from './representation.ts';
import { SecretStore } from './store.ts';
import { caFile, loadTls } from './tls.ts';

export interface KeyVaultOptions {
  readonly port: number;
  readonly data: string;
  /** The URL of the issuer whose tokens are accepted; absent: any token. */
  readonly issuer?: string;
  /** Named in the challenge. */
  readonly tenant?: string;
}

export interface KeyVault extends RunningPart {
  /** `https://127.0.0.1:<port>`; clients must not verify the challenge's resource, for it is Azure's. */
  readonly url: string;
  /** The certificate that clients have to trust (NODE_EXTRA_CA_CERTS). */
  readonly caFile: string;
}

/** Key Vault's secrets, over https, for the unmodified client. Values never reach a log. */
export async function startKeyVault(options: KeyVaultOptions): Promise<KeyVault> {
  const data = path.resolve(options.data);
  await mkdir(data, { recursive: true });
  const [{ certificate, key }, store] = await Promise.all([loadTls(data), SecretStore.open(data)]);
  const checkAccess = createAccessCheck(options.issuer, options.tenant ?? 'common');
  const server = createServer({ cert: certificate, key });
  const port = await listen(server, options.port);
  const url = `https://127.0.0.1:${port}`;
  const api = new SecretsApi(store, new Representation(url));
  const listener = jsonListener(async (request) => {
    await checkAccess(request.headers.authorization);
    return api.answer(request);
  }, reportBug);
  server.on('request', listener);
  return { port, url, caFile: caFile(data), stop: () => close(server) };
}

function reportBug(error: unknown): object {
  console.error(`key-vault: error ${error instanceof Error ? error.stack : ''}`);
  return { error: { code: 'InternalServerError', message: 'An error of the local vault; see its log.' } };
}
