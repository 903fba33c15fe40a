import { FreshetError } from '../../errors/error.ts';
import { afterSettlement, type CurrentRetries, currentRetries, settled } from '../accounting.ts';
import type { RetrySettlement, Settled } from '../model.ts';
import { deletionLog, type Target } from './apply.ts';
import type { SqlSession } from './statements.ts';

/** Ends or postpones retries; runs inside one transaction. POSITION_MOVED when the profile has no position any more. */
export async function settle<S extends SqlSession>(
  session: S,
  target: Target<S>,
  settlement: RetrySettlement,
): Promise<Settled> {
  const { names, profileId, positions, retries } = target;
  const { entity } = settlement;
  const held = await positions.lockPosition(session, names.position, profileId, entity);
  if (!held) throw new FreshetError('POSITION_MOVED', { entity });
  const stored = await retries.readRetries(session, names.retry, entity, idsOf(settlement));
  const current = currentRetries(settlement, stored);

  await removeRows(session, target, settlement, current);
  const regressed = await writeRows(session, target, settlement, current);
  const done = [...current.write.map((one) => one.stored.id), ...current.deletions.map(({ id }) => id)];
  if (done.length > 0) await retries.deleteRetries(session, names.retry, entity, done);
  const refused = current.refused.map(({ after }) => after);
  if (refused.length > 0) await retries.updateRetries(session, names.retry, refused);

  const counters = afterSettlement(held.counters, current, regressed);
  await positions.updateHeld(session, names.position, entity, { ...held, counters });
  return settled(counters, current);
}

function idsOf({ write, deletions, refused }: RetrySettlement): string[] {
  return [...write.entries, ...deletions, ...refused.map(({ entry }) => entry)].map(({ id }) => id);
}

async function removeRows<S extends SqlSession>(
  session: S,
  target: Target<S>,
  { entity, deleteLog, now }: RetrySettlement,
  { deletions }: CurrentRetries,
): Promise<void> {
  if (deletions.length === 0) return;
  const log = await deletionLog(session, target, entity, deleteLog, now);
  const ids = deletions.map(({ id }) => id);
  await target.rows.deleteRows(session, target.names.entity(entity), ids, log);
}

/** Each row gets the stamp of its entry, so that a resync's end still sees its age. */
async function writeRows<S extends SqlSession>(
  session: S,
  { names, rows }: Target<S>,
  { entity, write: { columns } }: RetrySettlement,
  { write }: CurrentRetries,
): Promise<number> {
  if (write.length === 0) return 0;
  const { regressed } = await rows.upsertRows(session, names.entity(entity), {
    columns,
    rows: write.map(({ row }) => row),
    stamp: write.map(({ stored }) => stored.stamp),
    same: 'touch',
    likelyNew: false,
  });
  return regressed;
}
