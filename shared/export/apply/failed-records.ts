import { exportColumns } from '../../dataverse/columns.ts';
import type { RetryEntry } from '../../destination/model.ts';
import { writeFailedRecords, writeFailureLines } from '../failures/failure-log.ts';
import { contentOf } from './retry-blobs.ts';
import type { ApplyTurn } from './turn.ts';

/** Failed records asked for, and their contents loaded, at once. */
const RECORDS_AT_ONCE = 100;

/**
 * Writes JSON and log lines of failed records that are not known to be logged, and then says so in the destination: settlement
 * by settlement, for a settlement's lines lie in one blob. What is left at the turn's end waits for the next.
 */
export async function logFailedRecords(turn: ApplyTurn): Promise<void> {
  const { clock } = turn.ports;
  for (;;) {
    const unlogged = await turn.destination.unloggedFailures(RECORDS_AT_ONCE);
    for (const [settlementId, entries] of Map.groupBy(unlogged, ({ settlementId }) => settlementId)) {
      if (settlementId !== null) await logSettlement(turn, settlementId, entries);
    }
    if (unlogged.length < RECORDS_AT_ONCE || clock.now() >= turn.end) return;
  }
}

async function logSettlement(turn: ApplyTurn, settlementId: string, entries: readonly RetryEntry[]): Promise<void> {
  const { ports, profile, destination } = turn;
  for (let start = 0; start < entries.length; start += RECORDS_AT_ONCE) {
    const part = entries.slice(start, start + RECORDS_AT_ONCE);
    const records = await Promise.all(part.map(async (entry) => ({ entry, record: await recordOf(turn, entry) })));
    await writeFailedRecords(ports, profile.id, settlementId, records);
  }
  await writeFailureLines(ports, profile.id, settlementId, entries);
  await destination.markLogged([settlementId]);
}

/** The record as people read it: values by column name. */
async function recordOf(turn: ApplyTurn, entry: RetryEntry): Promise<object> {
  const { entity, id, changeType, reason, code, attempts } = entry;
  const content = await contentOf(turn, entry);
  const facts = { entity, id, changeType, code, reason, attempts };
  if (!content?.row) return facts;
  const { organizationId } = turn.profile.settings;
  const columns = exportColumns(await turn.ports.definitions.of({ organizationId, entity }, content.shape));
  const record = Object.fromEntries(columns.map(({ name }, index) => [name, content.row?.[index] ?? null]));
  return { ...facts, record };
}
