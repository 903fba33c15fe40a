/** The queues that carry bells (docs/architecture.md, "Export"). Messages are tiny JSON objects. */
export type QueueName = 'notifications' | 'reads' | 'applies';

export interface OutgoingMessage {
  /** A JSON object; everything the receiver needs is in it. */
  readonly body: object;
  /** Milliseconds since 1970 UTC: not delivered before. Absent: at once. */
  readonly notBefore?: number;
}

/** Sending only: receiving is the Functions host's work. Errors: QUEUE_UNAVAILABLE (class retry). */
export interface Queues {
  /** Durable when the promise resolves. Not atomic over several messages: some may have been sent when it rejects. */
  send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void>;
}
