import type { AccessKey } from './keys.ts';
import type { Queue } from './queue/queue.ts';
import type { Turns } from './queue/turns.ts';
import type { Store } from './store/store.ts';

/** What the parts of one broker share. */
export interface BrokerContext {
  /** By lower-case name; a dead-letter queue is `<name>/$deadletterqueue`. */
  readonly queues: ReadonlyMap<string, Queue>;
  readonly store: Store;
  readonly turns: Turns;
  readonly keys: readonly AccessKey[];
  now(): number;
}
