import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Disk, Journal, type Place } from '../../../local/service-bus/store/journal.ts';
import { dataFolder, eventually } from './support.ts';

const ROOMY: Disk = {
  write: (fd, bytes, position) => void writeSync(fd, bytes, 0, bytes.length, position),
  freeBytes: () => 1e12,
};

function opened(folder: string, disk: Disk = ROOMY, segmentBytes?: number): { journal: Journal; found: string[] } {
  const journal = new Journal(folder, disk, segmentBytes);
  const found: string[] = [];
  journal.open((meta, payload) => found.push(meta === '{}' ? '' : `${JSON.parse(meta).n}:${payload}`));
  onTestFinished(() => journal.close());
  return { journal, found: found.filter(Boolean) };
}

const record = (n: number, payload = `payload ${n}`) => ({
  meta: JSON.stringify({ n }),
  payload: Buffer.from(payload),
});

const segmentsIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name));

/** A journal that was written and closed; its only segment. */
async function written(count: number): Promise<{ folder: string; file: string }> {
  const folder = await dataFolder();
  const { journal } = opened(folder);
  for (let n = 0; n < count; n++) journal.append([record(n)]);
  journal.close();
  const [file = ''] = segmentsIn(folder);
  return { folder, file };
}

describe('what was appended', () => {
  test('is there after reopening, and can be read by its place', async () => {
    const folder = await dataFolder();
    const { journal } = opened(folder);
    const places: Place[] = [];
    journal.append([record(1), record(2)], (all) => places.push(...all));
    journal.flush();
    expect(places.map((place) => journal.read(place).toString())).toEqual(['payload 1', 'payload 2']);
    journal.close();
    expect(opened(folder).found).toEqual(['1:payload 1', '2:payload 2']);
  });

  test('in one turn is written at once, and called back in order', async () => {
    let writes = 0;
    const disk = { ...ROOMY, write: (...args: Parameters<Disk['write']>) => ++writes && ROOMY.write(...args) } as Disk;
    const { journal } = opened(await dataFolder(), disk);
    journal.append([record(0)]);
    journal.flush();
    writes = 0;
    const called: number[] = [];
    for (let n = 1; n <= 100; n++) journal.append([record(n)], () => called.push(n));
    journal.whenWritten(() => called.push(101));
    await eventually(() => called.length === 101, 'the callbacks');
    expect(writes).toBe(1);
    expect(called).toEqual([...called].sort((a, b) => a - b));
  });
});

describe('a torn end', () => {
  test('of any length is cut off, and nothing else', async () => {
    const { folder, file } = await written(3);
    const whole = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
        writeFileSync(file, whole.subarray(0, length));
        const journal = new Journal(folder, ROOMY);
        const found: string[] = [];
        journal.open((meta) => found.push(meta));
        journal.append([record(9)]);
        journal.close();
        const again = new Journal(folder, ROOMY);
        const then: string[] = [];
        again.open((meta) => then.push(meta));
        again.close();
        expect(then.slice(0, found.length)).toEqual(found);
        expect(then).toHaveLength(found.length + 1);
      }),
      { numRuns: 40 },
    );
  });

  test('of garbage is cut off', async () => {
    const { folder, file } = await written(2);
    const { size } = statSync(file);
    appendFileSync(file, Buffer.alloc(500, 7));
    expect(opened(folder).found).toHaveLength(2);
    expect(statSync(file).size).toBe(size);
  });

  test('of a segment that is not the last is damage, and said to be', async () => {
    const { folder, file } = await written(2);
    truncateSync(file, statSync(file).size - 1);
    writeFileSync(path.join(folder, '00000002.log'), '');
    expect(() => opened(folder)).toThrow(/is damaged at byte/);
  });
});

describe('segments', () => {
  test('are begun when the last is full, and dropped from the oldest on', async () => {
    const folder = await dataFolder();
    const { journal } = opened(folder, ROOMY, 100);
    for (let n = 1; n <= 5; n++) {
      journal.append([record(n, 'x'.repeat(200))]);
      journal.flush();
    }
    expect(segmentsIn(folder)).toHaveLength(5);
    journal.dropOldest();
    journal.dropOldest();
    expect(journal.oldest).toBe(3);
    const sizes = segmentsIn(folder).map((file) => statSync(file).size);
    expect(journal.bytes).toBe(sizes.reduce((sum, size) => sum + size));
    journal.close();
    expect(opened(folder).found.map((text) => text[0])).toEqual(['3', '4', '5']);
  });
});

describe('a full disk', () => {
  function fullDisk(): { disk: Disk; room: { bytes: number } } {
    const room = { bytes: 1e9 };
    const write: Disk['write'] = (fd, bytes, position) => {
      const fits = Math.min(room.bytes, bytes.length);
      writeSync(fd, bytes, 0, fits, position);
      room.bytes -= fits;
      if (fits < bytes.length) throw new Error('ENOSPC');
    };
    return { disk: { write, freeBytes: () => room.bytes }, room };
  }

  test('refuses what may be refused, with enough left for what may not', async () => {
    const { disk, room } = fullDisk();
    const folder = await dataFolder();
    const { journal } = opened(folder, disk);
    const events: string[] = [];
    room.bytes = 1024 * 1024;
    journal.offer(
      [record(1)],
      () => events.push('written'),
      (error) => events.push(error.message),
    );
    journal.append([record(2)], () => events.push('kept'));
    journal.flush();
    expect(events).toEqual(['kept', 'the disk is almost full']);
    journal.close();
    expect(opened(folder).found).toEqual(['2:payload 2']);
  });

  test('that tears a write leaves nothing of it, and what may not be refused is written when there is room', async () => {
    const { disk, room } = fullDisk();
    const folder = await dataFolder();
    const { journal } = opened(folder, { ...disk, freeBytes: () => 1e12 });
    journal.append([record(1)]);
    journal.flush();
    const events: string[] = [];
    room.bytes = 20;
    journal.offer(
      [record(2)],
      () => events.push('written'),
      (error) => events.push(error.message),
    );
    journal.append([record(3)], () => events.push('kept'));
    journal.flush();
    expect(events).toEqual(['ENOSPC']);
    room.bytes = 1e9;
    await eventually(() => events.length === 2, 'the second try');
    expect(events).toEqual(['ENOSPC', 'kept']);
    journal.close();
    expect(opened(folder).found).toEqual(['1:payload 1', '3:payload 3']);
  });
});
