import { BUSY_RETRY_MS } from '../control/bells.port.ts';
import type { BellKey, Ring } from '../control/model.ts';
import type { OutgoingMessage, QueueName } from '../platform/queues/port.ts';
import type { ExportPorts } from './ports.ts';

type BellPorts = Pick<ExportPorts, 'control' | 'queues' | 'clock'>;

/** A message of `reads`. `ring`: nobody rang when it was sent, so its arrival is the ring. */
export interface ReadMessage {
  readonly organizationId: string;
  readonly entity: string;
  readonly ring?: boolean;
}

/** A message of `applies`. */
export interface ApplyMessage {
  readonly profileId: string;
  readonly ring?: boolean;
}

/** Rings, and sends the messages that this makes necessary. A crash in between costs a message: the sweep rings again. */
export async function ringBells(ports: BellPorts, rings: readonly Ring[]): Promise<void> {
  if (rings.length === 0) return;
  await send(ports, await ports.control.bells.ring(rings));
}

/** Rings once `afterMs` have passed: the message itself is the ring, so bells in between are not held back by it. */
export async function ringLater(ports: BellPorts, key: BellKey, afterMs: number): Promise<void> {
  await send(ports, [key], { ring: true, afterMs });
}

/** Gives the lease back and comes again after `afterMs`: a worker never waits. */
export async function postpone(ports: BellPorts, key: BellKey, owner: string, afterMs: number): Promise<void> {
  const postponed = await ports.control.bells.postpone(key, owner, afterMs);
  if (postponed) await send(ports, [key], { afterMs });
}

/** Sends the one message that a bell answered with `busy` is owed. */
export async function comeBack(ports: BellPorts, key: BellKey): Promise<void> {
  await send(ports, [key], { afterMs: BUSY_RETRY_MS });
}

async function send(ports: BellPorts, keys: readonly BellKey[], { ring = false, afterMs = 0 } = {}): Promise<void> {
  const byQueue = Map.groupBy(keys, queueOf);
  for (const [queue, queued] of byQueue) {
    const messages = queued.map((key): OutgoingMessage => {
      const body = ring ? { ...bodyOf(key), ring } : bodyOf(key);
      return afterMs > 0 ? { body, notBefore: ports.clock.now() + afterMs } : { body };
    });
    await ports.queues.send(queue, messages);
  }
}

function queueOf(key: BellKey): QueueName {
  return key.startsWith('feed/') ? 'reads' : 'applies';
}

function bodyOf(key: BellKey): ReadMessage | ApplyMessage {
  const [kind, first = '', second = ''] = key.split('/');
  return kind === 'feed' ? { organizationId: first, entity: second } : { profileId: first };
}
