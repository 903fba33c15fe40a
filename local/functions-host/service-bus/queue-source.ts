import { RetryMode, ServiceBusClient } from '@azure/service-bus';
import { StartFailure } from '../../support/failure.ts';
import { type AppFunction, textOption, unsupported } from '../app-function.ts';
import type { ServiceBusOptions } from '../host-json.ts';
import { type HostLog, messageOf } from '../log.ts';
import { resolveSetting, type Settings } from '../settings.ts';
import type { Worker } from '../worker.ts';

/** What a listener of one queue works with. */
export interface QueueSource {
  readonly fn: AppFunction;
  readonly queue: string;
  readonly binary: boolean;
  readonly client: ServiceBusClient;
  readonly options: ServiceBusOptions;
  readonly worker: Worker;
  readonly log: HostLog;
}

/** A running trigger. `stop` takes no more messages and resolves once those taken are settled. */
export interface QueueListener {
  stop(): Promise<void>;
}

/**
 * The SDK waits 30 s between two tries by default. A broker on this machine is back in a second or two, so try again
 * soon, and for ever: the listeners never give up.
 */
const RETRY_DELAY = { mode: RetryMode.Exponential, retryDelayInMs: 100, maxRetryDelayInMs: 1_000 };
/**
 * A settlement that was under way when the broker fell is answered by nobody, and holds its place (in a batch: the whole
 * queue) for so long, 60 s by default; then it is tried once more on a new connection.
 */
const OPERATION_MS = 5_000;
const RETRY = { ...RETRY_DELAY, maxRetries: 2, timeoutInMs: OPERATION_MS };

export function openClient(fn: AppFunction, settings: Settings): ServiceBusClient {
  const name = textOption(fn.trigger, 'connection') ?? 'ServiceBus';
  const connectionString = settings[name] ?? settings[`AzureWebJobs${name}`];
  if (!connectionString) {
    const trouble = `the function ${fn.name} needs the setting ${name}, the connection string of its Service Bus`;
    throw new StartFailure(trouble, `Set ${name}`);
  }
  return new ServiceBusClient(connectionString, { retryOptions: RETRY });
}

/** The queue of a function; refuses what the local host cannot listen to. */
export function queueOf(fn: AppFunction, settings: Settings): string {
  const { trigger } = fn;
  const queue = textOption(trigger, 'queueName');
  if (queue === undefined) throw unsupported(fn.name, 'a topic');
  if (trigger.isSessionsEnabled === true) throw unsupported(fn.name, 'sessions');
  return resolveSetting(queue, settings);
}

/** Says once that something is wrong, and once that it is right again, however often it is tried between. */
export class Connectivity {
  readonly #source: QueueSource;
  #trouble: string | undefined;

  constructor(source: QueueSource) {
    this.#source = source;
  }

  lost(error: unknown): void {
    const errors = error instanceof AggregateError ? error.errors : [error];
    const text = messageOf(errors.at(-1));
    if (this.#trouble === undefined) this.#say('warning', `The queue ${this.#source.queue} cannot be read: ${text}`);
    this.#trouble = text;
  }

  works(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#say('information', `The queue ${this.#source.queue} is read again.`);
  }

  #say(level: 'warning' | 'information', text: string): void {
    this.#source.log(level, text, { functionName: this.#source.fn.name });
  }
}
