import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../../local/support/until.ts';
import { customize } from '../../../local/synchronization/client.ts';
import { startSynchronization } from '../../../local/synchronization/synchronization.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const WITHIN_MS = 5_000;
let folder = '';
let executed: string[] = [];
let held: Promise<void> = Promise.resolve();
let service: Awaited<ReturnType<typeof startSynchronization>>;

const start = async () =>
  startSynchronization({
    port: 0,
    data: folder,
    async execute(environment, statements) {
      executed.push(environment);
      await held;
      if (statements.includes('fail')) throw new Error('duplicate key');
    },
  });
const origin = () => `http://127.0.0.1:${service.port}`;

async function ask(method: string, path: string, body?: object) {
  const answer = await fetch(`${origin()}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  return { status: answer.status, json: (await answer.json()) as { Status: string; Message: string | null } };
}
const begin = (operation: string, environment = 'uat') =>
  ask('POST', `/environments/${environment}/synchronization`, {
    OperationActivityId: operation,
    EnvironmentId: environment,
  });
const stateOf = async (operation: string) => (await ask('GET', `/environments/uat/synchronization/${operation}`)).json;
const ended = (operation: string) => until(async () => (await stateOf(operation)).Status !== 'InProgress', WITHIN_MS);

beforeEach(async () => {
  folder = await temporaryFolder('synchronization');
  executed = [];
  held = Promise.resolve();
  service = await start();
});
afterEach(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a synchronization goes on beside the answer, and is asked for until it has ended', async () => {
  let release = () => {};
  held = new Promise((resolve) => {
    release = resolve;
  });
  expect(await begin('a')).toEqual({ status: 202, json: { Status: 'InProgress', Message: null } });
  expect(await stateOf('a')).toMatchObject({ Status: 'InProgress' });
  release();
  expect(await ended('a')).toBe(true);
  expect(await stateOf('a')).toEqual({ Status: 'Completed', Message: null });
});

test('the same operation begins nothing anew', async () => {
  await begin('a');
  expect(await ended('a')).toBe(true);
  expect((await begin('a')).json).toMatchObject({ Status: 'Completed' });
  expect(executed).toEqual(['uat']);
});

test('a customization that the database refuses fails it, in the database’s words, in its environment alone', async () => {
  await customize(origin(), 'uat', ['fail']);
  await begin('a');
  await begin('b', 'prod');
  expect(await ended('a')).toBe(true);
  expect(await stateOf('a')).toEqual({ Status: 'Failed', Message: 'duplicate key' });
  expect(await until(async () => executed.length === 2, WITHIN_MS)).toBe(true);
  expect((await ask('GET', '/environments/prod/synchronization/b')).json).toMatchObject({ Status: 'Completed' });
});

test('what was asked for is known after a restart', async () => {
  await customize(origin(), 'uat', ['fail']);
  await begin('a');
  expect(await ended('a')).toBe(true);
  await service.stop();
  service = await start();
  expect(await stateOf('a')).toMatchObject({ Status: 'Failed' });
  await begin('b');
  expect(await ended('b')).toBe(true);
  expect(await stateOf('b')).toMatchObject({ Status: 'Failed' });
});

test('what nobody asked for is not there, and a wrong request is told', async () => {
  expect((await ask('GET', '/environments/uat/synchronization/a')).status).toBe(404);
  expect((await ask('POST', '/environments/uat/synchronization', { OperationActivityId: '' })).status).toBe(400);
  expect((await ask('GET', '/')).status).toBe(404);
});
