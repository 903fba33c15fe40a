import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { RpcTypedData } from '../core-types.ts';
import { bytesArray, json, longArray, textArray } from '../typed-data.ts';
import type { Invocation } from '../worker.ts';

type Message = ServiceBusReceivedMessage;
type TextOf = (message: Message) => string | undefined;
type JsonOf = (message: Message) => unknown;

/** What .NET writes for a message that never expires. */
const NEVER = '9999-12-31T23:59:59.9999999Z';

/** Metadata that the host sends as texts; the names and their doubles are those of ServiceBusTriggerBindingStrategy.cs. */
const TEXTS: Readonly<Record<string, TextOf>> = {
  MessageId: (message) => textOf(message.messageId),
  LockToken: (message) => message.lockToken,
  SessionId: (message) => message.sessionId,
  CorrelationId: (message) => textOf(message.correlationId),
  ContentType: (message) => message.contentType,
  Subject: (message) => message.subject,
  Label: (message) => message.subject,
  To: (message) => message.to,
  ReplyTo: (message) => message.replyTo,
  ReplyToSessionId: (message) => message.replyToSessionId,
  PartitionKey: (message) => message.partitionKey,
  TransactionPartitionKey: () => undefined,
  DeadLetterSource: (message) => message.deadLetterSource,
};

/** Metadata that the host sends as JSON. Its delivery count starts at 1, the one on the wire at 0. */
const JSONS: Readonly<Record<string, JsonOf>> = {
  DeliveryCount: (message) => (message.deliveryCount ?? 0) + 1,
  EnqueuedTimeUtc: (message) => message.enqueuedTimeUtc,
  EnqueuedTime: (message) => message.enqueuedTimeUtc,
  ExpiresAtUtc: (message) => message.expiresAtUtc ?? NEVER,
  ExpiresAt: (message) => message.expiresAtUtc ?? NEVER,
  ApplicationProperties: (message) => message.applicationProperties ?? {},
  UserProperties: (message) => message.applicationProperties ?? {},
};

/** The input of a function with cardinality `one`. */
export function singleMessage(message: Message, binary: boolean): Invocation {
  const metadata: Record<string, RpcTypedData> = { SequenceNumber: json(Number(sequenceOf(message))) };
  for (const [name, read] of Object.entries(TEXTS)) {
    const value = read(message);
    if (value) metadata[name] = { string: value };
  }
  for (const [name, read] of Object.entries(JSONS)) metadata[name] = json(read(message));
  const bytes = bodyOf(message);
  return { data: binary ? { bytes } : { string: bytes.toString('utf8') }, triggerMetadata: metadata };
}

/** The input of a function with cardinality `many`: the same metadata, each as an array. */
export function messageBatch(messages: readonly Message[], binary: boolean, includeEmpty: boolean): Invocation {
  const metadata: Record<string, RpcTypedData> = { SequenceNumberArray: longArray(messages.map(sequenceOf)) };
  for (const [name, read] of Object.entries(TEXTS)) {
    metadata[`${name}Array`] = textArray(messages.map(read), includeEmpty);
  }
  for (const [name, read] of Object.entries(JSONS)) metadata[`${name}Array`] = json(messages.map(read));
  const bodies = messages.map(bodyOf);
  const data = binary
    ? bytesArray(bodies)
    : textArray(
        bodies.map((body) => body.toString('utf8')),
        includeEmpty,
      );
  return { data, triggerMetadata: metadata };
}

/** The receiver is told not to parse: a data section comes as bytes, anything else as its value. */
function bodyOf({ body }: Message): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function textOf(id: string | number | Buffer | undefined): string | undefined {
  return id === undefined ? undefined : String(id);
}

function sequenceOf(message: Message): bigint {
  return BigInt(message.sequenceNumber?.toString() ?? 0);
}
