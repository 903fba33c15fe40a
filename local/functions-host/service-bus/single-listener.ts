import type { ProcessErrorArgs, ServiceBusReceivedMessage } from '@azure/service-bus';
import { messageOf } from '../log.ts';
import { Connectivity, type QueueListener, type QueueSource } from './queue-source.ts';
import { type Outcome, SettlementLane } from './settlement-lane.ts';
import { singleMessage } from './trigger-data.ts';

/**
 * Cardinality `one`: up to maxConcurrentCalls messages side by side, each with its own invocation; success completes,
 * a throw abandons. Locks are renewed by the SDK for as long as host.json allows. The subscription reconnects for ever.
 */
export function listenToSingleMessages(source: QueueSource): QueueListener {
  const { client, fn, options, log } = source;
  const connectivity = new Connectivity(source);
  const lane = new SettlementLane();
  const running = new Set<Promise<void>>();
  const receiver = client.createReceiver(source.queue, {
    maxAutoLockRenewalDurationInMs: options.maxAutoLockRenewalDuration,
    skipParsingBodyAsJson: true,
  });

  async function process(message: ServiceBusReceivedMessage): Promise<void> {
    connectivity.works();
    const outcome = await invoke(message);
    if (outcome === undefined) return;
    try {
      await lane.run(outcome, () =>
        outcome === 'complete' ? receiver.completeMessage(message) : receiver.abandonMessage(message),
      );
    } catch (error) {
      // The lock runs out and the message comes again: at least once, as on the real host.
      log('warning', `A message could not be settled: ${messageOf(error)}`, { functionName: fn.name });
    }
  }

  async function invoke(message: ServiceBusReceivedMessage): Promise<Outcome | undefined> {
    try {
      await source.worker.invoke(fn, singleMessage(message, source.binary));
      return options.autoCompleteMessages ? 'complete' : undefined;
    } catch {
      return 'abandon';
    }
  }

  const subscription = receiver.subscribe(
    {
      processMessage: (message) => {
        const work = process(message).finally(() => running.delete(work));
        running.add(work);
        return work;
      },
      processError: async ({ error, errorSource }: ProcessErrorArgs) => {
        if (errorSource === 'receive') connectivity.lost(error);
        else log('warning', `${errorSource}: ${messageOf(error)}`, { functionName: fn.name });
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls },
  );

  return {
    async stop() {
      await subscription.close();
      await Promise.all(running);
      await receiver.close();
    },
  };
}
