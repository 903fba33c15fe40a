import type { ServiceBusClient } from '@azure/service-bus';
import { type AppFunction, hasTrigger } from '../app-function.ts';
import type { ServiceBusOptions } from '../host-json.ts';
import type { HostLog } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { Worker } from '../worker.ts';
import { listenToBatches } from './batch-listener.ts';
import { openClient, type QueueListener, type QueueSource, queueOf } from './queue-source.ts';
import { listenToSingleMessages } from './single-listener.ts';

export interface ServiceBusDependencies {
  readonly options: ServiceBusOptions;
  readonly worker: Worker;
  readonly settings: Settings;
  readonly log: HostLog;
}

/** All queue triggers of the app. Each has a connection of its own, so that a busy one holds up no other. */
export class ServiceBusListeners {
  readonly #sources: readonly QueueSource[];
  #listeners: QueueListener[] = [];

  /** Throws when a function cannot be listened for: unknown setting, topic, sessions. */
  constructor(functions: Iterable<AppFunction>, needs: ServiceBusDependencies) {
    this.#sources = [...functions]
      .filter((fn) => hasTrigger(fn, 'serviceBusTrigger'))
      .map((fn) => ({
        ...needs,
        fn,
        queue: queueOf(fn, needs.settings),
        binary: fn.trigger.dataType === 'binary',
        client: openClient(fn, needs.settings),
      }));
  }

  /** Returns at once; a broker that is away is tried until it comes. */
  start(): void {
    this.#listeners = this.#sources.map((source) =>
      source.fn.trigger.cardinality === 'many' ? listenToBatches(source) : listenToSingleMessages(source),
    );
  }

  /** No more messages; resolves once those taken are settled. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#listeners.map((listener) => listener.stop()));
  }

  async close(): Promise<void> {
    const clients: readonly ServiceBusClient[] = this.#sources.map(({ client }) => client);
    await Promise.allSettled(clients.map((client) => client.close()));
  }
}
