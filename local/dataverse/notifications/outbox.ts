/** One message that waits to be posted to an endpoint's queue. */
export interface Waiting {
  readonly sequence: number;
  readonly endpointId: string;
  readonly body: string;
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly correlationId: string;
  /** Milliseconds since 1970: not posted before. */
  readonly due: number;
  readonly attempts: number;
}

/** Where to post: what an endpoint's row says. */
export interface QueueAddress {
  readonly connectionString: string;
  readonly queue: string;
}

/** Posts messages to queues. Rejects when none, or not all, could be posted; some may have been. */
export interface Poster {
  post(address: QueueAddress, messages: readonly Waiting[]): Promise<void>;
  close(): Promise<void>;
}

/** Keeps the waiting messages over the end of the process. */
export interface OutboxStore {
  addWaiting(messages: readonly Waiting[]): void;
  /** Also those whose due time moved. */
  removeWaiting(sequences: readonly number[]): void;
}

export interface OutboxOptions {
  readonly poster: Poster;
  readonly store: OutboxStore;
  readonly now: () => number;
  /** Null when the endpoint is gone: its messages are dropped. */
  address(endpointId: string): QueueAddress | null;
  /** False while background operations are off: everything waits. */
  isRunning(): boolean;
}

export interface OutboxStatus {
  readonly waiting: number;
  readonly posted: number;
  readonly failed: number;
  readonly lastError: string | null;
}

/** Beyond this the oldest are given up, as system jobs are in the end. */
const WAITING_MAX = 200_000;
const BATCH_MAX = 500;
const FIRST_RETRY_MS = 1000;
const RETRY_MAX_MS = 60_000;
/** After so many attempts a message has failed: about an hour. */
const ATTEMPTS_MAX = 64;
const IDLE_LOOK_MS = 250;

/** Posts waiting messages in order, endpoint by endpoint; while a queue does not answer, tries again at growing intervals. */
export class Outbox {
  private readonly options: OutboxOptions;
  private readonly waiting = new Map<string, Map<number, Waiting>>();
  private readonly retryAt = new Map<string, { at: number; delayMs: number }>();
  private readonly posting = new Set<string>();
  private count = 0;
  private posted = 0;
  private failed = 0;
  private lastError: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(options: OutboxOptions, waiting: readonly Waiting[] = []) {
    this.options = options;
    for (const message of waiting) this.hold(message);
  }

  /** Takes messages that are in the store already, or are put there with what brought them about. */
  add(messages: readonly Waiting[]): void {
    for (const message of messages) this.hold(message);
    this.kick();
  }

  /** Looks whether there is something to post. Never throws. */
  kick(): void {
    if (this.stopped || this.posting.size > 0) return;
    for (const endpointId of this.waiting.keys()) void this.postAll(endpointId);
    this.schedule();
  }

  status(): OutboxStatus {
    return { waiting: this.count, posted: this.posted, failed: this.failed, lastError: this.lastError };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.options.poster.close();
  }

  private hold(message: Waiting): void {
    let queue = this.waiting.get(message.endpointId);
    if (!queue) {
      queue = new Map();
      this.waiting.set(message.endpointId, queue);
    }
    queue.set(message.sequence, message);
    this.count++;
    if (this.count > WAITING_MAX) this.giveUp([queue.values().next().value as Waiting]);
  }

  private async postAll(endpointId: string): Promise<void> {
    if (this.posting.has(endpointId)) return;
    this.posting.add(endpointId);
    try {
      while (!this.stopped && this.options.isRunning()) {
        const batch = this.dueOf(endpointId);
        if (batch.length === 0 || !(await this.postBatch(endpointId, batch))) break;
      }
    } finally {
      this.posting.delete(endpointId);
      this.schedule();
    }
  }

  private dueOf(endpointId: string): Waiting[] {
    const now = this.options.now();
    if ((this.retryAt.get(endpointId)?.at ?? 0) > now) return [];
    const batch: Waiting[] = [];
    for (const message of this.waiting.get(endpointId)?.values() ?? []) {
      if (message.due <= now) batch.push(message);
      if (batch.length === BATCH_MAX) break;
    }
    return batch;
  }

  private async postBatch(endpointId: string, batch: readonly Waiting[]): Promise<boolean> {
    const address = this.options.address(endpointId);
    if (!address) {
      this.giveUp(batch);
      return true;
    }
    try {
      await this.options.poster.post(address, batch);
    } catch (error) {
      this.postpone(endpointId, batch, error);
      return false;
    }
    this.retryAt.delete(endpointId);
    this.posted += batch.length;
    this.forget(batch);
    return true;
  }

  private postpone(endpointId: string, batch: readonly Waiting[], error: unknown): void {
    this.lastError = error instanceof Error ? error.message : String(error);
    const delayMs = Math.min(RETRY_MAX_MS, (this.retryAt.get(endpointId)?.delayMs ?? FIRST_RETRY_MS / 2) * 2);
    this.retryAt.set(endpointId, { at: this.options.now() + delayMs, delayMs });
    const queue = this.waiting.get(endpointId);
    for (const message of batch) {
      if (message.attempts + 1 >= ATTEMPTS_MAX) this.giveUp([message]);
      else queue?.set(message.sequence, { ...message, attempts: message.attempts + 1 });
    }
  }

  private giveUp(messages: readonly Waiting[]): void {
    this.failed += messages.length;
    this.forget(messages);
  }

  private forget(messages: readonly Waiting[]): void {
    for (const { endpointId, sequence } of messages) if (this.waiting.get(endpointId)?.delete(sequence)) this.count--;
    this.options.store.removeWaiting(messages.map(({ sequence }) => sequence));
  }

  /** Looks again while something waits: for its due time, or for the queue to answer. */
  private schedule(): void {
    if (this.timer || this.stopped || this.count === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.kick();
    }, IDLE_LOOK_MS);
  }
}
