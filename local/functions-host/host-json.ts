import path from 'node:path';
import { z } from 'zod';
import { StartFailure } from '../support/failure.ts';
import { readIfThere } from '../support/files.ts';
import { parseJsonFile } from './settings.ts';

/** `[d.]hh:mm:ss[.fff]` as milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a duration of the form [d.]hh:mm:ss.`);
  const [, days = '0', hours, minutes, seconds] = match;
  return Math.round(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000);
}

const duration = z.string().transform((text, context) => {
  try {
    return parseDuration(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});
const positive = z.number().int().min(1);

/** Defaults are those of the real host, except where a comment says otherwise. */
const ServiceBus = z.object({
  autoCompleteMessages: z.boolean().default(true),
  maxConcurrentCalls: positive.default(16),
  maxMessageBatchSize: positive.default(1000),
  minMessageBatchSize: positive.default(1),
  maxBatchWaitTime: duration.prefault('00:00:30'),
  maxAutoLockRenewalDuration: duration.prefault('00:05:00'),
  prefetchCount: z.number().int().min(0).default(0),
});

const Durable = z.object({
  hubName: z.string().default('TestHubName'),
  maxConcurrentActivityFunctions: positive.default(10),
  maxConcurrentOrchestratorFunctions: positive.default(10),
});

const HostJson = z.object({
  /** `-1` is "no limit" on the real host too. */
  functionTimeout: z.union([z.literal('-1').transform(() => undefined), duration]).prefault('00:30:00'),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      serviceBus: ServiceBus.prefault({}),
      durableTask: Durable.prefault({}),
    })
    .prefault({}),
});

export type HostJson = z.infer<typeof HostJson>;
export type ServiceBusOptions = HostJson['extensions']['serviceBus'];
export type DurableOptions = HostJson['extensions']['durableTask'];

/** host.json of the app's folder. What this host does not know in it (logging, aggregators, …) is ignored. */
export async function readHostJson(appFolder: string): Promise<HostJson> {
  const file = path.join(appFolder, 'host.json');
  const text = await readIfThere(file);
  if (text === null) throw new StartFailure(`${file} is missing`, "Let --app name the folder of the app's host.json");
  return parseJsonFile(file, text, HostJson);
}
