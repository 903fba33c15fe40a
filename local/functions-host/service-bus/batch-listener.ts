import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { systemClock, wait } from '../clock.ts';
import { messageOf } from '../log.ts';
import { Connectivity, type QueueListener, type QueueSource } from './queue-source.ts';
import { messageBatch } from './trigger-data.ts';

/** How long one look for a first message takes; also how long a stop waits at most for an idle listener. */
const FIRST_WAIT_MS = 500;
/** Just long enough to hand over what the queue has: the SDK would else wait a second after the first message. */
const MORE_WAIT_MS = 1;
/** The SDK takes no more in one call. */
const RECEIVE_MAX = 2047;
const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_LAST_MS = 1_000;

/**
 * Cardinality `many`: one loop per function, one invocation at a time. A turn takes a first message as soon as there
 * is one, then what else lies ready, up to maxMessageBatchSize. Success completes all, a throw abandons all, at once.
 * Locks are not renewed, as on the real host.
 */
export function listenToBatches(source: QueueSource): QueueListener {
  const receiver = source.client.createReceiver(source.queue, {
    maxAutoLockRenewalDurationInMs: 0,
    skipParsingBodyAsJson: true,
  });
  const stopping = new AbortController();
  const loop = runLoop(source, receiver, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await loop;
      await receiver.close();
    },
  };
}

async function runLoop(source: QueueSource, receiver: ServiceBusReceiver, stopping: AbortSignal): Promise<void> {
  const connectivity = new Connectivity(source);
  let backOff = BACK_OFF_FIRST_MS;
  while (!stopping.aborted) {
    try {
      const messages = await receiveBatch(source, receiver, stopping);
      connectivity.works();
      backOff = BACK_OFF_FIRST_MS;
      if (messages.length > 0) await handleBatch(source, receiver, messages);
    } catch (error) {
      connectivity.lost(error);
      await wait(systemClock, backOff, stopping);
      backOff = Math.min(backOff * 2, BACK_OFF_LAST_MS);
    }
  }
}

async function receiveBatch(
  { options }: QueueSource,
  receiver: ServiceBusReceiver,
  stopping: AbortSignal,
): Promise<ServiceBusReceivedMessage[]> {
  const most = Math.min(options.maxMessageBatchSize, RECEIVE_MAX);
  const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: FIRST_WAIT_MS });
  if (messages.length === 0) return messages;
  const until = systemClock.now() + options.maxBatchWaitTime;
  while (messages.length < most) {
    const complete = messages.length >= options.minMessageBatchSize;
    const left = until - systemClock.now();
    const last = complete || left <= 0 || stopping.aborted;
    messages.push(...(await receiveMore(receiver, most - messages.length, last ? MORE_WAIT_MS : FIRST_WAIT_MS)));
    if (last) break;
  }
  return messages;
}

/** Trouble here must not lose the messages taken before; the next turn meets it again and reports it. */
async function receiveMore(receiver: ServiceBusReceiver, most: number, maxWaitTimeInMs: number) {
  try {
    return await receiver.receiveMessages(most, { maxWaitTimeInMs });
  } catch {
    return [];
  }
}

async function handleBatch(
  source: QueueSource,
  receiver: ServiceBusReceiver,
  messages: readonly ServiceBusReceivedMessage[],
): Promise<void> {
  const { worker, fn, options, log } = source;
  const succeeded = await worker.invoke(fn, messageBatch(messages, source.binary, worker.includesEmptyEntries)).then(
    () => true,
    () => false,
  );
  if (succeeded && !options.autoCompleteMessages) return;
  // One outcome for all, and no other settlement of this receiver is under way: nothing can merge wrongly.
  const settled = await Promise.allSettled(
    messages.map((message) => (succeeded ? receiver.completeMessage(message) : receiver.abandonMessage(message))),
  );
  const failed = settled.filter((result) => result.status === 'rejected');
  const [first] = failed;
  if (first === undefined) return;
  const text = `${failed.length} of ${messages.length} messages could not be settled: ${messageOf(first.reason)}`;
  log('warning', text, { functionName: fn.name });
}
