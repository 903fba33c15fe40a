import { rm } from 'node:fs/promises';
import path from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storageConnectionString } from '../../../local/azurite/connection.ts';
import { findFreePorts } from '../../../local/support/ports.ts';
import { type PartProcess, spawnPart, startPart } from '../../support/part-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MAIN = 'local/azurite/main.ts';

let folder = '';
let port = 0;
/** One for all tests, each with a container of its own: a start takes longer than most of them. */
let part: PartProcess;

beforeAll(async () => {
  folder = await temporaryFolder('azurite');
  port = await findFreePorts(3);
  await start();
});

afterAll(async () => {
  await part?.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  part = await startPart(MAIN, ['--port', String(port), '--data', path.join(folder, 'azurite')]);
}

/** Without retries: what was not answered is not done later behind a test's back. */
async function newContainer(name: string): Promise<ContainerClient> {
  const options = { retryOptions: { maxTries: 1 } };
  const service = BlobServiceClient.fromConnectionString(storageConnectionString(port), options);
  return (await service.createContainer(name)).containerClient;
}

const upload = (container: ContainerClient, name: string, content: string) =>
  container.getBlockBlobClient(name).upload(content, Buffer.byteLength(content));

const download = async (container: ContainerClient, name: string) =>
  (await container.getBlockBlobClient(name).downloadToBuffer()).toString();

/** Four writers put, replace and delete blobs; kills the part after some answers. Gives the names written without an answer. */
async function writeUntilKilled(
  container: ContainerClient,
  answered: Map<string, string | null>,
  answers: number,
): Promise<Set<string>> {
  const unanswered = new Set<string>();
  let left = answers;
  const write = async (writer: number) => {
    for (let step = 0; left > 0; step += 1) {
      const name = `${writer}/${step % 5}`;
      const content = step % 3 === 2 ? null : `${name} of ${left} `.repeat(9_000);
      unanswered.add(name);
      if (content === null) await container.getBlobClient(name).deleteIfExists();
      else await upload(container, name, content);
      answered.set(name, content);
      unanswered.delete(name);
      left -= 1;
      if (left === 0) await part.end('SIGKILL');
    }
  };
  await Promise.allSettled([0, 1, 2, 3].map(write));
  return unanswered;
}

describe('Azurite', () => {
  test('answers on the port and the two above once it says that it is ready', async () => {
    for (const offset of [0, 1, 2]) {
      const answer = await fetch(`http://127.0.0.1:${port + offset}/devstoreaccount1?comp=list`);
      expect(answer.headers.get('server')).toMatch(/^Azurite-/);
    }
  });

  test('keeps, lists and removes blobs for the unmodified client', async () => {
    const container = await newContainer('listed');
    await Promise.all(['a', 'b/c', 'b/d'].map((name) => upload(container, name, `content of ${name}`)));
    expect(await download(container, 'b/c')).toBe('content of b/c');
    const names: string[] = [];
    for await (const blob of container.listBlobsFlat({ prefix: 'b/' })) names.push(blob.name);
    expect(names).toEqual(['b/c', 'b/d']);
    await container.deleteBlob('a');
    expect(await container.getBlobClient('a').exists()).toBe(false);
  });

  test('names the port that is taken, with the cure', async () => {
    const second = spawnPart(MAIN, ['--port', String(port - 1), '--data', path.join(folder, 'other')]);
    expect(await second.ended()).toBe(1);
    expect(second.output()).toMatch(
      new RegExp(`^azurite cannot start: port ${port} is taken by another program\\..*FRESHET_PORT`),
    );
  });

  test('ends with code 0 when asked, and keeps what it had', async () => {
    const container = await newContainer('kept');
    await upload(container, 'a', 'A');
    expect(await part.end()).toBe(0);
    await start();
    expect(await download(container, 'a')).toBe('A');
  });

  test('after a kill -9, each blob is as its last answered write left it, time and again', async () => {
    const container = await newContainer('pages');
    const answered = new Map<string, string | null>();
    for (let life = 1; life <= 3; life += 1) {
      const unanswered = await writeUntilKilled(container, answered, 40 * life);
      await start();
      for (const [name, content] of answered) {
        const now = (await container.getBlobClient(name).exists()) ? await download(container, name) : null;
        if (!unanswered.has(name)) expect(now, name).toBe(content);
        answered.set(name, now);
      }
    }
    expect([...answered.values()]).toContain(null);
  });
});
