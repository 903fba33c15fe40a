/** A broker that speaks enough of Azure Service Bus's AMQP dialect for the unmodified SDK. See README.md. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { StartFailure } from '../support/failure.ts';
import { isLock, type Lock, takeLock } from '../support/lock.ts';
import { Connections } from './amqp/connections.ts';
import { type AccessKey, connectionString, LOCAL_ACCESS_KEY } from './keys.ts';
import { Queue, type QueueContext } from './queue/queue.ts';
import { Turns } from './queue/turns.ts';
import { completeDefinitions, PRODUCT_QUEUES, type QueueDefinitions, type QueueSettings } from './queues.ts';
import { type Disk, Journal } from './store/journal.ts';
import { Store } from './store/store.ts';

const MEMORY_BYTES = 64 * 1024 * 1024;
const LOCK_TOKEN_BYTES = 16;

export interface BrokerOptions {
  /** Where the journal lives; created if it is not there. */
  readonly data: string;
  /** 0 or absent: any free one. */
  readonly port?: number;
  /** Absent: the product's queues. */
  readonly queues?: QueueDefinitions;
  /** Absent: the local key with all rights. The connection string names the first. */
  readonly keys?: readonly AccessKey[];
  /** How many bytes of messages may be kept in memory. Absent: 64 MiB. */
  readonly memoryBytes?: number;
  /** Absent: the real one. */
  readonly disk?: Disk;
}

export interface RunningBroker {
  readonly port: number;
  readonly connectionString: string;
  statistics(): BrokerStatistics;
  stop(): Promise<void>;
}

export interface BrokerStatistics {
  readonly connections: number;
  readonly bytesInMemory: number;
  readonly journalBytes: number;
  /** By name, dead-letter queues included. */
  readonly queues: Readonly<Record<string, { readonly messages: number; readonly locked: number }>>;
}

/** @throws StartFailure if a definition is wrong, the journal cannot be used or another broker uses it */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const definitions = completeDefinitions(options.queues ?? PRODUCT_QUEUES);
  const lock = await lockFolder(options.data);
  try {
    const broker = await startLocked(options, definitions);
    const stop = () => broker.stop().finally(() => lock.release());
    return { ...broker, stop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLocked(
  { data, port: wantedPort = 0, keys = [LOCAL_ACCESS_KEY], memoryBytes = MEMORY_BYTES, disk }: BrokerOptions,
  definitions: ReadonlyMap<string, QueueSettings>,
): Promise<RunningBroker> {
  const store = new Store(new Journal(path.join(data, 'journal'), disk), memoryBytes);
  const queues = new Map<string, Queue>();
  const now = () => Date.now();
  const turns = new Turns(queues, now);
  for (const queue of createQueues(definitions, { store, now, newToken, stirred: () => turns.stir() })) {
    queues.set(queue.name.toLowerCase(), queue);
  }
  const connections = new Connections({ queues, store, turns, keys, now });
  const stop = async () => {
    await connections.close();
    turns.stop();
    store.close();
  };
  try {
    store.open(queues.values());
    const port = await connections.listen(wantedPort);
    const statistics = () => ({
      connections: connections.size,
      bytesInMemory: store.bytesInMemory,
      journalBytes: store.journalBytes,
      queues: Object.fromEntries([...queues.values()].map(countsOf)),
    });
    return { port, connectionString: connectionString(port, keys[0]), statistics, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Two brokers would spoil one journal. */
async function lockFolder(data: string): Promise<Lock> {
  const lock = await takeLock(path.join(data, 'lock.json'));
  if (isLock(lock)) return lock;
  throw new StartFailure(
    `the Service Bus data in ${data} is in use by process ${lock.pid}`,
    'End that process, or choose another folder',
  );
}

/** Each queue and its dead-letter queue. */
function* createQueues(definitions: ReadonlyMap<string, QueueSettings>, context: QueueContext): Generator<Queue> {
  for (const [name, settings] of definitions) {
    const queue = new Queue(name, settings, context);
    yield queue;
    if (queue.deadLetters) yield queue.deadLetters;
  }
}

const newToken = (): string => randomBytes(LOCK_TOKEN_BYTES).toString('hex');

const countsOf = (queue: Queue) => [queue.name, { messages: queue.size, locked: queue.lockedSize }] as const;
