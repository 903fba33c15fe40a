import type { Answer, BellKey, Ring } from './model.ts';

/**
 * Bells: "look here", counted, with a lease for the one worker that looks. Leases and ages go by the control database's
 * clock. `owner` is a random name made for one turn; a lease that has run out is lost once another takes it, not before.
 * Errors: CONTROL_UNAVAILABLE (retry).
 */
export interface Bells {
  /**
   * Adds 1 to each bell and returns the keys for which a message must be sent: those with none pending (or one pending
   * for PENDING_MAX_MS) and no live lease, for an owner sees every ring. Unknown keys are left out. Works in key order.
   */
  ring(rings: readonly Ring[]): Promise<BellKey[]>;
  /**
   * Takes the lease if it is free and, for a feed, its organization has fewer than the limit. Clears `pending`; only `busy`
   * sets it to BUSY_RETRY_MS from now, for the one message that the caller sends for then.
   */
  answer(key: BellKey, owner: string): Promise<Answer>;
  /** The rings counted, and those answered, so far; null when the lease is lost. */
  hold(key: BellKey, owner: string): Promise<{ rung: number; seen: number } | null>;
  /** Lengthens the lease; nothing happens when it is lost. */
  renew(key: BellKey, owner: string): Promise<void>;
  /** The rings counted, and those answered, so far; null when there is no such bell. */
  rings(key: BellKey): Promise<{ rung: number; seen: number } | null>;
  /** Says that every ring up to `rung` is answered. False when the lease is lost. */
  heard(key: BellKey, owner: string, rung: number): Promise<boolean>;
  /** Gives the lease back unless the bell has rung since it was last heard: then `rung`, and the lease is kept. */
  giveBack(key: BellKey, owner: string): Promise<'given' | 'rung' | 'lost'>;
  /** Gives the lease back and counts one message as pending from `afterMs` on: the caller sends just that one. */
  postpone(key: BellKey, owner: string, afterMs: number): Promise<boolean>;
  /** Whether a feed waits for a worker: its message has been due for longer than it takes to be taken, and is not lost. */
  feedsWait(): Promise<boolean>;
  /**
   * Bells that nobody comes for, longest first: no message pending and no live lease, but rings unseen or an owner whose
   * lease has run out. For the sweep.
   */
  abandoned(limit: number): Promise<BellKey[]>;
}

/** A lease is lengthened by each step of a turn, and by its owner while a step takes long. Shorter than the queues' lock (60 s), so that a redelivered message finds it free. */
export const LEASE_MS = 30_000;
/** A message pending longer than this counts as lost. */
export const PENDING_MAX_MS = 60_000;
/** A feed whose message is due for so long waits for a worker. */
export const WAITING_MS = 1_000;
/** Turns begun without an end after which the work is held back: no page may kill instances for ever. */
export const STARTS_MAX = 5;
/**
 * Feeds of one organization read at the same time (reference: dataverse.md, section 2.4: half of what is allowed is far more):
 * as many as one process takes messages, so that feeds wait in the queue, in their turn, and not for a chance between retries.
 */
export const LEASES_PER_ORGANIZATION = 16;
/** A feed that finds no lease free looks again after this; a read takes a fraction of it. */
export const BUSY_RETRY_MS = 1_000;
