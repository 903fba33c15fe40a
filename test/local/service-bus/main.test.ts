import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connectionString, LOCAL_KEY } from '../../../local/service-bus/keys.ts';
import { spawnPart, startPart } from '../../support/part-process.ts';
import { clientOf, dataFolder } from './support.ts';

const ENTRY = 'local/service-bus/main.ts';

test('the entry serves the queues of the product, says where, and stops in order', async () => {
  const part = await startPart(ENTRY, ['--port', '0', '--data', await dataFolder()]);
  const port = Number(/service-bus ready on 127\.0\.0\.1:(\d+)/.exec(part.output())?.[1]);
  expect(part.output()).toContain(connectionString(port));
  expect(LOCAL_KEY).toHaveLength(44);
  const client = clientOf(connectionString(port));
  for (const queue of ['notifications', 'reads', 'applies'])
    await client.createSender(queue).sendMessages({ body: queue });
  await client.close();
  expect(await part.end('SIGTERM')).toBe(0);
});

test('a wrong definition ends the entry with one line that says what is wrong', async () => {
  const data = await dataFolder();
  const file = path.join(data, 'queues.json');
  await writeFile(file, JSON.stringify({ q: { requiresSession: true } }));
  const part = spawnPart(ENTRY, ['--port', '0', '--data', data, '--queues', file]);
  expect(await part.ended()).toBe(1);
  expect(part.output()).toMatch(/^service-bus cannot start: a queue definition is wrong: .*"requiresSession".*\n$/);
});

test('a port that is taken ends the entry with one line, and spoils nothing', async () => {
  const [first, second] = [await dataFolder(), await dataFolder()];
  const part = await startPart(ENTRY, ['--port', '0', '--data', first]);
  const port = /127\.0\.0\.1:(\d+)\n/.exec(part.output())?.[1] ?? '';
  const other = spawnPart(ENTRY, ['--port', port, '--data', second]);
  expect(await other.ended()).toBe(1);
  expect(other.output()).toMatch(/^service-bus cannot start: port \d+ is taken.*\n$/);
  expect(await part.end()).toBe(0);
});
