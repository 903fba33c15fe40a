/** The definitions of queues: the product's own, and those of a file. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartFailure } from '../support/failure.ts';

const GIBIBYTE = 1024 ** 3;

const settings = z.strictObject({
  /** How long a received message is locked, milliseconds. */
  lockMs: z.number().int().positive().default(60_000),
  /** After so many deliveries without success a message is dead-lettered. */
  maxDeliveryCount: z.number().int().positive().default(10),
  /** How long a message lives at most, milliseconds. Absent: as long as its sender wants. */
  timeToLiveMs: z.number().int().positive().optional(),
  deadLetterExpired: z.boolean().default(false),
  /** For so long a second message with the same id is discarded, milliseconds. Absent: no duplicate detection. */
  duplicateWindowMs: z.number().int().positive().optional(),
  /** Sends are refused beyond that; the dead-letter queue counts too. */
  maxSizeBytes: z.number().int().positive().default(GIBIBYTE),
});

const definitions = z.record(
  z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/, 'a queue name holds letters, digits, _ . - and / between them'),
  settings,
);

export type QueueSettings = Readonly<z.output<typeof settings>>;

export type QueueDefinitions = Readonly<Record<string, z.input<typeof settings>>>;

/** docs/architecture.md, "Export": lost notifications are replaced by the sweep, so old ones are worth nothing. */
export const PRODUCT_QUEUES: QueueDefinitions = {
  notifications: { timeToLiveMs: 10 * 60_000 },
  reads: {},
  applies: {},
};

/** Fills in what is not said. @throws StartFailure that says which definition is wrong and why */
export function completeDefinitions(given: QueueDefinitions): Map<string, QueueSettings> {
  const parsed = definitions.safeParse(given);
  if (!parsed.success) {
    const reasons = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw new StartFailure(`a queue definition is wrong: ${reasons}`, 'Correct it, see local/service-bus/README.md');
  }
  return new Map(Object.entries(parsed.data));
}

/** Reads `{ "<name>": { <settings> } }`. @throws StartFailure that names the file */
export function readDefinitions(file: string): QueueDefinitions {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartFailure(`the queue definitions in ${file} cannot be read: ${reason}`, 'Give a JSON file', error);
  }
}
