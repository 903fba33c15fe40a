import { z } from 'zod';
import type { Log } from '../platform/log/port.ts';
import type { ApplyMessage, ReadMessage } from './bells.ts';
import { LOGICAL_NAME } from './profiles/profile-body.ts';

const ring = z.boolean().optional();
const readMessage: z.ZodType<ReadMessage> = z.object({
  organizationId: z.guid(),
  entity: z.string().regex(LOGICAL_NAME),
  ring,
});
const applyMessage: z.ZodType<ApplyMessage> = z.object({ profileId: z.guid(), ring });

/** A body of `reads`; null when it is none: told in the log, and to be dropped, for it can never succeed. */
export const parseReadMessage = (log: Log, body: unknown): ReadMessage | null => parse(log, 'reads', readMessage, body);

/** A body of `applies`; null when it is none, as above. */
export const parseApplyMessage = (log: Log, body: unknown): ApplyMessage | null =>
  parse(log, 'applies', applyMessage, body);

function parse<T>(log: Log, queue: string, schema: z.ZodType<T>, body: unknown): T | null {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const reason = error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
  log.write('error', 'message dropped', { queue, reason });
  return null;
}
