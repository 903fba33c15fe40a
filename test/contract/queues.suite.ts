import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueueName, Queues } from '../../shared/platform/queues/port.ts';

export interface QueuesHarness {
  readonly queues: Queues;
  /** The time by which messages are delivered, ms since 1970 UTC. */
  now(): number;
  /** Takes messages until `count` are there or nothing more comes within a short time. */
  receive(queue: QueueName, count: number): Promise<Received[]>;
  stop(): Promise<void>;
}

export interface Received {
  readonly body: unknown;
  /** When it came, by the harness's `now`. */
  readonly at: number;
}

export function describeQueues(name: string, make: () => Promise<QueuesHarness>): void {
  describe(`queues: ${name}`, () => {
    let harness: QueuesHarness;
    let queues: Queues;
    beforeAll(async () => {
      harness = await make();
      queues = harness.queues;
    });
    afterAll(() => harness?.stop());

    it('a message arrives as it was sent', async () => {
      const body = { feed: 'a1', nested: { list: [1, 2.5, null, true], text: 'Zürich 名前 "quoted"' } };
      await queues.send('reads', [{ body }]);
      expect(await bodies('reads', 1)).toEqual([body]);
    });

    it('of many messages each arrives once', async () => {
      const sent = Array.from({ length: 1_000 }, (_, number) => ({ number }));
      await queues.send(
        'reads',
        sent.map((body) => ({ body })),
      );
      const received = (await bodies('reads', sent.length)) as { number: number }[];
      expect(received.toSorted((a, b) => a.number - b.number)).toEqual(sent);
      expect(await bodies('reads', 1)).toEqual([]);
    });

    it('messages too large for one batch arrive all the same', async () => {
      const sent = Array.from({ length: 12 }, (_, number) => ({ number, text: 'x'.repeat(100_000) }));
      await queues.send(
        'reads',
        sent.map((body) => ({ body })),
      );
      expect(await bodies('reads', sent.length)).toHaveLength(sent.length);
    });

    it('a queue delivers nothing of another one', async () => {
      await queues.send('applies', [{ body: { profile: 'p' } }]);
      expect(await bodies('notifications', 1)).toEqual([]);
      expect(await bodies('applies', 1)).toEqual([{ profile: 'p' }]);
    });

    it('a message with a time is not delivered before, and does not hold others back', async () => {
      const notBefore = harness.now() + 700;
      await queues.send('applies', [{ body: { late: true }, notBefore }, { body: { late: false } }]);
      const received = await harness.receive('applies', 2);
      expect(received.map(({ body }) => body)).toEqual([{ late: false }, { late: true }]);
      expect(received[0]?.at).toBeLessThan(notBefore);
      expect(received[1]?.at).toBeGreaterThanOrEqual(notBefore);
    });

    it('a time that is over delivers at once', async () => {
      await queues.send('applies', [{ body: { due: true }, notBefore: harness.now() - 60_000 }]);
      expect(await bodies('applies', 1)).toEqual([{ due: true }]);
    });

    it('a message is not changed by what its sender does to the object later', async () => {
      const body = { word: 'sent' };
      await queues.send('reads', [{ body }]);
      body.word = 'changed';
      expect(await bodies('reads', 1)).toEqual([{ word: 'sent' }]);
    });

    it('to send nothing does nothing', async () => {
      await queues.send('reads', []);
      expect(await bodies('reads', 1)).toEqual([]);
    });

    it('many may send side by side', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => queues.send('reads', [{ body: { i } }])));
      expect(await bodies('reads', 20)).toHaveLength(20);
    });

    const bodies = async (queue: QueueName, count: number) =>
      (await harness.receive(queue, count)).map(({ body }) => body);
  });
}
