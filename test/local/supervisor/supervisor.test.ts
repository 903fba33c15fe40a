import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFile } from '../../../local/supervisor/log-file.ts';
import type { PartDefinition } from '../../../local/supervisor/part.ts';
import { Supervisor } from '../../../local/supervisor/supervisor.ts';
import { findFreePorts } from '../../../local/support/ports.ts';
import { signalProcess } from '../../../local/support/processes.ts';
import { until } from '../../../local/support/until.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakePart, journalOf } from './fakes.ts';

const DEADLINE_MS = 20_000;
const RESTARTS = { deaths: 3, withinMs: 60_000, pauseMs: 20 };

let folder = '';
let base = 0;
let lines: string[] = [];
let supervisor: Supervisor;

beforeEach(async () => {
  folder = await temporaryFolder('supervisor');
  base = await findFreePorts(4);
  lines = [];
});

afterEach(async () => {
  await supervisor?.stop();
  await rm(folder, { recursive: true, force: true });
});

const part = (name: string, offset: number, needs: string[] = [], options: Record<string, string> = {}) =>
  fakePart(folder, name, base + offset, needs, options);

function supervise(...parts: PartDefinition[]): Supervisor {
  supervisor = new Supervisor({ parts, folder, report: (line) => lines.push(line), restarts: RESTARTS });
  return supervisor;
}

const journal = async () => (await readFile(journalOf(folder), 'utf8')).trim().split('\n');
const record = async () => JSON.parse(await readFile(path.join(folder, 'parts.json'), 'utf8'));
const ask = async (offset: number, path = '/') => (await fetch(`http://127.0.0.1:${base + offset}${path}`)).text();
const pidAt = async (offset: number) => Number(await ask(offset));
const pidOf = (name: string) => supervisor.states().find((state) => state.name === name)?.pid ?? 0;
const timesSaid = (text: string) => lines.filter((line) => line.includes(text)).length;
const said = (text: string) => until(() => lines.some((line) => line.includes(text)), DEADLINE_MS);

describe('the order', () => {
  test('is that of the needs at the start, and the reverse at the stop', async () => {
    const all = supervise(part('app', 2, ['store', 'bus']), part('bus', 1, ['store']), part('store', 0));
    await all.start();
    expect(await journal()).toEqual(['store started', 'bus started', 'app started']);
    await all.stop();
    const ends = (await journal()).slice(3);
    expect(ends).toEqual(['app', 'bus', 'store'].flatMap((name) => [`${name} stopping`, `${name} stopped`]));
  });

  test('waits until a part really serves, and takes a part that was left out to be there', async () => {
    let asked = 0;
    const slow = { ...part('slow', 0, ['left-out']), serves: async () => ++asked >= 3 };
    await supervise(part('app', 1, ['slow']), slow).start();
    expect(asked).toBe(3);
    expect(lines[0]).toMatch(/^slow serves \(\d+\.\d s\)$/);
  });

  test('is told in parts.json: who runs, with which number, where and since when', async () => {
    await supervise(part('store', 0), part('app', 1, ['store'])).start();
    const told = async () => {
      const entries: Record<string, unknown>[] = await record();
      return entries.map(({ name, pid, port }) => ({ name, pid, port }));
    };
    const expected = [
      { name: 'store', pid: await pidAt(0), port: base },
      { name: 'app', pid: await pidAt(1), port: base + 1 },
    ];
    expect(await until(async () => JSON.stringify(await told()) === JSON.stringify(expected), DEADLINE_MS)).toBe(true);
    expect(Date.parse((await record())[0].started)).toBeGreaterThan(Date.now() - 60_000);
    await supervisor.stop();
    expect(await record()).toEqual([]);
  });
});

