import { FreshetError } from '../../errors/error.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { afterSettlement, type CurrentRetries, currentRetries, settled } from '../accounting.ts';
import type { RetrySettlement, Settled } from '../model.ts';
import { deletionLog, type Target } from './apply.ts';
import { lockPosition, updateHeld } from './positions.ts';
import { deleteRetries, readRetries, updateRetries } from './retries.ts';
import { deleteRows, upsertRows } from './rows.ts';
import { arraySource, rowShape } from './staging.ts';

/** Ends or postpones retries; runs inside one transaction. POSITION_MOVED when the profile has no position any more. */
export async function settle(session: Session, target: Target, settlement: RetrySettlement): Promise<Settled> {
  const { names, profileId } = target;
  const { entity } = settlement;
  const held = await lockPosition(session, names.position, profileId, entity);
  if (!held) throw new FreshetError('POSITION_MOVED', { entity });
  const current = currentRetries(settlement, await readRetries(session, names.retry, entity, idsOf(settlement)));

  await removeRows(session, target, settlement, current);
  const regressed = await writeRows(session, target, settlement, current);
  const done = [...current.write.map(({ stored }) => stored.id), ...current.deletions.map(({ id }) => id)];
  if (done.length > 0) await deleteRetries(session, names.retry, entity, done);
  if (current.refused.length > 0)
    await updateRetries(
      session,
      names.retry,
      current.refused.map(({ after }) => after),
    );

  const counters = afterSettlement(held.counters, current, regressed);
  await updateHeld(session, names.position, entity, { ...held, counters });
  return settled(counters, current);
}

function idsOf({ write, deletions, refused }: RetrySettlement): string[] {
  return [...write.entries, ...deletions, ...refused.map(({ entry }) => entry)].map(({ id }) => id);
}

async function removeRows(
  session: Session,
  { names }: Target,
  { entity, deleteLog, now }: RetrySettlement,
  { deletions }: CurrentRetries,
): Promise<void> {
  if (deletions.length === 0) return;
  const log = await deletionLog(session, names, entity, deleteLog, now);
  await deleteRows(
    session,
    names.entity(entity),
    deletions.map(({ id }) => id),
    log,
  );
}

/** Each row gets the stamp of its entry, so that a resync's end still sees its age. */
async function writeRows(
  session: Session,
  { names }: Target,
  { entity, write: { columns } }: RetrySettlement,
  { write }: CurrentRetries,
): Promise<number> {
  if (write.length === 0) return 0;
  const shape = rowShape(columns);
  const source = arraySource(
    shape,
    write.map(({ row }) => row),
    write.map(({ stored }) => stored.stamp),
  );
  const { regressed } = await upsertRows(session, names.entity(entity), shape, source);
  return regressed;
}
