/** What the journal's records say. */
import type { Message } from '../queue/message.ts';

/** A message without its payload, as JSON. */
export interface MessageState {
  readonly sequenceNumber: number;
  readonly enqueuedAt: number;
  readonly deliveryCount: number;
  readonly state: Message['state'];
  readonly timeToLive?: number | undefined;
  readonly dueAt?: number | undefined;
  readonly deadLetterSource?: string | undefined;
  /** Base64. */
  readonly applicationProperties?: string | undefined;
}

export type Entry =
  /** A message, with its payload; `seen`: its place in the window of duplicates. */
  | { kind: 'add'; queue: string; state: MessageState; seen?: { id: string; until: number } }
  /** Message `number` of `queue` is in `to` now, in this state. */
  | { kind: 'change'; queue: string; number: number; to: string; state: MessageState }
  | { kind: 'remove'; queue: string; number: number }
  | { kind: 'seen'; queue: string; id: string; until: number }
  /** The next sequence number of each queue: numbers are not given twice, even when no message of them is left. */
  | { kind: 'numbers'; next: [queue: string, number: number][] };

export const encodeEntry = (entry: Entry): string => JSON.stringify(entry);

export const decodeEntry = (json: string): Entry => JSON.parse(json);

export function stateOf(message: Message): MessageState {
  return {
    sequenceNumber: message.sequenceNumber,
    enqueuedAt: message.enqueuedAt,
    deliveryCount: message.deliveryCount,
    state: message.state,
    timeToLive: message.timeToLive,
    dueAt: message.dueAt,
    deadLetterSource: message.deadLetterSource,
    applicationProperties: message.applicationProperties?.toString('base64'),
  };
}