describe('a part that cannot start', () => {
  test('is named with its port, its reason and the cure, and the others are stopped', async () => {
    const all = supervise(part('store', 0), part('app', 1, ['store'], { fail: 'the moon is full' }));
    await expect(all.start()).rejects.toThrow(
      `app (port ${base + 1}) cannot start: the moon is full. Do something about it`,
    );
    expect(await journal()).toEqual(['store started', 'store stopping', 'store stopped']);
  });

  test('by a mistake of its own is told with its first words', async () => {
    const entry = path.join(folder, 'broken.ts');
    await writeFile(entry, "throw new TypeError('out of luck');");
    await expect(supervise({ ...part('broken', 0), entry }).start()).rejects.toThrow(
      /^broken \(port \d+\) ended with code 1 before it served: TypeError: out of luck.*See logs\/broken\.log/,
    );
  });

  test('in time is ended', async () => {
    const never = { ...part('never', 0), serves: async () => false, readyWithinMs: 200 };
    await expect(supervise(never).start()).rejects.toThrow('did not answer within 0.2 s');
    await expect(pidAt(0)).rejects.toThrow();
  });
});

describe('a part that dies', () => {
  test('of a kill -9 is started again, and serves', async () => {
    await supervise(part('store', 0), part('app', 1, ['store'])).start();
    const before = await pidAt(0);
    signalProcess(before, 'SIGKILL');
    expect(await said('store serves again')).toBe(true);
    expect(lines).toContain('store ended by SIGKILL; it is started again');
    expect(await pidAt(0)).not.toBe(before);
    expect(pidOf('store')).toBe(await pidAt(0));
  });

  test('again and again is given up, with its last lines and the cure, and the others go on', async () => {
    await supervise(part('store', 0), part('broken', 1)).start();
    for (let death = 1; death <= RESTARTS.deaths; death += 1) {
      await ask(1, `/say/fake: last words ${death}`);
      await ask(1, '/die').catch(() => undefined);
      if (death < RESTARTS.deaths)
        expect(await until(() => timesSaid('broken serves again') === death, DEADLINE_MS)).toBe(true);
    }
    expect(await said('it is given up')).toBe(true);
    const told = lines.find((line) => line.includes('given up')) ?? '';
    expect(told).toMatch(/^broken \(port \d+\) ended with code 3, 3 times within 60 s/);
    expect(told).toContain('fake: last words 3');
    expect(told).toContain('Read logs/broken.log');
    expect((await journal()).filter((line) => line === 'broken started')).toHaveLength(3);
    expect(supervisor.states().map((state) => state.name)).toEqual(['store']);
    expect(await pidAt(0)).toBeGreaterThan(0);
  });

  test('and cannot even be prepared any more is given up, too', async () => {
    let times = 0;
    const prepare = async () => {
      times += 1;
      if (times > 1) throw new Error('no space left');
    };
    await supervise({ ...part('store', 0), prepare }).start();
    signalProcess(await pidAt(0), 'SIGKILL');
    expect(await said('it is given up')).toBe(true);
    expect(lines.join()).toContain('store could not be started (no space left)');
  });

  test('because it was asked to stop stays ended', async () => {
    await supervise(part('store', 0)).start();
    await supervisor.stop();
    expect(lines.filter((line) => line.includes('again'))).toEqual([]);
    await expect(pidAt(0)).rejects.toThrow();
  });
});

describe('what a part says', () => {
  test('goes into its log, and is shown when it is a warning or an error', async () => {
    await supervise(part('store', 0)).start();
    await ask(0, '/say/attention, please');
    expect(await said('[store] attention, please')).toBe(true);
    const log = await readFile(path.join(folder, 'logs', 'store.log'), 'utf8');
    expect(log).toContain('attention, please');
    expect(log).toContain('ready on 127.0.0.1');
    expect(lines.join()).not.toContain('ready on');
  });

  test('is bounded: a full log makes room, and one before it is kept', async () => {
    const file = path.join(folder, 'logs', 'x.log');
    const log = new LogFile(file, 100);
    for (let n = 1; n <= 50; n += 1) log.write(`line ${n} of fifty`);
    log.close();
    log.write('too late');
    const [now, before] = [await readFile(file, 'utf8'), await readFile(`${file}.1`, 'utf8')];
    expect(now).toMatch(/line 50 of fifty\n$/);
    expect(now.length + before.length).toBeLessThan(300);
  });
});
