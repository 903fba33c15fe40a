import type { RetryEntry } from '../../destination/model.ts';
import { writeFailedRecords } from '../failures/failure-log.ts';
import { contentOf } from './retry-blobs.ts';
import { type ApplyTurn, shapeOfPage } from './turn.ts';

/** Writes JSON and log lines of failed records that are not known to be logged, and then says so in the destination. */
export async function logFailedRecords(turn: ApplyTurn): Promise<void> {
  const unlogged = await turn.destination.unloggedFailures();
  for (const [settlementId, entries] of Map.groupBy(unlogged, ({ settlementId }) => settlementId)) {
    if (settlementId === null) continue;
    const failed = await Promise.all(entries.map(async (entry) => ({ entry, record: await recordOf(turn, entry) })));
    await writeFailedRecords(turn.ports, turn.profile.id, settlementId, failed);
    await turn.destination.markLogged([settlementId]);
  }
}

/** The record as people read it: values by column name. */
async function recordOf(turn: ApplyTurn, entry: RetryEntry): Promise<object> {
  const { entity, id, changeType, reason, code, attempts } = entry;
  const content = await contentOf(turn, entry);
  const facts = { entity, id, changeType, code, reason, attempts };
  if (!content?.row) return facts;
  const { organizationId } = turn.profile.settings;
  const { columns } = await shapeOfPage(turn, { organizationId, entity }, content.shape);
  const record = Object.fromEntries(columns.map(({ name }, index) => [name, content.row?.[index] ?? null]));
  return { ...facts, record };
}
