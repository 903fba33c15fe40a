import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ACCOUNT, ACCOUNT_KEY } from '../../local/azurite/connection.ts';
import { findFreePorts } from '../../local/support/ports.ts';
import { until } from '../../local/support/until.ts';

const READY_MS = 30_000;

export interface TestAzurite {
  readonly accountUrl: string;
  readonly connectionString: string;
  stop(): Promise<void>;
}

export interface TestAzuriteOptions {
  /** Files of a certificate and its key: https, and bearer tokens are accepted unverified. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Blob storage of its own on a free port, in memory. */
export async function startTestAzurite({ tls }: TestAzuriteOptions = {}): Promise<TestAzurite> {
  const port = await findFreePorts(1);
  const args = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(port),
    '--inMemoryPersistence',
    '--skipApiVersionCheck',
  ];
  const child = spawn(process.execPath, [
    entry(),
    ...args,
    ...(tls ? ['--cert', tls.certificate, '--key', tls.key, '--oauth', 'basic'] : []),
  ]);
  await ready(child);
  const accountUrl = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/${ACCOUNT}`;
  return {
    accountUrl,
    connectionString: `DefaultEndpointsProtocol=${tls ? 'https' : 'http'};AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};BlobEndpoint=${accountUrl};`,
    stop: () => ended(child),
  };
}

function entry(): string {
  const packageJson = createRequire(import.meta.url).resolve('azurite/package.json');
  return path.join(path.dirname(packageJson), 'dist/src/blob/main.js');
}

async function ready(child: ChildProcess): Promise<void> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  if (await until(() => output.includes('successfully listens'), READY_MS)) return;
  await ended(child);
  throw new Error(`Azurite did not become ready:\n${output}`);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
