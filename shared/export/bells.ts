import { BUSY_RETRY_MS, LEASE_MS } from '../control/bells.port.ts';
import { type BellKey, feedBell, type Ring } from '../control/model.ts';
import { isFreshetError } from '../errors/error.ts';
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
  await send(ports, await insist(ports, () => ports.control.bells.ring(rings)));
}

/** Rings the feeds of a profile that goes on after a stop: nobody read for it, and a snapshot may have waited for its return. */
export async function ringFeedsOf(ports: BellPorts, profileId: string): Promise<void> {
  const subscriptions = await ports.control.profiles.subscriptions(profileId);
  await ringBells(
    ports,
    subscriptions.map((feed) => ({ key: feedBell(feed) })),
  );
}

/** Rings once `afterMs` have passed: the message itself is the ring, so bells in between are not held back by it. */
export async function ringLater(ports: BellPorts, key: BellKey, afterMs: number): Promise<void> {
  await send(ports, [key], { ring: true, afterMs });
}

/** Gives the lease back and comes again after `afterMs`: a worker never waits. */
export async function postpone(ports: BellPorts, key: BellKey, owner: string, afterMs: number): Promise<void> {
  const postponed = await insist(ports, () => ports.control.bells.postpone(key, owner, afterMs));
  if (postponed) await send(ports, [key], { afterMs });
}

/** Errors of Freshet's own services: nobody's data or destination is to blame, and they pass. */
const OWN_SERVICES: readonly string[] = [
  'CONTROL_UNAVAILABLE',
  'DATA_KEY_UNAVAILABLE',
  'QUEUE_UNAVAILABLE',
  'STORAGE_UNAVAILABLE',
];
/** What is owed to a bell (a message, a lease given back) is tried for so long, and then left to the sweep. */
const INSIST_MS = 30_000;
const TRY_EVERY_MS = 1_000;

export function isOwnService(error: unknown): boolean {
  return isFreshetError(error) && OWN_SERVICES.includes(error.code);
}

/**
 * Ends a turn that one of our own services broke off: gives the lease back and comes again, as soon as the services allow, so
 * that the work need not wait until the lease runs out. Rejects with the error when it is another, or they do not come back.
 */
export async function comeBackAfter(ports: BellPorts, key: BellKey, owner: string, error: unknown): Promise<void> {
  if (!isOwnService(error)) throw error;
  await postpone(ports, key, owner, TRY_EVERY_MS);
}

/** Several renewals may fail before a lease runs out. */
const RENEW_EVERY_MS = LEASE_MS / 4;

/** Does the work of a turn while its lease is renewed: single statements and requests may take longer than a lease lasts. */
export async function whileLeased(
  ports: Pick<ExportPorts, 'control' | 'clock'>,
  key: BellKey,
  owner: string,
  work: () => Promise<void>,
): Promise<void> {
  const renew = () => void ports.control.bells.renew(key, owner).catch(() => null);
  const stop = ports.clock.every(RENEW_EVERY_MS, renew);
  try {
    await work();
  } finally {
    stop();
  }
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
    await insist(ports, () => ports.queues.send(queue, messages));
  }
}

/** Repeats what one of our own services refuses, for a while: a bell that counts as rung must not stay without its message. */
export async function insist<T>(ports: Pick<ExportPorts, 'clock'>, attempt: () => Promise<T>): Promise<T> {
  for (const end = ports.clock.now() + INSIST_MS; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!isOwnService(error) || ports.clock.now() >= end) throw error;
      await ports.clock.sleep(TRY_EVERY_MS);
    }
  }
}

function queueOf(key: BellKey): QueueName {
  return key.startsWith('feed/') ? 'reads' : 'applies';
}

function bodyOf(key: BellKey): ReadMessage | ApplyMessage {
  const [kind, first = '', second = ''] = key.split('/');
  return kind === 'feed' ? { organizationId: first, entity: second } : { profileId: first };
}
