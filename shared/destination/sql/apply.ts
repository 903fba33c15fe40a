import { FreshetError } from '../../errors/error.ts';
import { afterBatch, isResync, type RemovedRetries, refusedRetries } from '../accounting.ts';
import type { Applied, Batch } from '../model.ts';
import { inStatements } from './in-statements.ts';
import type { DeletionLog, Dialect, Held, ObjectName, SqlSession, TableNames } from './statements.ts';

/** Whose tables a transaction works on, and by whose statements. */
export interface Target<S extends SqlSession>
  extends Pick<Dialect<S>, 'positions' | 'retries' | 'rows' | 'definitions'> {
  readonly names: TableNames;
  readonly profileId: string;
}

/** Makes a batch true; runs inside one transaction. POSITION_MOVED when another worker was first. */
export async function applyBatch<S extends SqlSession>(
  session: S,
  target: Target<S>,
  batch: Batch,
  likelyNew: boolean,
): Promise<Applied> {
  const { names, profileId, positions, rows } = target;
  const held = await positions.movePosition(session, names.position, profileId, batch);
  if (!held) throw new FreshetError('POSITION_MOVED', { entity: batch.entity });
  const table = names.entity(batch.entity);
  const log = await deletionLog(session, target, batch.entity, batch.deleteLog && removesRows(batch), held.stamp);

  const replaced = await replaceRetries(session, target, batch, held);
  // Deletions first: a value that the customer declared unique may have gone over to another row.
  let deleted = 0;
  for (const ids of inStatements(batch.deletions, batch.statementRows))
    deleted += await rows.deleteRows(session, table, ids, log);
  const { present, regressed } = await rows.upsertRows(session, table, {
    ...batch,
    stamp: held.stamp,
    // A resync's end knows the rows it has seen by their stamp; else a row that says the same is not written.
    same: isResync(held.begins, batch) ? 'touch' : 'keep',
    likelyNew,
  });
  await keepRefused(session, target, batch, table, held.stamp);
  const ended = await endSnapshots(session, target, batch, held, log);

  const removed = {
    retrying: replaced.retrying + ended.retries.retrying,
    failed: replaced.failed + ended.retries.failed,
  };
  const counters = afterBatch(held.counters, batch, removed, regressed);
  await positions.updateHeld(session, names.position, batch.entity, { ...held, counters, begins: ended.begins });
  return {
    stamp: held.stamp,
    counters,
    inserted: batch.rows.length - present,
    updated: present,
    deleted,
    removed: ended.rows + ended.retries.retrying + ended.retries.failed,
  };
}

function removesRows(batch: Batch): boolean {
  return batch.deletions.length > 0 || batch.ends.length > 0;
}

/** Null when nothing is to be logged. `at`: ms since 1970 UTC. */
export async function deletionLog<S extends SqlSession>(
  session: S,
  { names, definitions }: Target<S>,
  entity: string,
  wanted: boolean,
  at: number,
): Promise<DeletionLog | null> {
  if (!wanted) return null;
  const hasVersion = await definitions.hasColumn(session, names.entity(entity), 'versionnumber');
  return { table: names.deleteLog, entity, at, hasVersion };
}

/** Any entry of an id replaces what was refused of it before. */
async function replaceRetries<S extends SqlSession>(
  session: S,
  { names, retries }: Target<S>,
  batch: Batch,
  { counters }: Held,
): Promise<RemovedRetries> {
  if (counters.retrying + counters.failed === 0) return { retrying: 0, failed: 0 };
  const ids = [...batch.rows.map((row) => String(row[0])), ...batch.deletions, ...batch.refused.map(({ id }) => id)];
  return ids.length > 0 ? retries.deleteRetries(session, names.retry, batch.entity, ids) : { retrying: 0, failed: 0 };
}

/** Refused entries become retries. */
async function keepRefused<S extends SqlSession>(
  session: S,
  { names, retries, rows }: Target<S>,
  batch: Batch,
  table: ObjectName,
  stamp: number,
): Promise<void> {
  if (batch.refused.length === 0) return;
  const ids = batch.refused.map(({ id }) => id);
  const standing = await rows.standingRows(session, table, ids);
  await retries.insertRetries(session, names.retry, refusedRetries(batch, standing, stamp));
}

interface Ended {
  readonly begins: Held['begins'];
  readonly rows: number;
  readonly retries: RemovedRetries;
}

/** Notes the snapshots that begin here, and removes what those that end here have not seen. */
async function endSnapshots<S extends SqlSession>(
  session: S,
  { names, retries, rows }: Target<S>,
  { entity, begins: begun, ends }: Batch,
  held: Held,
  log: DeletionLog | null,
): Promise<Ended> {
  const begins = new Map(Object.entries(held.begins));
  for (const snapshot of begun) begins.set(snapshot, held.stamp);
  const ended = { rows: 0, retries: { retrying: 0, failed: 0 } };
  for (const snapshot of ends) {
    const since = begins.get(snapshot);
    if (since === undefined) continue;
    const refused = { retry: names.retry, entity };
    ended.rows += await rows.deleteOlderRows(session, names.entity(entity), since, refused, log);
    const removed = await retries.deleteOlderRetries(session, names.retry, entity, since);
    ended.retries.retrying += removed.retrying;
    ended.retries.failed += removed.failed;
    begins.delete(snapshot);
  }
  return { ...ended, begins: Object.fromEntries(begins) };
}
