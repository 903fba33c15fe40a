import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BlobEntry, Blobs, ContainerEntry } from '../../shared/platform/blobs/port.ts';
import { randomId } from '../../shared/platform/clock/ids.ts';

export interface BlobsHarness {
  readonly blobs: Blobs;
  stop(): Promise<void>;
}

const ODD_NAMES = [
  'data/2026/an entity (1).json',
  'Zürich/ключ/名前.json',
  'question?mark#hash&amp=1',
  '100%/%41%2F%2e%2e',
  'quotes\'"<>[]{}|^`~!$*,:;=@',
  'trailing space ',
  'plus+plus',
  '.hidden/..double/dots...',
];

export function describeBlobs(name: string, make: () => Promise<BlobsHarness>): void {
  describe(`blobs: ${name}`, () => {
    let harness: BlobsHarness;
    let blobs: Blobs;
    let container: string;
    beforeAll(async () => {
      harness = await make();
      blobs = harness.blobs;
    });
    beforeEach(() => {
      container = `test-${randomId()}`;
    });
    afterAll(() => harness?.stop());

    it('what was put is read back, byte for byte', async () => {
      const content = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
      await blobs.put(container, 'pages/one', content, 'application/octet-stream');
      expect(Buffer.from((await blobs.get(container, 'pages/one')) ?? []).equals(content)).toBe(true);
    });

    it('an empty blob is a blob', async () => {
      await blobs.put(container, 'empty', new Uint8Array());
      expect(await blobs.get(container, 'empty')).toHaveLength(0);
    });

    it('a second put replaces the whole blob', async () => {
      await blobs.put(container, 'x', bytes('a longer text'));
      await blobs.put(container, 'x', bytes('short'));
      expect(text(await blobs.get(container, 'x'))).toBe('short');
    });

    it('bytes changed after the put do not change the blob, nor do bytes changed after the get', async () => {
      const content = Buffer.from('kept');
      await blobs.put(container, 'x', content);
      content.fill(0);
      (await blobs.get(container, 'x'))?.fill(0);
      expect(text(await blobs.get(container, 'x'))).toBe('kept');
    });

    it('what is not there reads as null, in a container that is there or not', async () => {
      expect(await blobs.get(container, 'x')).toBeNull();
      await blobs.ensureContainer(container);
      expect(await blobs.get(container, 'x')).toBeNull();
    });

    it('a put makes its container, also when many come at once', async () => {
      await Promise.all(Array.from({ length: 8 }, (_, i) => blobs.put(container, `n${i}`, bytes(`${i}`))));
      expect(await entries()).toHaveLength(8);
    });

    it('a container is made and removed any number of times', async () => {
      await blobs.ensureContainer(container);
      await blobs.ensureContainer(container);
      await blobs.put(container, 'x', bytes('x'));
      await blobs.removeContainer(container);
      await blobs.removeContainer(container);
      expect(await blobs.get(container, 'x')).toBeNull();
    });

    it('a removed blob is gone, and to remove it again or from nowhere does nothing', async () => {
      await blobs.remove(container, 'x');
      await blobs.put(container, 'x', bytes('x'));
      await blobs.remove(container, 'x');
      await blobs.remove(container, 'x');
      expect(await blobs.get(container, 'x')).toBeNull();
    });

    it('a list holds the blobs of the prefix with size and time of writing', async () => {
      const before = Date.now();
      for (const blob of ['data/1', 'data/22', 'metadata/1']) await blobs.put(container, blob, bytes(blob));
      const listed = await entries('data/');
      expect(listed.map(({ name, bytes }) => [name, bytes]).toSorted()).toEqual([
        ['data/1', 6],
        ['data/22', 7],
      ]);
      // Storage services tell whole seconds.
      for (const { writtenAt } of listed) expect(Math.abs(writtenAt - before)).toBeLessThan(5_000);
    });

    it('containers are listed by prefix, with the time they were made, whatever was written into them', async () => {
      const names = ['a', 'b', 'c'].map((end) => `${container}-${end}`);
      for (const each of names) await blobs.ensureContainer(each);
      await blobs.put(`${container}-a`, 'x', bytes('x'));
      await blobs.removeContainer(`${container}-c`);
      const listed: ContainerEntry[] = [];
      for await (const entry of blobs.containers(`${container}-`)) listed.push(entry);
      expect(listed.map(({ name }) => name).toSorted()).toEqual(names.slice(0, 2));
      for (const { changedAt } of listed) expect(Math.abs(changedAt - Date.now())).toBeLessThan(5_000);
      const none: ContainerEntry[] = [];
      for await (const entry of blobs.containers(`${container}-d`)) none.push(entry);
      expect(none).toEqual([]);
    });

    it('a list of nothing is empty, in a container that is there or not', async () => {
      expect(await entries()).toEqual([]);
      await blobs.ensureContainer(container);
      expect(await entries()).toEqual([]);
    });

    it.each(ODD_NAMES)('the name %j is kept as it is', async (odd) => {
      await blobs.put(container, odd, bytes(odd));
      expect(text(await blobs.get(container, odd))).toBe(odd);
      expect((await entries()).map(({ name }) => name)).toEqual([odd]);
      await blobs.remove(container, odd);
      expect(await entries()).toEqual([]);
    });

    it.each(['', '..', '.', '../other/x', 'data/../../other/x', 'data/./x'])('the name %j is refused', async (bad) => {
      const refused = { code: 'BLOB_NAME_REFUSED' };
      await expect(blobs.put(container, bad, bytes('x'))).rejects.toMatchObject(refused);
      await expect(blobs.get(container, bad)).rejects.toMatchObject(refused);
      await expect(blobs.remove(container, bad)).rejects.toMatchObject(refused);
    });

    async function entries(prefix?: string): Promise<BlobEntry[]> {
      const all: BlobEntry[] = [];
      for await (const entry of blobs.list(container, prefix)) all.push(entry);
      return all;
    }
  });
}

export const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const text = (content: Uint8Array | null): string | null => content && new TextDecoder().decode(content);
