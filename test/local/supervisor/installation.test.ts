import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressesOf, allocatePorts, basePort } from '../../../local/supervisor/addresses.ts';
import { endLeftovers, writeRecord } from '../../../local/supervisor/record.ts';
import { startSupervised } from '../../../local/supervisor/start-all.ts';
import { close, listen } from '../../../local/support/http.ts';
import { isFree } from '../../../local/support/ports.ts';
import { markProcess, signalProcess } from '../../../local/support/processes.ts';
import { until } from '../../../local/support/until.ts';
import { type PartProcess, spawnPart, startPart } from '../../support/part-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakePart, journalOf } from './fakes.ts';

const DEADLINE_MS = 20_000;
const MAIN = 'test/local/supervisor/fake-installation.ts';

let folder = '';
let base = 0;
const processes: PartProcess[] = [];

beforeEach(async () => {
  folder = await temporaryFolder('supervisor');
  base = await allocatePorts();
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.end()));
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<PartProcess> {
  const process = await startPart(MAIN, [String(base), folder]);
  processes.push(process);
  return process;
}

const portsAreFree = async () => (await isFree(base)) && (await isFree(base + 1));

describe('starting twice', () => {
  test('says that it runs already and where, and leaves the first alone', async () => {
    const first = await start();
    const second = spawnPart(MAIN, [String(base), folder]);
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(
      `Freshet runs already on base port ${base}, at http://127.0.0.1:${base}/ (process ${first.pid})`,
    );
    expect(second.output()).toContain('FRESHET_PORT');
    expect(await portsAreFree()).toBe(false);
  });

  test('is possible after a stop', async () => {
    expect(await (await start()).end()).toBe(0);
    expect(await portsAreFree()).toBe(true);
    await start();
  });

  test('is possible after a kill -9 of the supervisor: its parts end by themselves, in good order', async () => {
    await (await start()).end('SIGKILL');
    expect(await until(portsAreFree, DEADLINE_MS)).toBe(true);
    expect(await readFile(journalOf(folder), 'utf8')).toContain('two stopped');
    await start();
  });

  test('is possible at once after a kill -9, while the parts still end', async () => {
    await (await start()).end('SIGKILL');
    await start();
  });
});

test('ports that are taken are all told before anything is started, with the setting to change', async () => {
  const [one, two] = [createServer(), createServer()];
  await Promise.all([listen(one, base), listen(two, base + 1)]);
  const parts = [fakePart(folder, 'one', base), fakePart(folder, 'two', base + 1), fakePart(folder, 'three', base + 2)];
  await expect(startSupervised(addressesOf(base, folder), parts, {})).rejects.toThrow(
    `ports ${base} (one), ${base + 1} (two) are taken by another program. End that program, or choose other ports with the setting FRESHET_PORT`,
  );
  await expect(readFile(journalOf(folder))).rejects.toThrow();
  await Promise.all([close(one), close(two)]);
});

test('an aborted start stops what it has started', async () => {
  const abort = new AbortController();
  const report = (line: string) => line.startsWith('one serves') && abort.abort();
  const never = { ...fakePart(folder, 'never', base + 1, ['one']), serves: async () => false };
  const starting = startSupervised(addressesOf(base, folder), [fakePart(folder, 'one', base), never], {
    report,
    signal: abort.signal,
  });
  await expect(starting).rejects.toThrow();
  expect(await portsAreFree()).toBe(true);
});

describe('processes left over by a killed supervisor', () => {
  const sleeper = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const entry = (pid: number, began: string) => ({
    name: 'x',
    pid,
    port: base,
    started: new Date().toISOString(),
    began,
  });
  const hasEnded = (child: ReturnType<typeof sleeper>) => until(() => child.signalCode !== null, DEADLINE_MS);

  test('are ended when they are ours', async () => {
    const child = sleeper();
    const mark = await markProcess(child.pid ?? 0);
    await writeRecord(folder, [entry(child.pid ?? 0, mark?.began ?? '')]);
    await endLeftovers(folder);
    expect(await hasEnded(child)).toBe(true);
  });

  test('are left alone when another program has their number by now', async () => {
    const child = sleeper();
    await writeRecord(folder, [entry(child.pid ?? 0, 'long ago')]);
    await endLeftovers(folder);
    expect(child.signalCode).toBeNull();
    signalProcess(child.pid ?? 0, 'SIGKILL');
    expect(await hasEnded(child)).toBe(true);
  });

  test('are no hindrance when the record is damaged or missing', async () => {
    await endLeftovers(path.join(folder, 'nothing'));
    await writeRecord(folder, []);
    await endLeftovers(folder);
  });
});

describe('the base port', () => {
  test('is 7071 unless FRESHET_PORT says otherwise', () => {
    expect([undefined, '', '8000'].map(basePort)).toEqual([7071, 7071, 8000]);
  });

  test.each(['x', '0', '-1', '65530', '80.5'])('is refused when it is %s', (setting) => {
    expect(() => basePort(setting)).toThrow(/FRESHET_PORT is not a base port.*18 after it/);
  });
});
